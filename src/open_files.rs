//! How many files and sockets the process may have open: as many as its connections need, if the
//! machine allows it.

use std::io;

use rustix::{
    io::fcntl_dupfd_cloexec,
    process::{Resource, Rlimit, getrlimit, setrlimit},
};

/// Files, and sockets of collectors, besides the connections.
const OTHERS: u64 = 256;

/// As many as are needed unless `max_connections` is raised.
const USUALLY: u64 = 1_024 + OTHERS;

/// Makes room in the kernel's table of files for as many as the process may need. To be called while
/// there is one thread: with several, whoever opens the 65th file, or makes the table grow again, waits
/// until every processor has been elsewhere (`synchronize_rcu` in Linux' `expand_fdtable`), 10 to 20 ms.
pub(crate) fn make_room() {
    let allowed = getrlimit(Resource::Nofile).current.unwrap_or(USUALLY);
    let last = i32::try_from(allowed.min(USUALLY)).unwrap_or(0) - 1;
    // The table grows to hold the copy, and stays when that is closed. It grows later if it cannot now.
    let _ = fcntl_dupfd_cloexec(io::stderr(), last);
}

/// Raises the limit as far as it may be raised. Many machines give 1,024, for programs that know no
/// better; past it no connection can be accepted.
pub(crate) fn allow(connections: u32) {
    let needed = u64::from(connections) + OTHERS;
    let limit = getrlimit(Resource::Nofile);
    // No limit at all is none that is too low.
    let is_enough = |limit: Option<u64>| limit.is_none_or(|limit| limit >= needed);
    if is_enough(limit.current) {
        return;
    }
    let most = limit.maximum.map_or(needed, |maximum| maximum.min(needed));
    let raised = setrlimit(
        Resource::Nofile,
        Rlimit {
            current: Some(most),
            maximum: limit.maximum,
        },
    );
    if raised.is_err() || most < needed {
        log::warn!(
            "only {} files may be open, {connections} connections need {needed}: raise the limit \
             (ulimit -n), or lower [server] max_connections",
            getrlimit(Resource::Nofile).current.unwrap_or(most)
        );
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn the_table_of_files_has_room_for_all_and_none_of_it_is_taken() {
        make_room();
        let status = fs::read_to_string("/proc/self/status").unwrap();
        let room = status.lines().find_map(|line| line.strip_prefix("FDSize:"));
        let room: u64 = room.unwrap().trim().parse().unwrap();
        let limit = getrlimit(Resource::Nofile).current.unwrap_or(USUALLY);
        assert!(room >= limit.min(USUALLY), "{room}");
        let last = format!("/proc/self/fd/{}", limit.min(USUALLY) - 1);
        assert!(!fs::exists(last).unwrap());
    }
}

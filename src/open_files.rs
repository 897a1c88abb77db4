//! How many files and sockets the process may have open: as many as its connections need, if the
//! machine allows it.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Files, and sockets of collectors, besides the connections.
const OTHERS: u64 = 256;

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

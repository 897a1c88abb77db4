//! Who listens on a port: what an operator asks first when it is taken.

use std::{
    fmt, fs,
    net::SocketAddr,
    path::{Path, PathBuf},
};

/// `LISTEN` in `/proc/net/tcp`.
const LISTEN: &str = "0A";

/// A process that listens on a port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Holder {
    pid: u32,
    /// The name of its executable, 15 characters at most.
    name: String,
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (process {})", self.name, self.pid)
    }
}

/// The process that listens on the port of `address`. `None` where that cannot be seen: another
/// user's process, or a platform without `/proc`.
pub(crate) fn of(address: SocketAddr) -> Option<Holder> {
    let tables = ["/proc/net/tcp", "/proc/net/tcp6"];
    let tables = tables
        .iter()
        .filter_map(|path| fs::read_to_string(path).ok());
    let inodes: Vec<_> = tables
        .flat_map(|table| listening(&table, address.port()))
        .collect();
    holder(&inodes)
}

/// The inodes of the sockets that listen on a port, from a table of the kernel.
fn listening(table: &str, port: u16) -> Vec<u64> {
    let port = format!(":{port:04X}");
    let inode = |line: &str| {
        let fields: Vec<_> = line.split_ascii_whitespace().collect();
        let [_, local, _, state, ..] = fields[..] else {
            return None;
        };
        let listens = state == LISTEN && local.ends_with(&port);
        listens.then(|| fields.get(9)?.parse().ok()).flatten()
    };
    table.lines().skip(1).filter_map(inode).collect()
}

fn holder(inodes: &[u64]) -> Option<Holder> {
    let sockets: Vec<_> = inodes
        .iter()
        .map(|inode| PathBuf::from(format!("socket:[{inode}]")))
        .collect();
    let processes = fs::read_dir("/proc").ok()?.flatten();
    processes
        .filter_map(|entry| {
            let pid = entry.file_name().to_str()?.parse().ok()?;
            holds(&entry.path(), &sockets).then_some((pid, entry.path()))
        })
        .map(|(pid, path)| {
            let name = fs::read_to_string(path.join("comm")).unwrap_or_default();
            let name = name.trim_end().to_owned();
            Holder { pid, name }
        })
        .next()
}

fn holds(process: &Path, sockets: &[PathBuf]) -> bool {
    let Ok(files) = fs::read_dir(process.join("fd")) else {
        return false; // another user's, or gone by now
    };
    files
        .flatten()
        .filter_map(|file| fs::read_link(file.path()).ok())
        .any(|target| sockets.contains(&target))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpListener;

    #[test]
    fn this_process_is_named_for_its_own_socket() {
        for any in ["127.0.0.1:0", "[::1]:0"] {
            let Ok(listener) = TcpListener::bind(any) else {
                continue; // a machine without IPv6
            };
            let holder = of(listener.local_addr().unwrap()).unwrap();
            assert_eq!(holder.pid, std::process::id());
            assert!(!holder.name.is_empty());
        }
    }

    #[test]
    fn only_sockets_that_listen_on_that_port_count() {
        // Recorded on Linux 6.18, shortened to three lines.
        let table = "\
  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:2382 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4711 1 0 100 0 0 10 0
   1: 0100007F:2382 0100007F:C350 01 00000000:00000000 00:00000000 00000000     0        0 4712 1 0 20 4 30 10 -1
   2: 00000000:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4713 1 0 100 0 0 10 0
";
        assert_eq!(listening(table, 9090), [4711]);
        assert_eq!(listening(table, 8080), [4713]);
        assert_eq!(listening(table, 80), [0; 0]);
        assert_eq!(listening("", 80), [0; 0]);
        assert_eq!(listening("x\ny z\n", 80), [0; 0]);
    }
}

//! Debian's tinyproxy, which asks who one is.

use std::process::Command;

use super::{directory::Directory, port::free_port, process::Process};

/// Killed when it is dropped.
pub(crate) struct TinyProxy {
    /// Kept for its end.
    process: Process,
    port: u16,
}

impl TinyProxy {
    /// For `me` with the password `secret`. Tunnels lead to these ports alone.
    pub(crate) fn start(tunnels: &[u16]) -> Self {
        Self::start_on(free_port(), tunnels)
    }

    /// The same on a port of the story's.
    pub(crate) fn start_on(port: u16, tunnels: &[u16]) -> Self {
        let directory = Directory::new();
        let mut settings = format!(
            "Port {port}\nListen 127.0.0.1\nTimeout 10\nLogLevel Info\nBasicAuth me secret\n"
        );
        for tunnel in tunnels {
            settings += &format!("ConnectPort {tunnel}\n");
        }
        let file = directory.write("tinyproxy.conf", &settings);
        let process = Process::start(Command::new("tinyproxy").arg("-d").arg("-c").arg(file));
        process.says("Accepting connections");
        TinyProxy { process, port }
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// As it stands in a variable.
    pub(crate) fn url(&self) -> String {
        format!("http://me:secret@127.0.0.1:{}", self.port)
    }

    /// Waits until it was asked for this.
    #[track_caller]
    pub(crate) fn is_asked(&self, first_line: &str) {
        self.process.says(first_line);
    }
}

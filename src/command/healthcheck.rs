//! `vitals healthcheck`: asks a running Vitals for its health, as a container's platform does.

use std::{
    io::{self, Write},
    net::SocketAddr,
    process::ExitCode,
};

use super::running;
use crate::{exit_code, settings::Settings};

/// The status line, the headers and more than enough of the body.
const LONGEST: usize = 64 * 1024;

/// Why Vitals does not count as healthy.
#[derive(Debug, thiserror::Error)]
enum Unhealthy {
    #[error("{address} does not answer: {error}")]
    Silent {
        address: SocketAddr,
        error: io::Error,
    },
    #[error("{address} answers {status}: {body}")]
    Status {
        address: SocketAddr,
        status: String,
        body: String,
    },
}

/// Exit code 0 where `/health` answers 200, else 1 and why.
pub(crate) fn run(settings: &Settings) -> ExitCode {
    match ask(running::reachable(settings.server.address)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(unhealthy) => {
            let _ = writeln!(io::stderr(), "vitals: {unhealthy}");
            exit_code::FAILED.into()
        }
    }
}

fn ask(address: SocketAddr) -> Result<(), Unhealthy> {
    let answer = running::get(address, "/health", LONGEST);
    let answer = answer.map_err(|error| Unhealthy::Silent { address, error })?;
    if answer.is_good() {
        return Ok(());
    }
    Err(Unhealthy::Status {
        address,
        status: if answer.status.is_empty() {
            "no HTTP".to_owned()
        } else {
            answer.status
        },
        body: answer.body.chars().take(500).collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{
        io::Read,
        net::{Shutdown, TcpListener},
        thread,
    };

    fn answering(answer: &'static [u8]) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut asked = Vec::new();
            while !asked.ends_with(b"\r\n\r\n") {
                let mut part = [0; 512];
                match stream.read(&mut part).unwrap() {
                    0 => break,
                    read => asked.extend_from_slice(&part[..read]),
                }
            }
            stream.write_all(answer).unwrap();
            // Closed in order, and by the client last: a socket closed with bytes unread is reset.
            stream.shutdown(Shutdown::Write).unwrap();
            let _ = stream.read_to_end(&mut Vec::new());
        });
        address
    }

    #[test]
    fn only_200_is_well() {
        assert!(ask(answering(b"HTTP/1.1 200 OK\r\n\r\n{}")).is_ok());
        for (answer, said) in [
            (
                &b"HTTP/1.1 503 Service Unavailable\r\n\r\n{\"status\":\"fail\"}"[..],
                "503 Service Unavailable: {\"status\":\"fail\"}",
            ),
            (b"SSH-2.0-OpenSSH\r\n", "no HTTP: "),
            (b"", "no HTTP: "),
        ] {
            let unhealthy = ask(answering(answer)).unwrap_err().to_string();
            assert!(unhealthy.ends_with(said), "{unhealthy}");
        }
    }

    #[test]
    fn nobody_there_is_not_well() {
        let gone = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = gone.local_addr().unwrap();
        drop(gone);
        assert!(matches!(ask(address), Err(Unhealthy::Silent { .. })));
    }
}

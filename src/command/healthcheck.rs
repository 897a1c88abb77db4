//! `vitals healthcheck`: asks a running Vitals for its health, as a container's platform does.

use std::{
    io::{self, Read, Write},
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream},
    process::ExitCode,
    time::{Duration, Instant},
};

use crate::{exit_code, settings::Settings};

/// A healthy Vitals answers in milliseconds.
const DEADLINE: Duration = Duration::from_secs(3);
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
    match ask(reachable(settings.server.address)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(unhealthy) => {
            let _ = writeln!(io::stderr(), "vitals: {unhealthy}");
            exit_code::FAILED.into()
        }
    }
}

/// Where a service is reached that listens on all addresses.
fn reachable(mut address: SocketAddr) -> SocketAddr {
    if address.ip().is_unspecified() {
        address.set_ip(match address {
            SocketAddr::V4(_) => IpAddr::V4(Ipv4Addr::LOCALHOST),
            SocketAddr::V6(_) => IpAddr::V6(Ipv6Addr::LOCALHOST),
        });
    }
    address
}

fn ask(address: SocketAddr) -> Result<(), Unhealthy> {
    let answer = get(address).map_err(|error| Unhealthy::Silent { address, error })?;
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
    let status = head.lines().next().unwrap_or_default();
    let status = status.split_once(' ').map_or("", |(_http, status)| status);
    if status.starts_with("200") {
        return Ok(());
    }
    Err(Unhealthy::Status {
        address,
        status: if status.is_empty() {
            "no HTTP".to_owned()
        } else {
            status.to_owned()
        },
        body: body.chars().take(500).collect(),
    })
}

/// One request within the deadline, however slowly the answer drips.
fn get(address: SocketAddr) -> io::Result<String> {
    let until = Instant::now() + DEADLINE;
    let mut stream = TcpStream::connect_timeout(&address, DEADLINE)?;
    stream.set_write_timeout(Some(DEADLINE))?;
    // In one piece: a server that reads the first of many, answers and closes would cut us off.
    let request = format!(
        "GET /health HTTP/1.1\r\nHost: {address}\r\nUser-Agent: vitals-healthcheck\r\nConnection: close\r\n\r\n"
    );
    stream.write_all(request.as_bytes())?;
    let mut answer = Vec::new();
    let mut part = [0; 4096];
    while answer.len() < LONGEST {
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(io::ErrorKind::TimedOut.into());
        }
        stream.set_read_timeout(Some(left))?;
        match stream.read(&mut part)? {
            0 => break,
            read => answer.extend_from_slice(&part[..read]),
        }
    }
    Ok(String::from_utf8_lossy(&answer).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{
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

    #[test]
    fn all_addresses_are_reached_by_loopback() {
        let reached = |address: &str| reachable(address.parse().unwrap()).to_string();
        assert_eq!(reached("0.0.0.0:9090"), "127.0.0.1:9090");
        assert_eq!(reached("[::]:9090"), "[::1]:9090");
        assert_eq!(reached("192.0.2.1:80"), "192.0.2.1:80");
    }
}

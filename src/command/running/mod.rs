//! A Vitals that runs, asked by a command of the same settings.

mod stream;

use std::{
    io::{self, Read, Write},
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream},
    time::{Duration, Instant},
};

pub(in crate::command) use stream::stream;

/// A healthy Vitals answers in milliseconds.
const DEADLINE: Duration = Duration::from_secs(3);

/// What was answered.
#[derive(Debug)]
pub(in crate::command) struct Answer {
    /// `200 OK`; empty if it is no HTTP.
    pub(in crate::command) status: String,
    /// Lower case, without parameters.
    pub(in crate::command) content_type: String,
    /// Its header `Date`.
    pub(in crate::command) date: Option<String>,
    pub(in crate::command) body: String,
    pub(in crate::command) took: Duration,
}

impl Answer {
    pub(in crate::command) fn is_good(&self) -> bool {
        self.status.starts_with("200")
    }
}

/// Where a service is reached that listens on all addresses.
pub(in crate::command) fn reachable(mut address: SocketAddr) -> SocketAddr {
    if address.ip().is_unspecified() {
        address.set_ip(match address {
            SocketAddr::V4(_) => IpAddr::V4(Ipv4Addr::LOCALHOST),
            SocketAddr::V6(_) => IpAddr::V6(Ipv6Addr::LOCALHOST),
        });
    }
    address
}

/// One request within the deadline, however slowly the answer drips. No more than `longest` bytes of
/// the answer are read.
pub(in crate::command) fn get(
    address: SocketAddr,
    path: &str,
    longest: usize,
) -> io::Result<Answer> {
    let request = format!(
        "GET {path} HTTP/1.1\r\nHost: {address}\r\nUser-Agent: vitals\r\nConnection: close\r\n\r\n"
    );
    ask(address, &request, DEADLINE, longest)
}

/// The same with a form, for what may take longer. In HTTP/1.0, whose answers end with the connection
/// and are not in pieces.
pub(in crate::command) fn post(
    address: SocketAddr,
    path: &str,
    form: &str,
    deadline: Duration,
    longest: usize,
) -> io::Result<Answer> {
    let length = form.len();
    let request = format!(
        "POST {path} HTTP/1.0\r\nHost: {address}\r\nUser-Agent: vitals\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {length}\r\n\r\n{form}"
    );
    ask(address, &request, deadline, longest)
}

fn ask(
    address: SocketAddr,
    request: &str,
    deadline: Duration,
    longest: usize,
) -> io::Result<Answer> {
    let began = Instant::now();
    let until = began + deadline;
    let mut stream = TcpStream::connect_timeout(&address, DEADLINE)?;
    stream.set_write_timeout(Some(DEADLINE))?;
    // In one piece: a server that reads the first of many, answers and closes would cut us off.
    stream.write_all(request.as_bytes())?;
    let mut answer = Vec::new();
    let mut part = [0; 16 * 1024];
    while answer.len() < longest {
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
    let answer = String::from_utf8_lossy(&answer);
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
    let status = head.lines().next().unwrap_or_default();
    let status = status.split_once(' ').map_or("", |(_http, status)| status);
    let header = |wanted: &str| {
        head.lines().find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.eq_ignore_ascii_case(wanted).then(|| value.trim())
        })
    };
    let content_type = header("content-type").unwrap_or_default().split(';').next();
    Ok(Answer {
        status: status.to_owned(),
        content_type: content_type.unwrap_or_default().trim().to_ascii_lowercase(),
        date: header("date").map(str::to_owned),
        body: body.to_owned(),
        took: began.elapsed(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_addresses_are_reached_by_loopback() {
        let reached = |address: &str| reachable(address.parse().unwrap()).to_string();
        assert_eq!(reached("0.0.0.0:9090"), "127.0.0.1:9090");
        assert_eq!(reached("[::]:9090"), "[::1]:9090");
        assert_eq!(reached("192.0.2.1:80"), "192.0.2.1:80");
    }
}

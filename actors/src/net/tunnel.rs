//! The way through a proxy that TLS is spoken behind: `CONNECT`, as RFC 9110 §9.3.6 has it.

use std::io;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::{Instant, timeout_at},
};

use super::{Endpoint, Failure};
use crate::collector::Reason;

/// Bytes of the head of its answer.
const LONGEST: usize = 8 << 10;

/// Asks the proxy at the other end of `stream` for a connection to `to`.
pub(crate) async fn open(
    stream: &mut TcpStream,
    to: &Endpoint,
    authorization: Option<&str>,
    until: Instant,
) -> Result<(), Failure> {
    let status = match timeout_at(until, ask(stream, to, authorization)).await {
        Ok(Ok(status)) => status,
        Ok(Err(error)) => {
            let detail = match error.kind() {
                io::ErrorKind::InvalidData => "what was answered to CONNECT is not HTTP",
                _ => "it hung up instead of answering CONNECT",
            };
            return Err(Failure::new(Reason::Http, detail));
        }
        Err(_) => return Err(Failure::new(Reason::Timeout, "no answer to CONNECT")),
    };
    let reason = match status {
        200..=299 => return Ok(()),
        403 => Reason::Forbidden,
        407 => Reason::Auth,
        502..=504 => Reason::Unavailable,
        _ => Reason::Http,
    };
    let detail = format!("it answered {status} to CONNECT {to}");
    Err(Failure::new(reason, detail))
}

async fn ask(
    stream: &mut TcpStream,
    to: &Endpoint,
    authorization: Option<&str>,
) -> io::Result<u16> {
    let mut question = format!("CONNECT {to} HTTP/1.1\r\nHost: {to}\r\n");
    if let Some(authorization) = authorization {
        question += &format!("Proxy-Authorization: {authorization}\r\n");
    }
    question += "\r\n";
    stream.write_all(question.as_bytes()).await?;
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        if head.len() == LONGEST {
            return Err(io::ErrorKind::InvalidData.into());
        }
        // One by one: what comes behind it is no longer the proxy's.
        head.push(stream.read_u8().await?);
    }
    status(&head).ok_or(io::ErrorKind::InvalidData.into())
}

/// The status code of an answer that begins like this.
fn status(head: &[u8]) -> Option<u16> {
    let rest = head.strip_prefix(b"HTTP/1.")?;
    let code = rest.get(1..5)?.strip_prefix(b" ")?;
    str::from_utf8(code)
        .ok()?
        .parse()
        .ok()
        .filter(|code| *code >= 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_status_is_where_http_has_it() {
        assert_eq!(status(b"HTTP/1.1 200 OK\r\n\r\n"), Some(200));
        assert_eq!(status(b"HTTP/1.0 407 \r\n\r\n"), Some(407));
        for wrong in ["", "HTTP/1.1", "HTTP/2 200", "HTTP/1.1 20", "SSH-2.0-x 200"] {
            assert_eq!(status(wrong.as_bytes()), None, "{wrong}");
        }
    }
}

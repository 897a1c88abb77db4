//! Connections, where it matters what goes over them and when they end.

use std::{
    io::{self, BufRead, BufReader, ErrorKind, Read, Write},
    net::{SocketAddr, TcpStream},
    time::Duration,
};

/// Nothing that is asked here takes as long.
const PATIENCE: Duration = Duration::from_secs(20);

/// A connection, and what has come over it.
pub(crate) struct Connection(BufReader<TcpStream>);

/// A whole answer.
#[derive(Debug)]
pub(crate) struct Response {
    pub(crate) status: u16,
    /// In lower case, as they were sent otherwise.
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Connection {
    pub(crate) fn open(address: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect_timeout(&address, PATIENCE)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        stream.set_nodelay(true)?;
        Ok(Connection(BufReader::new(stream)))
    }

    pub(crate) fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.0.get_mut().write_all(bytes)
    }

    /// Asks as clients do that would ask again.
    pub(crate) fn get(&mut self, path: &str) -> io::Result<Response> {
        self.send(format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n").as_bytes())?;
        self.receive()
    }

    /// Reads one answer to its end. [`ErrorKind::ConnectionAborted`] says that the connection ended
    /// before the first byte of it.
    pub(crate) fn receive(&mut self) -> io::Result<Response> {
        self.receive_for("GET")
    }

    pub(crate) fn receive_for(&mut self, method: &str) -> io::Result<Response> {
        let mut head = String::new();
        loop {
            let begun = head.len();
            let read = match self.0.read_line(&mut head) {
                Err(error) if error.kind() == ErrorKind::ConnectionReset => 0,
                read => read?,
            };
            if read == 0 {
                return Err(if begun == 0 {
                    ErrorKind::ConnectionAborted.into()
                } else {
                    ErrorKind::UnexpectedEof.into()
                });
            }
            if &head[begun..] == "\r\n" {
                break;
            }
        }
        let head = head.to_ascii_lowercase();
        let bad = || io::Error::new(ErrorKind::InvalidData, head.clone());
        let status = head.get(9..12).and_then(|status| status.parse().ok());
        let status = status.ok_or_else(bad)?;
        let length = head
            .lines()
            .find_map(|line| line.strip_prefix("content-length: "))
            .map(|length| length.parse().map_err(|_| bad()));
        let length = match length {
            _ if method == "HEAD" => 0,
            Some(length) => length?,
            None => return Err(bad()),
        };
        let mut body = vec![0; length];
        self.0.read_exact(&mut body)?;
        Ok(Response { status, head, body })
    }

    /// Whether the other side has closed it, and sent nothing before.
    pub(crate) fn is_over(&mut self) -> io::Result<bool> {
        match self.0.fill_buf() {
            Ok(bytes) => Ok(bytes.is_empty()),
            Err(error) if error.kind() == ErrorKind::ConnectionReset => Ok(true),
            Err(error) => Err(error),
        }
    }
}

impl Response {
    /// Whether the other side will take no more requests on this connection.
    pub(crate) fn closes(&self) -> bool {
        self.head.contains("\r\nconnection: close\r\n")
    }
}

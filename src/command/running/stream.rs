//! A long answer, read as it comes.

use std::{
    io::{self, BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpStream},
    time::Duration,
};

use super::DEADLINE;

/// Something has to come within this time.
const PATIENCE: Duration = Duration::from_secs(60);
/// Bytes of the head of an answer, and of a line that says how long a chunk is.
const LONGEST_HEAD: u64 = 64 << 10;
const LONGEST_LINE: u64 = 1 << 10;

/// What is answered; its body is still to be read.
pub(in crate::command) struct Streamed {
    /// `200 OK`; empty if it is no HTTP.
    pub(in crate::command) status: String,
    headers: Vec<(String, String)>,
    pub(in crate::command) body: Body<BufReader<TcpStream>>,
}

impl Streamed {
    pub(in crate::command) fn is_good(&self) -> bool {
        self.status.starts_with("200")
    }

    /// A header by its name in lower case.
    pub(in crate::command) fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| &**value)
    }
}

/// One request, whose answer may be of any length.
pub(in crate::command) fn stream(address: SocketAddr, path: &str) -> io::Result<Streamed> {
    let mut stream = TcpStream::connect_timeout(&address, DEADLINE)?;
    stream.set_write_timeout(Some(DEADLINE))?;
    stream.set_read_timeout(Some(PATIENCE))?;
    let request = format!(
        "GET {path} HTTP/1.1\r\nHost: {address}\r\nUser-Agent: vitals\r\nConnection: close\r\n\r\n"
    );
    stream.write_all(request.as_bytes())?;
    let mut reader = BufReader::with_capacity(128 << 10, stream);
    let mut lines = Vec::new();
    let mut head = (&mut reader).take(LONGEST_HEAD);
    loop {
        let line = line(&mut head)?;
        if line.is_empty() {
            break;
        }
        lines.push(line);
    }
    let status = lines.first().and_then(|line| line.split_once(' '));
    let status = status.map_or_else(String::new, |(_http, status)| status.to_owned());
    let headers: Vec<_> = lines
        .iter()
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    let of = |name: &str| headers.iter().find(|(known, _)| known == name);
    let left = match (of("transfer-encoding"), of("content-length")) {
        (Some(_), _) => Left::Chunk(0),
        (None, Some((_, length))) => Left::Bytes(length.parse().map_err(io::Error::other)?),
        (None, None) => Left::Bytes(0),
    };
    let body = Body { reader, left };
    Ok(Streamed {
        status,
        headers,
        body,
    })
}

/// A line without its end.
fn line(reader: &mut impl BufRead) -> io::Result<String> {
    let mut line = Vec::new();
    reader.read_until(b'\n', &mut line)?;
    if line.pop() != Some(b'\n') {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    if line.last() == Some(&b'\r') {
        line.pop();
    }
    String::from_utf8(line).map_err(io::Error::other)
}

/// A body (RFC 9112, 7.1). One that ends before its end is an error.
pub(in crate::command) struct Body<R> {
    reader: R,
    left: Left,
}

/// What is still to come.
enum Left {
    /// So many bytes.
    Bytes(u64),
    /// So many of this chunk, and then others.
    Chunk(u64),
    Nothing,
}

impl<R: BufRead> Body<R> {
    fn next_chunk(&mut self) -> io::Result<u64> {
        let mut reader = (&mut self.reader).take(LONGEST_LINE);
        let size = line(&mut reader)?;
        // Behind the size there may be an extension.
        let size = size.split(';').next().unwrap_or_default().trim();
        u64::from_str_radix(size, 16).map_err(io::Error::other)
    }

    fn end_of_chunk(&mut self) -> io::Result<()> {
        let mut reader = (&mut self.reader).take(LONGEST_LINE);
        match line(&mut reader)?.is_empty() {
            true => Ok(()),
            false => Err(io::ErrorKind::InvalidData.into()),
        }
    }
}

impl<R: BufRead> Read for Body<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if let Left::Chunk(0) = self.left {
            self.left = match self.next_chunk()? {
                0 => Left::Nothing,
                size => Left::Chunk(size),
            };
        }
        let left = match self.left {
            Left::Nothing | Left::Bytes(0) => return Ok(0),
            Left::Bytes(left) | Left::Chunk(left) => left,
        };
        let most = into.len().min(usize::try_from(left).unwrap_or(usize::MAX));
        let read = self.reader.read(&mut into[..most])?;
        if read == 0 && most > 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let left = left - read as u64;
        match &mut self.left {
            Left::Chunk(known) => {
                *known = left;
                if left == 0 {
                    self.end_of_chunk()?;
                }
            }
            Left::Bytes(known) => *known = left,
            Left::Nothing => {}
        }
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(chunked: &str, at_once: usize) -> io::Result<String> {
        let reader = BufReader::with_capacity(at_once, chunked.as_bytes());
        let left = Left::Chunk(0);
        let mut text = String::new();
        Body { reader, left }.read_to_string(&mut text)?;
        Ok(text)
    }

    #[test]
    fn chunks_are_put_together() {
        let body = "5\r\nhello\r\n7;a=b\r\n, world\r\n0\r\n\r\nrest";
        for at_once in 1..20 {
            assert_eq!(read(body, at_once).unwrap(), "hello, world");
        }
        assert_eq!(read("0\r\n\r\n", 8).unwrap(), "");
    }

    #[test]
    fn what_ends_too_early_is_an_error() {
        let body = "5\r\nhello\r\n0\r\n";
        for length in 0..body.len() {
            assert!(read(&body[..length], 8).is_err(), "{length}");
        }
        assert!(read("x\r\nhello\r\n", 8).is_err());
        assert!(read("5\r\nhello!\r\n0\r\n\r\n", 8).is_err());
    }
}

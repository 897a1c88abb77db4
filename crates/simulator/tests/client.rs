//! An HTTP client that hides nothing: it shows how an answer ended.

use std::{
    io::{self, Read, Write},
    net::{SocketAddr, TcpStream},
    time::Duration,
};

use simulator::iris::Simulator;

/// How an answer ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// As its headers told.
    Whole,
    /// Closed before that.
    Cut,
    /// Reset.
    Reset,
    /// Nothing more within the time given.
    Silent,
}

/// An answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    head: String,
    pub(crate) body: Vec<u8>,
    pub(crate) end: End,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers(name).next()
    }

    pub(crate) fn headers(&self, name: &str) -> impl Iterator<Item = &str> {
        self.head.lines().filter_map(move |line| {
            let (known, value) = line.split_once(':')?;
            known.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    /// The value of the first line that starts so.
    pub(crate) fn value(&self, start: &str) -> Option<f64> {
        let text = self.text();
        let line = text.lines().find(|line| line.starts_with(start))?;
        line.rsplit_once(' ')?.1.parse().ok()
    }

    /// The sum of all values of lines that start so.
    pub(crate) fn sum(&self, start: &str) -> f64 {
        let text = self.text();
        let lines = text.lines().filter(|line| line.starts_with(start));
        lines
            .filter_map(|line| line.rsplit_once(' ')?.1.parse::<f64>().ok())
            .sum()
    }
}

/// How long the client waits for more.
const PATIENCE: Duration = Duration::from_secs(10);

/// Asks, with headers, each a line.
pub(crate) fn ask(
    address: SocketAddr,
    method: &str,
    path: &str,
    headers: &[&str],
    body: &str,
) -> io::Result<Answer> {
    ask_within(PATIENCE, address, method, path, headers, body)
}

/// The same with another patience.
pub(crate) fn ask_within(
    patience: Duration,
    address: SocketAddr,
    method: &str,
    path: &str,
    headers: &[&str],
    body: &str,
) -> io::Result<Answer> {
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.set_read_timeout(Some(patience))?;
    let mut request =
        format!("{method} {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n");
    for header in headers {
        request.push_str(header);
        request.push_str("\r\n");
    }
    request.push_str(&format!("Content-Length: {}\r\n\r\n{body}", body.len()));
    stream.write_all(request.as_bytes())?;
    let mut raw = Vec::new();
    let mut part = vec![0; 1 << 16];
    let closed = loop {
        match stream.read(&mut part) {
            Ok(0) => break End::Cut,
            Ok(read) => raw.extend_from_slice(&part[..read]),
            Err(error) if error.kind() == io::ErrorKind::ConnectionReset => break End::Reset,
            Err(_) => break End::Silent,
        }
    };
    Ok(read(&raw, closed))
}

fn read(raw: &[u8], closed: End) -> Answer {
    let at = raw.windows(4).position(|four| four == b"\r\n\r\n");
    let Some(at) = at else {
        return Answer {
            status: 0,
            head: String::new(),
            body: raw.to_vec(),
            end: closed,
        };
    };
    let head = String::from_utf8_lossy(&raw[..at]).into_owned();
    let mut answer = Answer {
        status: head[9..12].parse().unwrap(),
        head,
        body: raw[at + 4..].to_vec(),
        end: closed,
    };
    if answer.header("transfer-encoding") == Some("chunked") {
        let (body, whole) = dechunk(&answer.body);
        answer.body = body;
        if whole {
            answer.end = End::Whole;
        }
    } else if let Some(length) = answer.header("content-length")
        && answer.body.len() == length.parse::<usize>().unwrap()
    {
        answer.end = End::Whole;
    }
    answer
}

fn dechunk(mut raw: &[u8]) -> (Vec<u8>, bool) {
    let mut body = Vec::new();
    while let Some(end) = raw.windows(2).position(|two| two == b"\r\n") {
        let size = std::str::from_utf8(&raw[..end]).unwrap();
        let size = usize::from_str_radix(size, 16).unwrap();
        raw = &raw[end + 2..];
        if size == 0 {
            return (body, true);
        }
        if raw.len() < size + 2 {
            body.extend_from_slice(raw);
            return (body, false);
        }
        body.extend_from_slice(&raw[..size]);
        raw = &raw[size + 2..];
    }
    (body, false)
}

/// GET from the first server.
pub(crate) fn get(simulator: &Simulator, path: &str) -> Answer {
    ask(simulator.addresses()[0], "GET", path, &[], "").unwrap()
}

/// The metrics of the first server.
pub(crate) fn metrics(simulator: &Simulator) -> Answer {
    get(simulator, "/api/monitor/metrics")
}

/// A Basic header.
pub(crate) fn basic(name: &str, password: &str) -> String {
    use base64::{Engine, engine::general_purpose::STANDARD};
    format!(
        "Authorization: Basic {}",
        STANDARD.encode(format!("{name}:{password}"))
    )
}

//! A browser, as far as one is needed: one connection, one request at a time.

use std::{io, net::SocketAddr, time::Duration};

use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::TcpStream,
    time::timeout,
};

/// Nobody looks at a page that does not come any longer.
const PATIENCE: Duration = Duration::from_secs(30);
/// Of a body.
const LARGEST: usize = 1 << 20;

/// Of one user.
pub(super) struct Browser {
    address: SocketAddr,
    session: String,
    connection: Option<BufReader<TcpStream>>,
}

impl Browser {
    pub(super) fn new(address: SocketAddr, session: String) -> Self {
        Browser {
            address,
            session,
            connection: None,
        }
    }

    /// Whatever is answered; after anything else the next page is asked for on a new connection.
    pub(super) async fn get(&mut self, path: &str) -> io::Result<u16> {
        let connection = self.connection.take();
        let (address, session) = (self.address, &self.session);
        let asked = async {
            let mut connection = match connection {
                Some(connection) => connection,
                None => BufReader::new(TcpStream::connect(address).await?),
            };
            let request =
                format!("GET {path} HTTP/1.1\r\nhost: {address}\r\nx-session: {session}\r\n\r\n");
            connection.write_all(request.as_bytes()).await?;
            let status = read(&mut connection).await?;
            io::Result::Ok((connection, status))
        };
        let (connection, status) = timeout(PATIENCE, asked).await??;
        self.connection = Some(connection);
        Ok(status)
    }
}

/// An answer with a length.
async fn read(connection: &mut BufReader<TcpStream>) -> io::Result<u16> {
    let strange = || io::Error::from(io::ErrorKind::InvalidData);
    let (mut status, mut length) = (None, 0);
    loop {
        let mut line = String::new();
        if connection.read_line(&mut line).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let line = line.trim_end().to_ascii_lowercase();
        if status.is_none() {
            let code = line.split(' ').nth(1).and_then(|code| code.parse().ok());
            status = Some(code.ok_or_else(strange)?);
        } else if let Some(text) = line.strip_prefix("content-length:") {
            length = text.trim().parse().map_err(|_| strange())?;
        } else if line.is_empty() {
            break;
        }
    }
    if length > LARGEST {
        return Err(strange());
    }
    connection.read_exact(&mut vec![0; length]).await?;
    status.ok_or_else(strange)
}

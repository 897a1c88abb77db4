//! A connection, with or without TLS, that remembers the last bytes that came.

use std::{
    fmt, io,
    pin::Pin,
    task::{Context, Poll, ready},
};

use actix_rt::net::{ActixStream, Ready};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
};

use super::tail::Tail;
use crate::net::Dialed;

/// What awc speaks HTTP over.
pub(super) struct Stream {
    inner: Dialed,
    tail: Tail,
}

impl Stream {
    pub(super) fn new(inner: Dialed, tail: Tail) -> Self {
        Stream { inner, tail }
    }

    fn tcp(&self) -> &TcpStream {
        match &self.inner {
            Dialed::Plain(stream) => stream,
            Dialed::Tls(stream) => stream.get_ref().0,
        }
    }
}

impl fmt::Debug for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Stream")
    }
}

impl AsyncRead for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = match &mut self.inner {
            Dialed::Plain(stream) => Pin::new(stream).poll_read(cx, buffer),
            Dialed::Tls(stream) => Pin::new(stream).poll_read(cx, buffer),
        };
        ready!(read)?;
        self.tail.push(&buffer.filled()[before..]);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match &mut self.inner {
            Dialed::Plain(stream) => Pin::new(stream).poll_write(cx, bytes),
            Dialed::Tls(stream) => Pin::new(stream).poll_write(cx, bytes),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.inner {
            Dialed::Plain(stream) => Pin::new(stream).poll_flush(cx),
            Dialed::Tls(stream) => Pin::new(stream).poll_flush(cx),
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.inner {
            Dialed::Plain(stream) => Pin::new(stream).poll_shutdown(cx),
            Dialed::Tls(stream) => Pin::new(stream).poll_shutdown(cx),
        }
    }
}

impl ActixStream for Stream {
    fn poll_read_ready(&self, cx: &mut Context<'_>) -> Poll<io::Result<Ready>> {
        ActixStream::poll_read_ready(self.tcp(), cx)
    }

    fn poll_write_ready(&self, cx: &mut Context<'_>) -> Poll<io::Result<Ready>> {
        ActixStream::poll_write_ready(self.tcp(), cx)
    }
}

//! A connection as the server reads and writes it. What actix-http leaves without a bound is bounded
//! here: the size of every head, the time for the head of every request but the first (which it
//! times itself), the time an answer waits for its reader, and how many requests wait for their
//! answers: it is given one request at a time, as it would keep all that come, each in 10 kB.

use std::{
    future::Future,
    io,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll, ready},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::{Sleep, sleep},
};

use super::{
    head::Head,
    line::{Line, Turn},
};

/// What a connection may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct WireLimits {
    /// Bytes of a head.
    pub(super) head: usize,
    /// Time for a head to come, from its first byte.
    pub(super) head_time: Duration,
    /// Time within which a reader must take in something of what is sent to it.
    pub(super) send_time: Duration,
}

/// Why a head is refused, for the count, and the answer. Protocol errors have an empty body, as
/// actix-http's own have.
type Refusal = (&'static str, &'static [u8]);

const TOO_SLOW: Refusal = (
    "head_time",
    b"HTTP/1.1 408 Request Timeout\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
);
const TOO_LARGE: Refusal = (
    "head_size",
    b"HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
);

/// After a refusal the client is heard out for this long, so that it reads the refusal: closing a
/// socket with unread bytes in it takes back what was sent.
const LINGER: Duration = Duration::from_millis(500);

/// Bytes read at once.
const READ: usize = 1_024;
/// Bytes of a body given at once. It is known to have ended only when it has: so many bytes of what
/// is behind it may get through, which are a few requests at most.
const GIVEN: usize = 128;

/// A connection with its limits.
pub(super) struct Wire<T> {
    io: T,
    /// Read, and not given yet.
    ahead: Vec<u8>,
    /// A piece of a body has been given, and not been looked at yet.
    given: bool,
    line: Rc<Line>,
    limits: WireLimits,
    /// The request before which `head` comes.
    before: u64,
    head: Head,
    head_until: Option<Pin<Box<Sleep>>>,
    /// Set while the other side takes nothing in.
    sent_until: Option<Pin<Box<Sleep>>>,
    /// Nothing more is read.
    refused: bool,
    linger_until: Option<Pin<Box<Sleep>>>,
}

impl<T> Wire<T> {
    pub(super) fn new(io: T, line: Rc<Line>, limits: WireLimits) -> Self {
        Wire {
            io,
            ahead: Vec::new(),
            given: false,
            line,
            limits,
            before: 0,
            head: Head::default(),
            head_until: None,
            sent_until: None,
            refused: false,
            linger_until: None,
        }
    }

    pub(super) fn line(&self) -> &Rc<Line> {
        &self.line
    }

    /// A request that has begun since has taken the head with it.
    fn turn_the_page(&mut self) {
        if self.before != self.line.begun() {
            self.before = self.line.begun();
            self.head = Head::default();
            self.head_until = None;
        }
    }
}

impl<T: AsyncRead + AsyncWrite + Unpin> Wire<T> {
    /// Says why, if that can be said at once, and reads nothing more.
    fn refuse(&mut self, (reason, answer): Refusal, cx: &mut Context<'_>) {
        self.refused = true;
        self.line.refused(reason);
        // In the middle of another answer it would be taken for a part of that.
        if self.sent_until.is_none() {
            let _ = Pin::new(&mut self.io).poll_write(cx, answer);
        }
    }

    /// Whether the head under way is late. Wakes the reader when it will be.
    fn is_late(&mut self, cx: &mut Context<'_>) -> bool {
        if self.before == 0 || self.head.length() == 0 {
            return false;
        }
        let time = self.limits.head_time;
        let until = self.head_until.get_or_insert_with(|| Box::pin(sleep(time)));
        until.as_mut().poll(cx).is_ready()
    }

    fn poll_head(&mut self, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let read = match self.head.is_over() {
            // The request begins, or is refused.
            true => self.wait(cx),
            false => self.poll_ahead(cx),
        };
        match read {
            Poll::Ready(Ok(())) => {
                let most = self.ahead.len().min(buf.remaining());
                let taken = self.head.take(&self.ahead[..most]);
                if self.head.length() > self.limits.head {
                    self.refuse(TOO_LARGE, cx);
                } else {
                    self.give(taken, buf);
                }
                Poll::Ready(Ok(()))
            }
            Poll::Pending if self.is_late(cx) => {
                self.refuse(TOO_SLOW, cx);
                Poll::Ready(Ok(()))
            }
            other => other,
        }
    }

    fn poll_body(&mut self, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if std::mem::take(&mut self.given) {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        ready!(self.poll_ahead(cx))?;
        self.give(GIVEN, buf);
        self.given = true;
        Poll::Ready(Ok(()))
    }

    fn poll_rest(&mut self, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_ahead(cx))?;
        self.give(READ, buf);
        Poll::Ready(Ok(()))
    }

    /// While an answer is being made: reads ahead, to learn whether somebody still waits for it.
    fn poll_answer(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.ahead.is_empty() {
            let read = self.poll_ahead(cx);
            if read.is_ready() && self.ahead.is_empty() {
                self.line.leave();
            }
        }
        self.wait(cx)
    }

    /// Reads something, unless there is something left. Nothing is the end.
    fn poll_ahead(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.ahead.is_empty() {
            let mut read = [0; READ];
            let mut read = ReadBuf::new(&mut read);
            ready!(Pin::new(&mut self.io).poll_read(cx, &mut read))?;
            self.ahead.extend_from_slice(read.filled());
        }
        Poll::Ready(Ok(()))
    }

    fn give(&mut self, most: usize, buf: &mut ReadBuf<'_>) {
        let length = most.min(self.ahead.len()).min(buf.remaining());
        buf.put_slice(&self.ahead[..length]);
        self.ahead.drain(..length);
    }

    fn wait(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.line.wait(cx.waker());
        Poll::Pending
    }
}

impl<T: AsyncRead + AsyncWrite + Unpin> AsyncRead for Wire<T> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let me = self.get_mut();
        if me.refused {
            return Poll::Ready(Ok(()));
        }
        me.turn_the_page();
        match me.line.turn() {
            // An answer without a body is over before it is sent.
            Turn::Head | Turn::Rest if me.sent_until.is_some() => Poll::Pending,
            Turn::Head => me.poll_head(cx, buf),
            Turn::Body => me.poll_body(cx, buf),
            Turn::Answer => me.poll_answer(cx),
            Turn::Rest => me.poll_rest(cx, buf),
        }
    }
}

impl<T: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Wire<T> {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let me = self.get_mut();
        match Pin::new(&mut me.io).poll_write(cx, bytes) {
            Poll::Pending => {
                let time = me.limits.send_time;
                let until = me.sent_until.get_or_insert_with(|| Box::pin(sleep(time)));
                ready!(until.as_mut().poll(cx));
                me.line.refused("send_time");
                Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
            }
            written => {
                me.sent_until = None;
                written
            }
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().io).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let me = self.get_mut();
        if me.linger_until.is_none() {
            ready!(Pin::new(&mut me.io).poll_shutdown(cx))?;
            if !me.refused {
                return Poll::Ready(Ok(()));
            }
        }
        let until = me
            .linger_until
            .get_or_insert_with(|| Box::pin(sleep(LINGER)));
        while until.as_mut().poll(cx).is_pending() {
            let mut unread = [0; 1024];
            let mut buf = ReadBuf::new(&mut unread);
            match ready!(Pin::new(&mut me.io).poll_read(cx, &mut buf)) {
                Ok(()) if !buf.filled().is_empty() => {}
                _ => break, // nothing more will come
            }
        }
        Poll::Ready(Ok(()))
    }
}

#[cfg(test)]
#[path = "wire_tests.rs"]
mod tests;

//! A connection on which no more than a bounded number of bytes is taken in for a question.

use std::{
    io,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    task::{Context, Poll},
};

use pin_project_lite::pin_project;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::Failure;
use crate::collector::Reason;

/// What is taken in is counted. Its clones are one.
#[derive(Clone)]
pub(crate) struct Budget {
    most: u64,
    taken: Arc<AtomicU64>,
}

impl Budget {
    /// Of so many bytes for each question.
    pub(crate) fn of(most: u64) -> Self {
        Budget {
            most,
            taken: Arc::default(),
        }
    }

    /// A new question is asked.
    pub(crate) fn renew(&self) {
        self.taken.store(0, Relaxed);
    }

    /// What the answer was then: nothing more of it is read.
    pub(crate) fn exceeded(&self) -> Option<Failure> {
        let detail = format!("the answer is larger than {} bytes", self.most);
        let is_exceeded = self.taken.load(Relaxed) > self.most;
        is_exceeded.then(|| Failure::new(Reason::TooLarge, detail))
    }
}

pin_project! {
    /// The connection.
    pub(crate) struct Bounded<S> {
        #[pin]
        stream: S,
        budget: Budget,
    }
}

impl<S> Bounded<S> {
    pub(crate) fn new(stream: S, budget: Budget) -> Self {
        Bounded { stream, budget }
    }
}

impl<S: AsyncRead> AsyncRead for Bounded<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let me = self.project();
        let before = buffer.filled().len();
        let polled = me.stream.poll_read(cx, buffer);
        let read = (buffer.filled().len() - before) as u64;
        me.budget.taken.fetch_add(read, Relaxed);
        match me.budget.exceeded() {
            Some(failure) => Poll::Ready(Err(io::Error::other(failure))),
            None => polled,
        }
    }
}

impl<S: AsyncWrite> AsyncWrite for Bounded<S> {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.project().stream.poll_write(cx, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.project().stream.poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.project().stream.poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    #[tokio::test]
    async fn each_question_has_its_own_bound() {
        let (mut server, client) = tokio::io::duplex(64);
        let budget = Budget::of(4);
        let mut client = Bounded::new(client, budget.clone());
        let mut four = [0; 4];
        for _ in 0..2 {
            budget.renew();
            server.write_all(b"four").await.unwrap();
            client.read_exact(&mut four).await.unwrap();
        }
        server.write_all(b"more").await.unwrap();
        let error = client.read_exact(&mut four).await.unwrap_err();
        let told = "the answer is larger than 4 bytes (too_large)";
        assert_eq!(error.to_string(), told);
        assert_eq!(budget.exceeded().unwrap().to_string(), told);
        budget.renew();
        assert_eq!(budget.exceeded(), None);
    }
}

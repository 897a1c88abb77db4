//! Answers that are made while they are sent: a writer on a thread that may block, the body on the
//! other side of a short queue. Whoever takes nothing in holds the writer up; whoever has left ends it.

use std::{
    io::{self, Write},
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use actix_web::{
    body::{BodySize, MessageBody},
    web::Bytes,
};
use tokio::{
    runtime::Handle,
    sync::mpsc::{Receiver, Sender, channel},
    time::timeout,
};

/// Pieces that wait to be sent.
const WAITING: usize = 2;
/// Bytes of a piece, at most.
const PIECE: usize = 64 << 10;
/// Within this time a client has to take in a piece: a thread waits for it.
const PATIENCE: Duration = Duration::from_secs(60);

enum Part {
    Piece(Bytes),
    /// Without it, the answer is not whole.
    End,
}

/// Where the answer is written. Blocks.
pub(super) struct Writer {
    parts: Sender<Part>,
    runtime: Handle,
}

/// The answer as it is sent.
pub(super) struct Body(Option<Receiver<Part>>);

/// The answer ends before its end; the connection is cut, for the client to see it.
#[derive(Debug, thiserror::Error)]
#[error("the answer could not be made to its end")]
pub(super) struct CutShort;

/// Both sides of an answer, to be called where the runtime is.
pub(super) fn answer() -> (Writer, Body) {
    let (parts, receiver) = channel(WAITING);
    let runtime = Handle::current();
    (Writer { parts, runtime }, Body(Some(receiver)))
}

impl Writer {
    /// The answer is whole.
    pub(super) fn end(self) {
        // Whoever has left does not mind.
        let _ = self.send(Part::End);
    }

    fn send(&self, part: Part) -> io::Result<()> {
        let sent = async { timeout(PATIENCE, self.parts.send(part)).await };
        match self.runtime.block_on(sent) {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(io::ErrorKind::BrokenPipe.into()),
            Err(_) => Err(io::ErrorKind::TimedOut.into()),
        }
    }
}

impl Write for Writer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let piece = &bytes[..bytes.len().min(PIECE)];
        self.send(Part::Piece(Bytes::copy_from_slice(piece)))?;
        Ok(piece.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MessageBody for Body {
    type Error = CutShort;

    fn size(&self) -> BodySize {
        BodySize::Stream
    }

    fn poll_next(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Self::Error>>> {
        let Some(parts) = &mut self.0 else {
            return Poll::Ready(None);
        };
        let next = match std::task::ready!(parts.poll_recv(cx)) {
            Some(Part::Piece(piece)) => return Poll::Ready(Some(Ok(piece))),
            Some(Part::End) => None,
            None => Some(Err(CutShort)),
        };
        self.0 = None;
        Poll::Ready(next)
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use actix_rt::task::spawn_blocking;

    use super::*;

    async fn next(body: &mut Body) -> Option<Result<Bytes, CutShort>> {
        poll_fn(|cx| Pin::new(&mut *body).poll_next(cx)).await
    }

    #[actix_web::test]
    async fn pieces_come_in_order_and_the_end_is_told() {
        let (mut writer, mut body) = answer();
        let made = spawn_blocking(move || {
            for n in 0..10_u8 {
                writer.write_all(&[n; 100_000]).unwrap();
            }
            writer.end();
        });
        let mut all = Vec::new();
        while let Some(piece) = next(&mut body).await {
            all.extend_from_slice(&piece.unwrap());
        }
        made.await.unwrap();
        assert_eq!(all.len(), 1_000_000);
        assert!(all.is_sorted());
        assert!(next(&mut body).await.is_none());
    }

    #[actix_web::test]
    async fn an_answer_without_its_end_is_an_error() {
        let (mut writer, mut body) = answer();
        let made = spawn_blocking(move || writer.write_all(b"half").unwrap());
        made.await.unwrap();
        assert_eq!(next(&mut body).await.unwrap().unwrap(), "half");
        assert!(next(&mut body).await.unwrap().is_err());
        assert!(next(&mut body).await.is_none());
    }

    #[actix_web::test]
    async fn whoever_has_left_ends_the_writer() {
        let (mut writer, body) = answer();
        let made = spawn_blocking(move || {
            loop {
                if let Err(error) = writer.write_all(&[0; 1_000]) {
                    return error.kind();
                }
            }
        });
        drop(body);
        assert_eq!(made.await.unwrap(), io::ErrorKind::BrokenPipe);
    }
}

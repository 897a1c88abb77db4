//! Answers that are made for one client only, and may be large: how many are made at the same time,
//! and how many bytes of them there are until they are sent.

use std::{
    convert::Infallible,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use actix_web::{
    body::{BodySize, MessageBody},
    web::Bytes,
};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};

/// Made at the same time.
const MAKING: usize = 2;
/// An answer waits so long for its turn.
const PATIENCE: Duration = Duration::from_secs(5);
/// Bytes of all answers together that are made and not yet sent, in [`UNIT`]s.
const BYTES: usize = 64 << 20;
const UNIT: usize = 1 << 10;

/// Room for such answers, for the whole process.
pub(crate) struct Room {
    making: Arc<Semaphore>,
    bytes: Arc<Semaphore>,
}

/// A part of the room for as long as it lives.
pub(crate) type Place = OwnedSemaphorePermit;

impl Default for Room {
    fn default() -> Self {
        Room::of(MAKING, BYTES)
    }
}

impl Room {
    /// For so many that are made at the same time, and so many bytes in answers that are not sent.
    pub(crate) fn of(making: usize, bytes: usize) -> Self {
        let units = bytes.div_ceil(UNIT).min(Semaphore::MAX_PERMITS);
        Room {
            making: Arc::new(Semaphore::new(making)),
            bytes: Arc::new(Semaphore::new(units)),
        }
    }

    /// A turn to make one, held until it is made; `None` where too many wait for theirs.
    pub(crate) async fn turn(&self) -> Option<Place> {
        self.turn_within(PATIENCE).await
    }

    /// The same, for whoever is less patient, or more.
    pub(crate) async fn turn_within(&self, patience: Duration) -> Option<Place> {
        let turn = timeout(patience, self.making.clone().acquire_owned());
        turn.await.ok()?.ok()
    }

    /// A place for an answer of so many bytes; `None` where others hold too many.
    pub(crate) fn place(&self, bytes: usize) -> Option<Place> {
        let units = u32::try_from(bytes.div_ceil(UNIT)).ok()?;
        self.bytes.clone().try_acquire_many_owned(units).ok()
    }

    /// An answer that holds its bytes until they are sent; `None` where others hold too many.
    pub(crate) fn hold(&self, bytes: Bytes) -> Option<HeldBytes> {
        let place = self.place(bytes.len())?;
        Some(HeldBytes {
            bytes: Some(bytes),
            _place: place,
        })
    }
}

/// The body of such an answer.
pub(crate) struct HeldBytes {
    bytes: Option<Bytes>,
    _place: Place,
}

impl MessageBody for HeldBytes {
    type Error = Infallible;

    fn size(&self) -> BodySize {
        BodySize::Sized(self.bytes.as_ref().map_or(0, |bytes| bytes.len() as u64))
    }

    fn poll_next(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Self::Error>>> {
        Poll::Ready(self.bytes.take().filter(|bytes| !bytes.is_empty()).map(Ok))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[actix_web::test]
    async fn bytes_are_held_until_they_are_dropped() {
        let room = Room::default();
        let half = || room.hold(Bytes::from(vec![0; BYTES / 2]));
        let first = half().unwrap();
        assert!(matches!(first.size(), BodySize::Sized(size) if size == BYTES as u64 / 2));
        let _second = half().unwrap();
        assert!(room.hold(Bytes::from_static(b"x")).is_none());
        assert!(room.hold(Bytes::new()).is_some());
        drop(first);
        assert!(room.hold(Bytes::from_static(b"x")).is_some());
    }

    #[actix_web::test(start_paused = true)]
    async fn whoever_waits_too_long_for_a_turn_gets_none() {
        let room = Room::default();
        let _first = room.turn().await.unwrap();
        let second = room.turn().await.unwrap();
        assert!(room.turn().await.is_none());
        drop(second);
        assert!(room.turn().await.is_some());
    }
}

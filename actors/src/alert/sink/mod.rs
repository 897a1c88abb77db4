//! Where alerts go: one receiver, one file. A [`Sink`] only knows how to reach its receiver; the one
//! actor that runs any of them does the rest, and the dispatcher decides what comes when.

mod actor;
pub mod log;
pub mod redis;

use std::{fmt, future::Future, sync::Arc, time::Duration};

use supervision::Backoff;
use tokio::time::Instant;

pub use self::actor::{SinkActor, SinkSettings};
use super::notification::Notification;
use crate::{
    collector::Reason,
    messages::{Deliver, Reconciled},
};

/// Notifications that are sent together.
pub const MOST: usize = 64;

/// The one policy for all sinks: what failed is tried again at once, then after 100 ms, and twice as
/// long each time up to this, for as long as the outbox holds it.
pub const BACKOFF: Backoff = Backoff {
    min: Duration::from_millis(100),
    max: Duration::from_secs(5),
    factor: 2.0,
    jitter: 0.2,
    reset_after: Duration::from_secs(60),
};

/// A receiver of alerts. Adding one is one implementation and one line in the tree.
pub trait Sink: Unpin + 'static {
    /// Whether its receiver keeps what fires, and signs of life. One that does not is only told of
    /// changes: neither [`reconcile`](Self::reconcile) nor [`beat`](Self::beat) is asked of it, as each
    /// wakes a thread.
    const KEEPS: bool;

    /// The child's name in the tree, its consumer's in the outbox, and the `sink` label: `redis`,
    /// `webhook/<name>`.
    fn name(&self) -> &str;

    /// Sends all of it, in order; stops where something is not accepted. What is sent again has the
    /// same `id`.
    ///
    /// # Errors
    /// How far it came, and why no further.
    fn deliver(
        &mut self,
        deliver: &Deliver,
        until: Instant,
    ) -> impl Future<Output = Result<(), Undelivered>>;

    /// Makes what the receiver keeps of firing alerts what it should be.
    ///
    /// # Errors
    /// [`SinkError`].
    fn reconcile(
        &mut self,
        _firing: &[Notification],
        _announce: bool,
        _until: Instant,
    ) -> impl Future<Output = Result<Reconciled, SinkError>> {
        std::future::ready(Ok(Reconciled::default()))
    }

    /// Leaves a sign of life.
    ///
    /// # Errors
    /// [`SinkError`].
    fn beat(
        &mut self,
        _json: &str,
        _lasts: Duration,
        _until: Instant,
    ) -> impl Future<Output = Result<(), SinkError>> {
        std::future::ready(Ok(()))
    }
}

/// Why a receiver did not accept.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{detail} ({reason})")]
pub struct SinkError {
    /// By the closed list.
    pub reason: Reason,
    /// What happened, in our own words: nothing of what was sent or answered.
    pub detail: Arc<str>,
    /// What is to be done about it.
    pub remedy: Remedy,
}

/// What is to be done about a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Remedy {
    /// The same again, later.
    Retry,
    /// Nothing: the first that was not accepted never will be.
    GiveUp,
}

/// How far a delivery came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Undelivered {
    /// Up to this number everything was accepted; 0 if nothing was.
    pub delivered: u64,
    /// Up to this number everything was announced to whoever listens, though it could not all be
    /// kept; 0 if nothing was, or the receiver knows no difference.
    pub announced: u64,
    /// Why it came no further.
    pub error: SinkError,
}

impl SinkError {
    /// One that is worth another attempt.
    pub fn retry(reason: Reason, detail: impl Into<Arc<str>>) -> Self {
        SinkError {
            reason,
            detail: detail.into(),
            remedy: Remedy::Retry,
        }
    }
}

impl Undelivered {
    /// Nothing was accepted.
    pub fn nothing(error: SinkError) -> Self {
        Undelivered {
            delivered: 0,
            announced: 0,
            error,
        }
    }
}

impl fmt::Display for Undelivered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(f)
    }
}

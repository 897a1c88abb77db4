//! How much is held, and for how long.

use std::time::Duration;

/// The bounds of an outbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// Bytes of live records in memory, what is kept with each included. The disk holds up to about
    /// twice that. Default 16 MiB.
    pub max_bytes: u64,
    /// A record nobody took for so long is dropped. Default 7 days.
    pub max_age: Duration,
    /// The longest payload, at most 16 MiB. Default 1 MiB.
    pub max_payload: usize,
    /// A segment that is larger is followed by a new one. Default 1 MiB.
    pub segment_bytes: u64,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            max_bytes: 16 << 20,
            max_age: Duration::from_secs(7 * 24 * 3600),
            max_payload: 1 << 20,
            segment_bytes: 1 << 20,
        }
    }
}

impl Options {
    /// Bytes on disk beyond which the oldest segment is emptied.
    pub(crate) fn max_disk(&self) -> u64 {
        self.max_bytes
            .saturating_mul(2)
            .max(self.segment_bytes.saturating_mul(4))
    }
}

//! How a store behaves; every field has a default that suits a monitor of a few thousand series.

use std::{sync::Arc, time::Duration};

/// How long history lasts and what it may cost.
#[derive(Clone, Debug)]
pub struct Options {
    /// What a generation of the head, and thus a fresh block, spans; less where there are so many series
    /// that it would be more than a quarter of [`max_unsealed_bytes`](Self::max_unsealed_bytes). Two hours.
    pub window: Duration,
    /// Fresh blocks are merged until one spans this. Six hours: longer ones save another percent
    /// and make narrow reads of old data three times as dear.
    pub merged: Duration,
    /// Blocks older than this are forgotten. 30 days.
    pub max_age: Duration,
    /// All files together, in bytes; the oldest blocks go first. 1.5 GB.
    pub max_bytes: u64,
    /// How many series may be active: those with samples in this generation or in the one before.
    /// 20,000.
    pub max_series: usize,
    /// The same for each source. 5,000.
    pub max_series_per_source: usize,
    /// Sources that others must not push out: a tenth of [`max_series`](Self::max_series) is only for
    /// them. None.
    pub vital_sources: Vec<Arc<str>>,
    /// How far behind the newest sample another one is accepted. Two hours: a clock may jump back
    /// by one.
    pub out_of_order: Duration,
    /// Accepted samples that wait for the write-ahead log, in bytes. 32 MiB: an hour of 10,000
    /// series.
    pub max_waiting_bytes: usize,
    /// Generations that wait for their blocks, in bytes. 128 MiB; without a directory all of
    /// history.
    pub max_unsealed_bytes: usize,
    /// How long the newest samples of a block are read from memory still: what looks back by no more
    /// than this needs no disk, which may hang. Ten minutes.
    pub linger: Duration,
    /// Whether what is written is made durable by `fsync`. Only tests have a reason to turn it off.
    pub sync: bool,
}

impl Default for Options {
    fn default() -> Self {
        const HOUR: u64 = 3600;
        Options {
            window: Duration::from_secs(2 * HOUR),
            merged: Duration::from_secs(6 * HOUR),
            max_age: Duration::from_secs(30 * 24 * HOUR),
            max_bytes: 1_500_000_000,
            max_series: 20_000,
            max_series_per_source: 5_000,
            vital_sources: Vec::new(),
            out_of_order: Duration::from_secs(2 * HOUR),
            max_waiting_bytes: 32 << 20,
            max_unsealed_bytes: 128 << 20,
            linger: Duration::from_secs(600),
            sync: true,
        }
    }
}

impl Options {
    pub(crate) fn window_ms(&self) -> i64 {
        millis(self.window).max(1)
    }

    pub(crate) fn merged_ms(&self) -> i64 {
        millis(self.merged).max(1)
    }
}

/// At most some 36,000 years, so that sums of times cannot overflow.
pub(crate) fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).map_or(MAX_MS, |ms| ms.min(MAX_MS))
}

const MAX_MS: i64 = 1 << 50;

/// Times of samples lie within this many milliseconds of the epoch.
pub(crate) const TIMES: std::ops::RangeInclusive<i64> = -MAX_MS..=MAX_MS;

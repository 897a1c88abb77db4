//! `[query]`: what a query may cost.

use std::time::Duration;

use promql::Limits;
use serde::Serialize;
use vitals_actors::units::Bytes;

use super::table::{Section, Table};
use super::text;

/// Series that one selector may select.
const MOST_SERIES: usize = 100_000;

/// `[query]`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Query {
    /// Time a query may take, 100 ms to 10 min; a request may ask for less.
    #[serde(serialize_with = "text::duration")]
    pub(crate) timeout: Duration,
    /// Queries evaluated at the same time, 1 to 64; others wait for their turn.
    pub(crate) concurrency: u32,
    /// Samples a query may hold in memory, 1,000 to 100,000,000.
    pub(crate) max_samples: u32,
    /// Steps of a range query, 100 to 100,000.
    pub(crate) max_points: u32,
    /// Bytes of an expression, 256 B to 16 kB.
    #[serde(serialize_with = "text::display")]
    pub(crate) max_length: Bytes,
}

impl Default for Query {
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(30),
            concurrency: 4,
            max_samples: 10_000_000,
            max_points: 11_000,
            max_length: Bytes::new(4_000),
        }
    }
}

impl Query {
    /// The same, as the engine has it.
    pub(crate) fn limits(&self) -> Limits {
        let mut limits = Limits::of_bytes(self.max_length.get() as usize);
        limits.samples = u64::from(self.max_samples);
        limits.series = MOST_SERIES;
        // Both ends are steps.
        limits.points = self.max_points as usize + 1;
        limits.timeout = self.timeout;
        limits
    }
}

impl Section for Query {
    fn read(&mut self, table: &mut Table<'_>) {
        let time = Duration::from_millis(100)..=Duration::from_mins(10);
        table.within("timeout", &mut self.timeout, time);
        table.within("concurrency", &mut self.concurrency, 1..=64);
        table.within("max_samples", &mut self.max_samples, 1_000..=100_000_000);
        table.within("max_points", &mut self.max_points, 100..=100_000);
        let length = Bytes::new(256)..=Bytes::new(16_000);
        table.within("max_length", &mut self.max_length, length);
    }
}

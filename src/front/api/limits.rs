//! What a query may cost: `[query]`.

use std::time::Duration;

use promql::Limits;

/// Series that one selector may select.
const MOST_SERIES: usize = 100_000;

/// The settings of queries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct QueryLimits {
    /// Time a query may take, its turn included; a request may ask for less.
    pub(crate) timeout: Duration,
    /// Queries evaluated at the same time; others wait for their turn.
    pub(crate) concurrency: u32,
    /// Samples a query may hold in memory.
    pub(crate) max_samples: u32,
    /// Steps of a range query.
    pub(crate) max_points: u32,
    /// Bytes of an expression.
    pub(crate) max_length: u32,
}

impl Default for QueryLimits {
    fn default() -> Self {
        QueryLimits {
            timeout: Duration::from_secs(30),
            concurrency: 4,
            max_samples: 10_000_000,
            max_points: 11_000,
            max_length: 4_000,
        }
    }
}

impl QueryLimits {
    /// As the engine has them.
    pub(super) fn of_engine(&self) -> Limits {
        let mut limits = Limits::of_bytes(self.max_length as usize);
        limits.samples = u64::from(self.max_samples);
        limits.series = MOST_SERIES;
        // Both ends are steps.
        limits.points = self.max_points as usize + 1;
        limits.timeout = self.timeout;
        limits
    }
}

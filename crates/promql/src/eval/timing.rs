//! `@` and `offset`: which instant of the data a step of the query looks at.

use super::row::Grid;
use crate::expr::{At, Moment};

/// Bound on every single time and duration, in milliseconds, so that sums of a few of them cannot
/// overflow.
pub(crate) const MAX_TIME_MS: i64 = i64::MAX / 8;

/// What `start()` and `end()` mean, in subqueries too: the bounds of the whole query. No step need be at
/// its end.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Span {
    pub(crate) start_ms: i64,
    pub(crate) end_ms: i64,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Timing {
    at_ms: Option<i64>,
    offset_ms: i64,
}

impl Timing {
    pub(crate) fn new(moment: Moment, query: Span) -> Self {
        let at_ms = moment.at.map(|at| match at {
            At::Start => query.start_ms,
            At::End => query.end_ms,
            At::Time { ms } => ms,
        });
        Timing {
            at_ms,
            offset_ms: moment.offset_ms,
        }
    }

    /// The instant of the data that the step at `time_ms` looks at.
    #[inline(always)]
    pub(crate) fn reference(&self, time_ms: i64) -> i64 {
        self.at_ms.unwrap_or(time_ms) - self.offset_ms
    }

    /// Whether all steps look at the same instant.
    pub(crate) fn is_fixed(&self) -> bool {
        self.at_ms.is_some()
    }

    /// First and last instant that the steps of a grid look at.
    pub(crate) fn bounds(&self, grid: &Grid) -> (i64, i64) {
        (self.reference(grid.start_ms), self.reference(grid.last()))
    }
}

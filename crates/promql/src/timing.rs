//! `@` and `offset`: which instant of the data a step of the query looks at.

use crate::value::Grid;
use promql_parser::parser::{AtModifier, Offset};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// First and last step of the whole query: what `start()` and `end()` mean, also in subqueries.
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
    pub(crate) fn new(at: &Option<AtModifier>, offset: &Option<Offset>, query: Span) -> Self {
        let at_ms = at.as_ref().map(|at| match at {
            AtModifier::Start => query.start_ms,
            AtModifier::End => query.end_ms,
            AtModifier::At(time) => epoch_ms(*time),
        });
        let offset_ms = match offset {
            None => 0,
            Some(Offset::Pos(by)) => millis(*by),
            Some(Offset::Neg(by)) => -millis(*by),
        };
        Timing { at_ms, offset_ms }
    }

    /// The instant of the data that the step at `time_ms` looks at.
    #[inline(always)]
    pub(crate) fn reference(&self, time_ms: i64) -> i64 {
        self.at_ms.unwrap_or(time_ms) - self.offset_ms
    }

    /// First and last instant that the steps of a grid look at.
    pub(crate) fn bounds(&self, grid: &Grid) -> (i64, i64) {
        (self.reference(grid.start_ms), self.reference(grid.last()))
    }
}

/// Bound on every single time and duration, so that sums of a few of them cannot overflow.
pub(crate) const MAX_TIME_MS: i64 = i64::MAX / 8;

pub(crate) fn millis(duration: Duration) -> i64 {
    duration.as_millis().min(MAX_TIME_MS as u128) as i64
}

fn epoch_ms(time: SystemTime) -> i64 {
    match time.duration_since(UNIX_EPOCH) {
        Ok(after) => millis(after),
        Err(before) => -millis(before.duration()),
    }
}

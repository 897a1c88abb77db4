//! What a query asks of a store.

use std::borrow::Cow;

use exposition::Labels;

use crate::{error::Error, matcher::Matcher, watch::Watch};

/// A store of samples. It is asked once for each selector of a query, for all the time the query needs.
pub trait Queryable {
    /// The series that all matchers match, each once, with their samples from `start_ms` to `end_ms`
    /// (Unix time in milliseconds, both included) in order of time. Stale markers are samples like any
    /// other here. What takes long calls [`Watch::check`] of the hints meanwhile.
    ///
    /// # Errors
    /// When the store cannot read ([`Error::Storage`]), or it is time to stop.
    fn select<'a>(
        &'a self,
        matchers: &[Matcher],
        start_ms: i64,
        end_ms: i64,
        hints: &Hints,
    ) -> Result<SeriesIter<'a>, Error>;
}

/// Series one after the other, so that none but the current one need be in memory.
pub type SeriesIter<'a> = Box<dyn Iterator<Item = Result<RawSeries<'a>, Error>> + 'a>;

/// A series with its samples in columns: borrowed from memory, or owned when they were decoded.
#[derive(Clone, Debug)]
pub struct RawSeries<'a> {
    /// All labels, [`METRIC_NAME`](crate::METRIC_NAME) among them.
    pub labels: Labels,
    /// Unix time in milliseconds, ascending.
    pub times: Cow<'a, [i64]>,
    /// As many as there are times.
    pub values: Cow<'a, [f64]>,
}

/// What a store may want to know of a query.
#[derive(Clone, Debug)]
pub struct Hints {
    /// To be looked at by what takes long.
    pub watch: Watch,
    /// Milliseconds between two steps; 0 where there is one only.
    pub step_ms: i64,
    /// Milliseconds of the window of a step; 0 for an instant selector.
    pub range_ms: i64,
}

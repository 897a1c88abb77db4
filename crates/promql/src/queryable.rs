//! What a query asks of a store.

use std::{borrow::Cow, time::Duration};

use exposition::Labels;

use crate::{
    error::Error,
    matcher::Matcher,
    watch::{Cancel, Watch},
};

/// A store of samples. It is asked once for each selector of a query, for all the time the query needs.
pub trait Queryable {
    /// The series that all matchers match, each once, with their samples from `start_ms` to `end_ms`
    /// (Unix time in milliseconds, both included) in order of time. Stale markers are samples like any
    /// other here. What takes long calls [`Watch::check`] of the hints meanwhile, be it here or between
    /// two series.
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
    /// Unix time in milliseconds, ascending, each once.
    pub times: Cow<'a, [i64]>,
    /// As many as there are times.
    pub values: Cow<'a, [f64]>,
    /// What stands for samples that are not among these, in order of time. Only where
    /// [`Hints::allow_summary`] says that it will do.
    pub summaries: Vec<Summary>,
}

/// What is known of some samples in a row, none of them a stale marker.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Summary {
    /// When the first one is, Unix time in milliseconds.
    pub first_ms: i64,
    /// When the last one is.
    pub last_ms: i64,
    /// How many there are; at least one.
    pub count: u64,
    /// The least of them that is a number; NaN where none is.
    pub min: f64,
    /// The largest of them that is a number; NaN where none is.
    pub max: f64,
    /// All of them added without loss: what adding them with compensation gives, whatever the order. A
    /// store knows this of integers whose sum stays below 2^53, and hardly of anything else.
    pub sum: f64,
}

/// What becomes of the samples of a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reduction {
    /// `count_over_time`
    Count,
    /// `min_over_time`
    Min,
    /// `max_over_time`
    Max,
    /// `sum_over_time` and `avg_over_time`
    Sum,
}

/// What a store may want to know of a query.
#[derive(Clone, Debug)]
pub struct Hints {
    /// To be looked at by what takes long.
    pub watch: Watch,
    /// End of the first window, milliseconds.
    first_end_ms: i64,
    step_ms: i64,
    windows: i64,
    range_ms: i64,
    reduction: Option<Reduction>,
}

impl Hints {
    /// Nothing is known, and there is all the time of the world.
    pub fn none() -> Self {
        let watch = Watch::start(Duration::MAX, &Cancel::new());
        Hints::new(watch, (0, 0, 1), 1, None)
    }

    /// `ends`: of the first window, of the last one, and how many there are.
    pub(crate) fn new(
        watch: Watch,
        ends: (i64, i64, usize),
        range_ms: i64,
        reduction: Option<Reduction>,
    ) -> Self {
        let (first_end_ms, last_end_ms, windows) = ends;
        // All the same, where `@` fixes them.
        let windows = match i64::try_from(windows).unwrap_or(i64::MAX) {
            _ if first_end_ms == last_end_ms => 1,
            windows => windows.max(1),
        };
        let step_ms = match windows {
            1 => 0,
            windows => (last_end_ms - first_end_ms) / (windows - 1),
        };
        Hints {
            watch,
            first_end_ms,
            step_ms,
            windows,
            range_ms,
            reduction,
        }
    }

    /// What becomes of the samples of each window, if that can be told of a [`Summary`], too.
    pub fn reduction(&self) -> Option<Reduction> {
        self.reduction
    }

    /// Milliseconds between the ends of two windows; 0 where there is one.
    pub fn step_ms(&self) -> i64 {
        self.step_ms
    }

    /// Milliseconds of a window.
    pub fn range_ms(&self) -> i64 {
        self.range_ms
    }

    /// The windows: after when, and until when with that moment, Unix time in milliseconds.
    pub fn windows(&self) -> impl Iterator<Item = (i64, i64)> + use<> {
        let (first, step, range) = (self.first_end_ms, self.step_ms, self.range_ms);
        (0..self.windows).map(move |nth| {
            let end = first + nth * step;
            (end - range, end)
        })
    }

    /// Whether a [`Summary`] of samples from `first_ms` to `last_ms` will do instead of them: they are
    /// to be reduced, and no window begins or ends among them. A `sum` has to be without loss where the
    /// reduction is [`Reduction::Sum`].
    pub fn allow_summary(&self, first_ms: i64, last_ms: i64) -> bool {
        let cut = |boundary| self.is_cut(boundary, first_ms, last_ms);
        self.reduction.is_some()
            && !cut(self.first_end_ms)
            && !cut(self.first_end_ms - self.range_ms)
    }

    /// Whether samples are on both sides of one of the boundaries that are a step apart from this one
    /// on. What is at a boundary is on its left.
    fn is_cut(&self, boundary: i64, first_ms: i64, last_ms: i64) -> bool {
        let behind = first_ms.saturating_sub(boundary);
        let nth = match self.step_ms {
            _ if behind <= 0 => 0,
            0 => return false,
            step => (behind + step - 1) / step,
        };
        nth < self.windows && boundary + nth * self.step_ms < last_ms
    }
}

impl<'a> RawSeries<'a> {
    /// A series of samples.
    pub fn new(
        labels: Labels,
        times: impl Into<Cow<'a, [i64]>>,
        values: impl Into<Cow<'a, [f64]>>,
    ) -> Self {
        RawSeries {
            labels,
            times: times.into(),
            values: values.into(),
            summaries: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_summary_will_do_where_no_window_cuts_it() {
        let watch = Watch::start(Duration::MAX, &Cancel::new());
        let hints =
            |ends, range_ms, reduction| Hints::new(watch.clone(), ends, range_ms, reduction);
        let reductions = [Reduction::Count, Reduction::Sum];
        for (ends, range_ms) in [
            ((100, 100, 1), 50),
            ((100, 160, 4), 20),
            ((100, 160, 4), 50),
            ((0, 300, 4), 10),
            ((100, 100, 7), 30),
        ] {
            let hints = hints(ends, range_ms, Some(reductions[0]));
            for first in -20..330 {
                for last in first..330 {
                    let has_both = |(after, until): (i64, i64)| {
                        let inside = |time| time > after && time <= until;
                        inside(first) != inside(last) || (first <= after && last > until)
                    };
                    let expected = !hints.windows().any(has_both);
                    let got = hints.allow_summary(first, last);
                    assert_eq!(got, expected, "{ends:?} {range_ms} {first} {last}");
                }
            }
        }
        assert!(!hints((100, 100, 1), 50, None).allow_summary(60, 70));
    }
}

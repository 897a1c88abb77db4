//! What a node of the expression evaluates to, for all steps of the query at once.

use crate::METRIC_NAME;
use crate::error::{Error, Result};
use exposition::Labels;
use std::collections::HashSet;

/// The bits of a stale marker. No expression can yield it, so a grid cell holding it has no sample.
pub const STALE_BITS: u64 = 0x7ff0_0000_0000_0002;
pub(crate) const ABSENT: f64 = f64::from_bits(STALE_BITS);

#[inline(always)]
pub(crate) fn is_absent(value: f64) -> bool {
    value.to_bits() == STALE_BITS
}

/// The steps of a query: `steps` instants, `step_ms` apart. An instant query has one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Grid {
    pub(crate) start_ms: i64,
    pub(crate) step_ms: i64,
    pub(crate) steps: usize,
}

impl Grid {
    pub(crate) fn instant(at_ms: i64) -> Self {
        Grid {
            start_ms: at_ms,
            step_ms: 1,
            steps: 1,
        }
    }

    /// The steps from `start_ms` to `end_ms`, both included; none when the end is before the start.
    pub(crate) fn range(start_ms: i64, end_ms: i64, step_ms: i64) -> Self {
        let steps = if end_ms < start_ms {
            0
        } else {
            (end_ms - start_ms) / step_ms + 1
        };
        Grid {
            start_ms,
            step_ms,
            steps: steps as usize,
        }
    }

    #[inline(always)]
    pub(crate) fn time(&self, step: usize) -> i64 {
        self.start_ms + self.step_ms * step as i64
    }

    /// Milliseconds between steps, 0 where there is one.
    pub(crate) fn hint_ms(&self) -> i64 {
        if self.steps > 1 { self.step_ms } else { 0 }
    }

    pub(crate) fn last(&self) -> i64 {
        self.time(self.steps.saturating_sub(1))
    }

    pub(crate) fn times(&self) -> impl Iterator<Item = i64> + '_ {
        (0..self.steps).map(|step| self.time(step))
    }
}

/// One series over the grid: a value per step, `ABSENT` where it has none.
#[derive(Debug, Clone)]
pub(crate) struct Series {
    pub(crate) labels: Labels,
    /// The metric name is dropped at the end of the query, not at once, so that functions on the
    /// way (`label_replace`) can still read it.
    pub(crate) drop_name: bool,
    pub(crate) values: Vec<f64>,
}

impl Series {
    pub(crate) fn new(labels: Labels, values: Vec<f64>) -> Self {
        Series {
            labels,
            drop_name: false,
            values,
        }
    }

    pub(crate) fn has_samples(&self) -> bool {
        self.values.iter().any(|value| !is_absent(*value))
    }

    /// Applies `f` to each present value; `f` gets the step too and may return `ABSENT`.
    pub(crate) fn map(mut self, mut f: impl FnMut(usize, f64) -> f64) -> Self {
        for (step, value) in self.values.iter_mut().enumerate() {
            if !is_absent(*value) {
                *value = f(step, *value);
            }
        }
        self
    }

    pub(crate) fn dropping_name(mut self) -> Self {
        self.drop_name = true;
        self
    }

    fn final_labels(&self) -> Labels {
        if self.drop_name {
            self.labels.without(METRIC_NAME)
        } else {
            self.labels.clone()
        }
    }
}

#[derive(Debug, Clone)]
pub(crate) enum Evaluated {
    /// A number per step.
    Scalar(Vec<f64>),
    Vector(Vec<Series>),
    Text(String),
}

impl Evaluated {
    pub(crate) fn into_vector(self) -> Result<Vec<Series>> {
        match self {
            Evaluated::Vector(series) => Ok(series),
            _ => Err(Error::execution("expected an instant vector")),
        }
    }

    pub(crate) fn into_scalar(self) -> Result<Vec<f64>> {
        match self {
            Evaluated::Scalar(values) => Ok(values),
            _ => Err(Error::execution("expected a scalar")),
        }
    }

    pub(crate) fn into_text(self) -> Result<String> {
        match self {
            Evaluated::Text(text) => Ok(text),
            _ => Err(Error::execution("expected a string")),
        }
    }
}

/// Drops the names that are due, and fails when two series end up alike.
pub(crate) fn finish(series: Vec<Series>) -> Result<Vec<Series>> {
    let mut finished: Vec<Series> = series.into_iter().filter(Series::has_samples).collect();
    for one in &mut finished {
        one.labels = one.final_labels();
        one.drop_name = false;
    }
    require_distinct(&finished)?;
    Ok(finished)
}

pub(crate) fn require_distinct(series: &[Series]) -> Result<()> {
    let mut seen = HashSet::with_capacity(series.len());
    if series.iter().all(|one| seen.insert(&one.labels)) {
        Ok(())
    } else {
        Err(Error::same_labels())
    }
}

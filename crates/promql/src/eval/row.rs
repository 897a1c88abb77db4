//! What a node evaluates to, for all steps of the query at once.

use std::{
    ops::{Deref, DerefMut},
    rc::Rc,
};

use exposition::Labels;

use super::meter::{Hold, Meter};
use crate::{
    METRIC_NAME,
    error::{Error, Result},
};

/// The bits of a stale marker: the value a store has where a series ended.
pub const STALE_BITS: u64 = 0x7ff0_0000_0000_0002;

/// A cell without a sample has the bits of a stale marker: no arithmetic yields them.
pub(crate) const ABSENT: f64 = f64::from_bits(STALE_BITS);

#[inline(always)]
pub(crate) fn is_absent(value: f64) -> bool {
    value.to_bits() == STALE_BITS
}

/// The steps of a query: so many instants, so far apart. An instant query has one.
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
            steps: usize::try_from(steps).unwrap_or(usize::MAX),
        }
    }

    #[inline(always)]
    pub(crate) fn time(&self, step: usize) -> i64 {
        self.start_ms + self.step_ms * step as i64
    }

    pub(crate) fn last(&self) -> i64 {
        self.time(self.steps.saturating_sub(1))
    }

    pub(crate) fn times(&self) -> impl ExactSizeIterator<Item = i64> + use<> {
        let grid = *self;
        (0..grid.steps).map(move |step| grid.time(step))
    }
}

/// A value per step, counted as long as it is kept.
pub(crate) struct Row {
    cells: Vec<f64>,
    hold: Hold,
}

impl Row {
    /// A row made of as many values as there are.
    pub(crate) fn collect(
        meter: &Rc<Meter>,
        values: impl ExactSizeIterator<Item = f64>,
    ) -> Result<Self> {
        let hold = meter.hold(values.len())?;
        Ok(Row::new(hold, values.collect()))
    }

    /// Values that are held already.
    pub(crate) fn new(hold: Hold, cells: Vec<f64>) -> Self {
        Row { cells, hold }
    }
}

impl Row {
    /// Holds more for what belongs to it.
    pub(crate) fn hold_also(&mut self, hold: Hold) {
        self.hold.add(hold);
    }
}

impl Deref for Row {
    type Target = [f64];

    fn deref(&self) -> &[f64] {
        &self.cells
    }
}

impl DerefMut for Row {
    fn deref_mut(&mut self) -> &mut [f64] {
        &mut self.cells
    }
}

/// One series over the grid: a value per step, [`ABSENT`] where it has none.
pub(crate) struct Series {
    pub(crate) labels: Labels,
    /// The metric name is dropped at the end of the query, not at once, so that functions on the way
    /// (`label_replace`) can still read it.
    pub(crate) drop_name: bool,
    pub(crate) values: Row,
}

impl Series {
    pub(crate) fn new(labels: Labels, values: Row) -> Self {
        Series {
            labels,
            drop_name: false,
            values,
        }
    }

    pub(crate) fn has_samples(&self) -> bool {
        self.values.iter().any(|value| !is_absent(*value))
    }

    /// Applies `f` to each present value; `f` gets the step too and may return [`ABSENT`].
    #[must_use]
    pub(crate) fn map(mut self, mut f: impl FnMut(usize, f64) -> f64) -> Self {
        for (step, value) in self.values.iter_mut().enumerate() {
            if !is_absent(*value) {
                *value = f(step, *value);
            }
        }
        self
    }

    #[must_use]
    pub(crate) fn dropping_name(mut self) -> Self {
        self.drop_name = true;
        self
    }
}

/// Series one after the other, each made when it is asked for.
pub(crate) type Stream<'q> = Box<dyn Iterator<Item = Result<Series>> + 'q>;

/// The result of a node.
pub(crate) enum Evaluated<'q> {
    /// A number per step.
    Scalar(Row),
    Vector(Stream<'q>),
    Text(&'q str),
}

impl<'q> Evaluated<'q> {
    pub(crate) fn into_vector(self) -> Result<Stream<'q>> {
        match self {
            Evaluated::Vector(series) => Ok(series),
            _ => Err(Error::execution("expected an instant vector")),
        }
    }

    pub(crate) fn into_scalar(self) -> Result<Row> {
        match self {
            Evaluated::Scalar(values) => Ok(values),
            _ => Err(Error::execution("expected a scalar")),
        }
    }

    pub(crate) fn into_text(self) -> Result<&'q str> {
        match self {
            Evaluated::Text(text) => Ok(text),
            _ => Err(Error::execution("expected a string")),
        }
    }
}

/// The labels a series ends up with.
pub(crate) fn final_labels(labels: Labels, drop_name: bool) -> Labels {
    if drop_name {
        labels.without(METRIC_NAME)
    } else {
        labels
    }
}

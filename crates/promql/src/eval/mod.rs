//! Evaluates the tree of a query: each node once, for all steps of the grid.

mod cursor;
mod instant;
mod meter;
mod notes;
mod row;
mod timing;
mod union;
mod window;

use std::{rc::Rc, time::Instant};

pub use self::row::STALE_BITS;

pub(crate) use self::{
    meter::{Hold, Meter, Pace},
    notes::Notes,
    row::{ABSENT, Evaluated, Grid, Row, Series, Stream, final_labels, is_absent},
    timing::{MAX_TIME_MS, Span, Timing},
    union::Union,
    window::{RangeSeries, RangeVector, Window, Windows},
};
use crate::{
    aggregate,
    answer::{Answer, Stats, Value},
    binary,
    error::{Error, Result},
    expr::{Expr, Selection},
    functions,
    limits::Limits,
    queryable::{Hints, Queryable, RawSeries, Reduction, SeriesIter, Summary},
    watch::{Cancel, Watch},
};

/// All that a node needs besides its expression and its grid.
pub(crate) struct Evaluator<'q> {
    store: &'q dyn Queryable,
    limits: &'q Limits,
    began: Instant,
    pub(crate) meter: Rc<Meter>,
    query: Span,
    pub(crate) notes: Notes,
}

impl<'q> Evaluator<'q> {
    pub(crate) fn new(
        store: &'q dyn Queryable,
        limits: &'q Limits,
        query: Span,
        cancel: &Cancel,
    ) -> Self {
        let watch = Watch::start(limits.timeout, cancel);
        Evaluator {
            store,
            limits,
            began: Instant::now(),
            meter: Meter::start(limits, watch),
            query,
            notes: Notes::default(),
        }
    }

    pub(crate) fn answer(self, value: Value) -> Answer {
        let stats = Stats {
            samples_read: self.meter.samples_read(),
            series_read: self.meter.series_read(),
            peak_samples: self.meter.peak(),
            evaluation: self.began.elapsed(),
        };
        let (warnings, infos) = self.notes.into_texts();
        Answer {
            value,
            warnings,
            infos,
            stats,
        }
    }

    pub(crate) fn eval(&'q self, expr: &'q Expr, grid: Grid) -> Result<Evaluated<'q>> {
        match expr {
            Expr::Paren(inner) => self.eval(inner, grid),
            Expr::Number(number) => self.constant(*number, grid).map(Evaluated::Scalar),
            Expr::Text(text) => Ok(Evaluated::Text(text)),
            Expr::Selection(selection) => {
                let values = self.latest(selection, grid, |_, value| value)?;
                Ok(Evaluated::Vector(values))
            }
            Expr::Negated(inner) => self.eval(inner, grid).map(negate),
            Expr::Chain(chain) => binary::eval(self, chain, grid),
            Expr::Aggregation(aggregation) => {
                aggregate::eval(self, aggregation, grid).map(Evaluated::Vector)
            }
            Expr::Call(call) => functions::eval(self, call, grid),
            Expr::Window(_) => Err(Error::execution(
                "a range vector must be the argument of a function",
            )),
        }
    }

    pub(crate) fn vector(&'q self, expr: &'q Expr, grid: Grid) -> Result<Stream<'q>> {
        self.eval(expr, grid)?.into_vector()
    }

    pub(crate) fn scalar(&'q self, expr: &'q Expr, grid: Grid) -> Result<Row> {
        self.eval(expr, grid)?.into_scalar()
    }

    pub(crate) fn text(&'q self, expr: &'q Expr, grid: Grid) -> Result<&'q str> {
        self.eval(expr, grid)?.into_text()
    }

    /// The same number at each step.
    pub(crate) fn constant(&self, number: f64, grid: Grid) -> Result<Row> {
        Row::collect(&self.meter, std::iter::repeat_n(number, grid.steps))
    }

    /// What the store has of a selection, in the window (t - range, t] of each step. That is open on
    /// the left, and the store's bounds are not.
    fn select(
        &'q self,
        selection: &'q Selection,
        timing: Timing,
        range_ms: i64,
        grid: &Grid,
        reduction: Option<Reduction>,
    ) -> Result<SeriesIter<'q>> {
        let (first, last) = timing.bounds(grid);
        let hints = Hints::new(
            self.meter.watch().clone(),
            (first, last, grid.steps),
            range_ms,
            reduction,
        );
        let from = first - range_ms + 1;
        let found = self.store.select(&selection.matchers, from, last, &hints)?;
        let limit = self.limits.series;
        let mut left = limit;
        Ok(Box::new(found.map(move |raw| {
            left = left.checked_sub(1).ok_or(Error::TooManySeries { limit })?;
            let raw: RawSeries<'q> = raw?;
            let allowed = |one: &Summary| hints.allow_summary(one.first_ms, one.last_ms);
            debug_assert!(raw.summaries.iter().all(allowed));
            self.meter.count_read(raw.times.len());
            Ok(raw)
        })))
    }

    fn lookback_ms(&self) -> i64 {
        millis(self.limits.lookback)
    }

    fn subquery_step_ms(&self) -> i64 {
        millis(self.limits.subquery_step)
    }
}

fn millis(setting: std::time::Duration) -> i64 {
    let ms = i64::try_from(setting.as_millis()).unwrap_or(MAX_TIME_MS);
    ms.clamp(1, MAX_TIME_MS)
}

fn negate(value: Evaluated<'_>) -> Evaluated<'_> {
    match value {
        Evaluated::Scalar(mut values) => {
            values.iter_mut().for_each(|value| *value = -*value);
            Evaluated::Scalar(values)
        }
        Evaluated::Vector(series) => Evaluated::Vector(Box::new(series.map(|one| {
            let one = one?;
            Ok(one.map(|_, value| -value).dropping_name())
        }))),
        text => text,
    }
}

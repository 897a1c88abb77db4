//! Range vectors: the samples in the window of each step, for range selectors and subqueries.

use std::rc::Rc;

use exposition::Labels;

use super::{
    Evaluator,
    cursor::Cursor,
    meter::{Hold, Meter, Pace},
    row::{ABSENT, Grid, Row, Series, Stream, is_absent},
    timing::Timing,
};
use crate::{
    error::{Error, Result},
    expr::{Expr, Moment, WindowExpr, WindowOf},
    queryable::{RawSeries, Reduction, Summary},
};

/// The samples that one step sees of one series: those in (`start_ms`, `end_ms`]. Never empty.
pub(crate) struct Window<'a> {
    pub(crate) step: usize,
    /// The time of the step itself, which `@` and `offset` do not move.
    pub(crate) step_ms: i64,
    pub(crate) start_ms: i64,
    pub(crate) end_ms: i64,
    pub(crate) times: &'a [i64],
    pub(crate) values: &'a [f64],
    /// Where the window begins in the samples of the series.
    pub(crate) first: usize,
}

/// A range vector: its series, read one at a time, and how to cut windows from them.
pub(crate) struct RangeVector<'q> {
    pub(crate) series: Box<dyn Iterator<Item = Result<RangeSeries<'q>>> + 'q>,
    pub(crate) windows: Windows,
}

/// All samples of a series that any step needs, without stale markers.
pub(crate) struct RangeSeries<'q> {
    pub(crate) raw: RawSeries<'q>,
    pub(crate) drop_name: bool,
    _hold: Hold,
}

/// Where the window of each step lies.
#[derive(Clone)]
pub(crate) struct Windows {
    grid: Grid,
    range_ms: i64,
    timing: Timing,
    meter: Rc<Meter>,
}

impl<'q> Evaluator<'q> {
    /// The range vector that an expression is. `reduction`: what becomes of each window, where a
    /// store can answer that without its samples.
    pub(crate) fn range_vector(
        &'q self,
        expr: &'q Expr,
        grid: Grid,
        reduction: Option<Reduction>,
    ) -> Result<RangeVector<'q>> {
        let Expr::Window(window) = expr.unwrapped() else {
            return Err(Error::execution("expected a range vector"));
        };
        let WindowExpr { range_ms, of } = &**window;
        match of {
            WindowOf::Selection(selection) => {
                let timing = Timing::new(selection.moment, self.query);
                let found = self.select(selection, timing, *range_ms, &grid, reduction)?;
                let series = found.map(|raw| {
                    let raw = without_stale_markers(raw?);
                    Ok(RangeSeries {
                        _hold: self.meter.hold(raw.times.len())?,
                        raw,
                        drop_name: false,
                    })
                });
                Ok(self.windows(Box::new(series), grid, *range_ms, timing))
            }
            WindowOf::Subquery {
                inner,
                step_ms,
                moment,
            } => self.subquery(inner, *range_ms, *step_ms, *moment, grid),
        }
    }

    /// Evaluates the inner expression once, on all multiples of the step that any window covers.
    fn subquery(
        &'q self,
        inner: &'q Expr,
        range_ms: i64,
        step_ms: Option<i64>,
        moment: Moment,
        grid: Grid,
    ) -> Result<RangeVector<'q>> {
        let timing = Timing::new(moment, self.query);
        let step_ms = step_ms.unwrap_or_else(|| self.subquery_step_ms());
        let (first, last) = timing.bounds(&grid);
        let first_multiple = ((first - range_ms).div_euclid(step_ms) + 1) * step_ms;
        let inner_grid = Grid::range(first_multiple, last, step_ms);
        // Refused before anything is as long as that.
        drop(self.meter.hold(inner_grid.steps)?);
        let rows = self.vector(inner, inner_grid)?;
        let series = rows.map(move |row| {
            let row = row?;
            // The row stays counted until here; what is made of it is counted anew.
            let _hold = self.meter.hold(inner_grid.steps)?;
            let present = inner_grid.times().zip(row.values.iter().copied());
            let present = present.filter(|(_, value)| !is_absent(*value));
            let (times, values): (Vec<i64>, Vec<f64>) = present.unzip();
            Ok(RangeSeries {
                raw: RawSeries::new(row.labels, times, values),
                drop_name: row.drop_name,
                _hold,
            })
        });
        Ok(self.windows(Box::new(series), grid, range_ms, timing))
    }

    fn windows(
        &self,
        series: Box<dyn Iterator<Item = Result<RangeSeries<'q>>> + 'q>,
        grid: Grid,
        range_ms: i64,
        timing: Timing,
    ) -> RangeVector<'q> {
        RangeVector {
            series,
            windows: Windows {
                grid,
                range_ms,
                timing,
                meter: Rc::clone(&self.meter),
            },
        }
    }
}

impl<'q> RangeVector<'q> {
    /// The result of a range function: one output row per series, its name due to go.
    pub(crate) fn map(
        self,
        row: impl FnMut(&Windows, &RangeSeries<'q>) -> Result<Vec<f64>> + 'q,
    ) -> Stream<'q> {
        let rows = self.map_keeping_names(row);
        Box::new(rows.map(|row| row.map(Series::dropping_name)))
    }

    /// The same for the functions that hand on samples as they are.
    pub(crate) fn map_keeping_names(
        self,
        mut row: impl FnMut(&Windows, &RangeSeries<'q>) -> Result<Vec<f64>> + 'q,
    ) -> Stream<'q> {
        let RangeVector { series, windows } = self;
        let rows = series.map(move |series| {
            let series = series?;
            let hold = windows.meter.hold(windows.grid.steps)?;
            let cells = row(&windows, &series)?;
            Ok(Series {
                labels: series.raw.labels,
                drop_name: series.drop_name,
                values: Row::new(hold, cells),
            })
        });
        Box::new(rows.filter(|row| row.as_ref().map_or(true, Series::has_samples)))
    }
}

impl RangeSeries<'_> {
    /// Its labels when nothing more happens to it.
    pub(crate) fn final_labels(&self) -> Labels {
        super::row::final_labels(self.raw.labels.clone(), self.drop_name)
    }
}

impl Windows {
    pub(crate) fn range_ms(&self) -> i64 {
        self.range_ms
    }

    /// Calls `f` with the window of each step of one series; steps with an empty window stay absent.
    /// What `f` makes depends on the samples and the ends of the window only: where all steps have the
    /// same one, it is called once.
    pub(crate) fn slide(
        &self,
        series: &RangeSeries<'_>,
        mut f: impl FnMut(&Window<'_>) -> f64,
    ) -> Result<Vec<f64>> {
        if !self.timing.is_fixed() || self.grid.steps == 0 {
            return self.slide_by_step(series, f);
        }
        let once = Windows {
            grid: Grid {
                steps: 1,
                ..self.grid
            },
            ..self.clone()
        };
        let value = once.slide_by_step(series, &mut f)?;
        Ok(vec![
            value.first().copied().unwrap_or(ABSENT);
            self.grid.steps
        ])
    }

    /// The same for what depends on the step, too.
    pub(crate) fn slide_by_step(
        &self,
        series: &RangeSeries<'_>,
        mut f: impl FnMut(&Window<'_>) -> f64,
    ) -> Result<Vec<f64>> {
        let (times, values) = (&series.raw.times[..], &series.raw.values[..]);
        let (mut begin, mut end) = (Cursor::new(times), Cursor::new(times));
        let mut pace = Pace::of(&self.meter);
        let mut row = Vec::with_capacity(self.grid.steps);
        for step in 0..self.grid.steps {
            let step_ms = self.grid.time(step);
            let end_ms = self.timing.reference(step_ms);
            let start_ms = end_ms - self.range_ms;
            let (from, to) = (begin.pass(start_ms), end.pass(end_ms));
            if from == to {
                row.push(ABSENT);
                continue;
            }
            pace.work(to - from)?;
            row.push(f(&Window {
                step,
                step_ms,
                start_ms,
                end_ms,
                times: &times[from..to],
                values: &values[from..to],
                first: from,
            }));
        }
        Ok(row)
    }
}

impl Windows {
    /// The same where summaries stand for some of the samples: calls `f` with the values and with the
    /// summaries of each window that has any.
    pub(crate) fn slide_with_summaries(
        &self,
        series: &RangeSeries<'_>,
        mut f: impl FnMut(&[f64], &[Summary]) -> f64,
    ) -> Result<Vec<f64>> {
        let (times, values) = (&series.raw.times[..], &series.raw.values[..]);
        let summaries = &series.raw.summaries[..];
        let mut pace = Pace::of(&self.meter);
        let mut row = Vec::with_capacity(self.grid.steps);
        for time in self.grid.times() {
            let end_ms = self.timing.reference(time);
            let start_ms = end_ms - self.range_ms;
            let from = times.partition_point(|time| *time <= start_ms);
            let to = times.partition_point(|time| *time <= end_ms);
            // None is cut by the ends of a window.
            let first = summaries.partition_point(|one| one.first_ms <= start_ms);
            let last = summaries.partition_point(|one| one.last_ms <= end_ms);
            pace.work(to - from + last - first)?;
            let (values, summaries) = (&values[from..to], &summaries[first..last]);
            let is_empty = values.is_empty() && summaries.is_empty();
            row.push(if is_empty {
                ABSENT
            } else {
                f(values, summaries)
            });
        }
        Ok(row)
    }
}

fn without_stale_markers(raw: RawSeries<'_>) -> RawSeries<'_> {
    // All are looked at, as that is several at once.
    let any = |any, value: &f64| any | is_absent(*value);
    if !raw.values.iter().fold(false, any) {
        return raw;
    }
    let all = raw.times.iter().zip(raw.values.iter());
    let kept = all.filter(|(_, value)| !is_absent(**value));
    let (times, values): (Vec<i64>, Vec<f64>) = kept.map(|(time, value)| (*time, *value)).unzip();
    RawSeries {
        times: times.into(),
        values: values.into(),
        ..raw
    }
}

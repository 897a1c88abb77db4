//! Range vectors: the samples in the window of each step, for range selectors and subqueries.

use crate::METRIC_NAME;
use crate::error::{Error, Result};
use crate::eval::{Evaluator, unwrap_parens};
use crate::matcher::Matcher;
use crate::queryable::{Hints, RawSeries};
use crate::timing::{Timing, millis};
use crate::value::{ABSENT, Grid, Series, is_absent};
use exposition::Labels;
use promql_parser::parser::{Expr, MatrixSelector, SubqueryExpr};

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

/// A range vector: its series, read from the store one at a time, and how to cut windows from them.
pub(crate) struct RangeVector<'b> {
    pub(crate) series: Box<dyn Iterator<Item = Result<RangeSeries<'b>>> + 'b>,
    pub(crate) windows: Windows,
}

/// All samples of a series that any step needs, without stale markers.
pub(crate) struct RangeSeries<'b> {
    pub(crate) raw: RawSeries<'b>,
    pub(crate) drop_name: bool,
}

/// Where the window of each step lies.
#[derive(Clone, Copy)]
pub(crate) struct Windows {
    grid: Grid,
    range_ms: i64,
    timing: Timing,
}

impl<'b> RangeVector<'b> {
    pub(crate) fn eval(ev: &'b Evaluator, expr: &Expr, grid: &Grid) -> Result<Self> {
        match unwrap_parens(expr) {
            Expr::MatrixSelector(selector) => Self::select(ev, selector, *grid),
            Expr::Subquery(subquery) => Self::run_subquery(ev, subquery, *grid),
            _ => Err(Error::execution("expected a range vector")),
        }
    }

    fn select(ev: &'b Evaluator, selector: &MatrixSelector, grid: Grid) -> Result<Self> {
        let timing = Timing::new(&selector.vs.at, &selector.vs.offset, ev.query);
        let range_ms = millis(selector.range);
        let (first, last) = timing.bounds(&grid);
        let hints = Hints {
            watch: ev.meter.watch().clone(),
            step_ms: grid.hint_ms(),
            range_ms,
        };
        // The window (t - range, t] is open on the left, hence the + 1.
        let found = ev.store.select(
            &Matcher::all_of(&selector.vs)?,
            first - range_ms + 1,
            last,
            &hints,
        )?;
        let series = found.map(move |raw| {
            let raw = without_stale_markers(raw?);
            ev.meter.count_read(raw.times.len());
            ev.meter.charge(raw.times.len() + grid.steps)?;
            Ok(RangeSeries {
                raw,
                drop_name: false,
            })
        });
        Ok(RangeVector {
            series: Box::new(series),
            windows: Windows {
                grid,
                range_ms,
                timing,
            },
        })
    }

    /// Evaluates the inner expression once, on all multiples of the step that any window covers.
    fn run_subquery(ev: &'b Evaluator, subquery: &SubqueryExpr, grid: Grid) -> Result<Self> {
        let timing = Timing::new(&subquery.at, &subquery.offset, ev.query);
        let range_ms = millis(subquery.range);
        let step_ms = subquery
            .step
            .map_or(millis(ev.limits.subquery_step), millis)
            .max(1);
        let (first, last) = timing.bounds(&grid);
        let first_multiple = ((first - range_ms).div_euclid(step_ms) + 1) * step_ms;
        let inner = Grid::range(first_multiple, last, step_ms);
        ev.meter.charge(inner.steps)?;
        let series = ev
            .eval_vector(&subquery.expr, &inner)?
            .into_iter()
            .map(move |one| {
                let times: Vec<i64> = inner.times().collect();
                let raw = RawSeries {
                    labels: one.labels,
                    times: times.into(),
                    values: one.values.into(),
                };
                Ok(RangeSeries {
                    drop_name: one.drop_name,
                    raw: without_stale_markers(raw),
                })
            });
        Ok(RangeVector {
            series: Box::new(series),
            windows: Windows {
                grid,
                range_ms,
                timing,
            },
        })
    }

    /// The result of a range function: one output row per series, its name due to go.
    pub(crate) fn map(
        self,
        mut row: impl FnMut(&Windows, &RangeSeries) -> Vec<f64>,
    ) -> Result<Vec<Series>> {
        let rows = self.map_keeping_names(&mut row)?;
        Ok(rows.into_iter().map(Series::dropping_name).collect())
    }

    /// The same for the functions that hand on samples as they are.
    pub(crate) fn map_keeping_names(
        self,
        mut row: impl FnMut(&Windows, &RangeSeries) -> Vec<f64>,
    ) -> Result<Vec<Series>> {
        let mut output = Vec::new();
        for series in self.series {
            let series = series?;
            let values = row(&self.windows, &series);
            let result = Series {
                labels: series.raw.labels,
                drop_name: series.drop_name,
                values,
            };
            if result.has_samples() {
                output.push(result);
            }
        }
        Ok(output)
    }
}

impl RangeSeries<'_> {
    /// Its labels when nothing more happens to it.
    pub(crate) fn final_labels(&self) -> Labels {
        if self.drop_name {
            self.raw.labels.without(METRIC_NAME)
        } else {
            self.raw.labels.clone()
        }
    }
}

impl Windows {
    /// Calls `f` with the window of each step of one series; steps with an empty window stay absent.
    pub(crate) fn slide(
        &self,
        series: &RangeSeries,
        mut f: impl FnMut(&Window) -> f64,
    ) -> Vec<f64> {
        let (times, values) = (&series.raw.times[..], &series.raw.values[..]);
        let (mut from, mut to) = (0, 0);
        let mut cut = |step: usize| {
            let step_ms = self.grid.time(step);
            let end_ms = self.timing.reference(step_ms);
            let start_ms = end_ms - self.range_ms;
            while to < times.len() && times[to] <= end_ms {
                to += 1;
            }
            while from < to && times[from] <= start_ms {
                from += 1;
            }
            if from == to {
                return ABSENT;
            }
            let (times, values) = (&times[from..to], &values[from..to]);
            f(&Window {
                step,
                step_ms,
                start_ms,
                end_ms,
                times,
                values,
                first: from,
            })
        };
        (0..self.grid.steps).map(&mut cut).collect()
    }
}

fn without_stale_markers(raw: RawSeries) -> RawSeries {
    if !raw.values.iter().any(|value| is_absent(*value)) {
        return raw;
    }
    let kept = raw
        .times
        .iter()
        .zip(raw.values.iter())
        .filter(|(_, value)| !is_absent(**value));
    let (times, values): (Vec<i64>, Vec<f64>) = kept.map(|(time, value)| (*time, *value)).unzip();
    RawSeries {
        labels: raw.labels,
        times: times.into(),
        values: values.into(),
    }
}

//! A query: read once, evaluated any number of times.

use std::fmt;

use promql_parser::parser::value::ValueType;

use crate::{
    answer::{Answer, Sample, SampleRow, Value},
    error::{Error, Result},
    eval::{
        Evaluated, Evaluator, Grid, MAX_TIME_MS, Row, Series, Span, Stream, Union, final_labels,
        is_absent,
    },
    expr::Expr,
    limits::Limits,
    matcher::Matcher,
    print,
    queryable::Queryable,
    watch::Cancel,
};

/// A query: read once by [`Engine::parse`](crate::Engine::parse), evaluated any number of times.
/// `to_string` is its text as Prometheus's `format_query` lays it out.
#[derive(Clone, Debug)]
pub struct Query {
    expr: Expr,
    limits: Limits,
}

/// What a query is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QueryType {
    /// A number at each step.
    Scalar,
    /// An instant vector.
    Vector,
    /// A range vector, which has an answer at an instant only.
    Matrix,
    /// A string, which has an answer at an instant only.
    Text,
}

impl QueryType {
    /// As Prometheus says it.
    pub fn as_str(self) -> &'static str {
        match self {
            QueryType::Scalar => "scalar",
            QueryType::Vector => "instant vector",
            QueryType::Matrix => "range vector",
            QueryType::Text => "string",
        }
    }
}

impl From<ValueType> for QueryType {
    fn from(value: ValueType) -> Self {
        match value {
            ValueType::Scalar => QueryType::Scalar,
            ValueType::Vector => QueryType::Vector,
            ValueType::Matrix => QueryType::Matrix,
            ValueType::String => QueryType::Text,
        }
    }
}

impl Query {
    pub(crate) fn new(expr: Expr, limits: Limits) -> Self {
        Query { expr, limits }
    }

    /// What it is of.
    pub fn query_type(&self) -> QueryType {
        self.expr.query_type()
    }

    /// The matchers of each selector in it, from left to right: what it reads.
    pub fn selectors(&self) -> impl ExactSizeIterator<Item = &[Matcher]> {
        let mut found: Vec<&[Matcher]> = Vec::new();
        self.expr
            .each_selection(&mut |selection| found.push(&selection.matchers));
        found.into_iter()
    }

    /// How far back of the moment of its evaluation it reads, in milliseconds; `None` where `@` says of
    /// when it reads.
    pub fn reach_ms(&self) -> Option<i64> {
        let lookback = i64::try_from(self.limits.lookback.as_millis()).ok()?;
        self.expr.reach_ms(lookback)
    }

    /// Whether it yields the same at any time at which the same can be read: it neither asks what time it
    /// is nor reads what was at another.
    pub fn is_of_now(&self) -> bool {
        self.expr.is_of_now()
    }

    /// Evaluates it at one moment, Unix time in milliseconds.
    ///
    /// # Errors
    /// When it cannot be evaluated on this data, uses too much, or is cancelled.
    pub fn instant(&self, store: &dyn Queryable, at_ms: i64, cancel: &Cancel) -> Result<Answer> {
        require_sane_time(at_ms)?;
        let grid = Grid::instant(at_ms);
        let ev = self.evaluator(store, at_ms, at_ms, cancel);
        let value = match self.query_type() {
            QueryType::Matrix => raw_windows(&ev, &self.expr, grid)?,
            _ => match ev.eval(&self.expr, grid)? {
                Evaluated::Scalar(values) => Value::Scalar(first(&values)),
                Evaluated::Text(text) => Value::Text(text.to_owned()),
                Evaluated::Vector(series) => {
                    let sample = |one: Series| Sample {
                        value: first(&one.values),
                        labels: one.labels,
                    };
                    Value::Vector(finish(series)?.into_iter().map(sample).collect())
                }
            },
        };
        Ok(ev.answer(value))
    }

    /// Evaluates it at each step from `start_ms` to `end_ms`, both included, Unix time and distance in
    /// milliseconds.
    ///
    /// # Errors
    /// When there are too many steps or none are possible, it is of another type than scalar or instant
    /// vector, cannot be evaluated on this data, uses too much, or is cancelled.
    pub fn range(
        &self,
        store: &dyn Queryable,
        start_ms: i64,
        end_ms: i64,
        step_ms: i64,
        cancel: &Cancel,
    ) -> Result<Answer> {
        let grid = self.grid(start_ms, end_ms, step_ms)?;
        let ev = self.evaluator(store, start_ms, end_ms, cancel);
        let mut matrix: Vec<SampleRow> = match ev.eval(&self.expr, grid)? {
            Evaluated::Scalar(values) => vec![SampleRow {
                labels: Default::default(),
                samples: present(&values, grid),
            }],
            other => {
                let series = finish(other.into_vector()?)?.into_iter();
                let row = |one: Series| SampleRow {
                    samples: present(&one.values, grid),
                    labels: one.labels,
                };
                series.map(row).collect()
            }
        };
        matrix.sort_by(|a, b| a.labels.cmp(&b.labels));
        Ok(ev.answer(Value::Matrix(matrix)))
    }

    fn evaluator<'q>(
        &'q self,
        store: &'q dyn Queryable,
        start_ms: i64,
        end_ms: i64,
        cancel: &Cancel,
    ) -> Evaluator<'q> {
        let query = Span { start_ms, end_ms };
        Evaluator::new(store, &self.limits, query, cancel)
    }

    /// The steps of a range query, if they are possible.
    fn grid(&self, start_ms: i64, end_ms: i64, step_ms: i64) -> Result<Grid> {
        let parameter = |message: String| Err(Error::Parameter(message));
        if step_ms <= 0 {
            return parameter(
                "zero or negative query resolution step widths are not accepted. \
                 Try a positive integer"
                    .to_owned(),
            );
        }
        require_sane_time(start_ms)?;
        require_sane_time(end_ms)?;
        if end_ms < start_ms {
            return parameter("end timestamp must not be before start time".to_owned());
        }
        let grid = Grid::range(start_ms, end_ms, step_ms);
        if grid.steps > self.limits.points {
            return parameter(format!(
                "exceeded maximum resolution of {} points per timeseries. \
                 Try decreasing the query resolution (?step=XX)",
                self.limits.points
            ));
        }
        let of = self.query_type();
        if !matches!(of, QueryType::Scalar | QueryType::Vector) {
            return parameter(format!(
                "invalid expression type \"{}\" for range query, must be Scalar or instant Vector",
                of.as_str()
            ));
        }
        Ok(grid)
    }
}

impl fmt::Display for Query {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&print::pretty(&self.expr))
    }
}

/// Drops the names that are due, and fails where two series end up alike.
fn finish(series: Stream<'_>) -> Result<Vec<Series>> {
    let mut union = Union::default();
    for one in series {
        let one = one?;
        if one.has_samples() {
            union.add(Series::new(
                final_labels(one.labels, one.drop_name),
                one.values,
            ))?;
        }
    }
    Ok(union.into_series())
}

fn first(values: &[f64]) -> f64 {
    values.first().copied().unwrap_or(f64::NAN)
}

/// Times far from overflow, whatever `offset` and ranges add to them.
fn require_sane_time(time_ms: i64) -> Result<()> {
    if time_ms.unsigned_abs() > MAX_TIME_MS.unsigned_abs() {
        return Err(Error::Parameter(format!(
            "time {time_ms} ms is out of bounds"
        )));
    }
    Ok(())
}

fn present(values: &Row, grid: Grid) -> Vec<(i64, f64)> {
    let samples = grid.times().zip(values.iter().copied());
    samples.filter(|(_, value)| !is_absent(*value)).collect()
}

/// An instant query for a range vector answers with the samples themselves.
fn raw_windows<'q>(ev: &'q Evaluator<'q>, expr: &'q Expr, grid: Grid) -> Result<Value> {
    let vector = ev.range_vector(expr, grid, None)?;
    let mut matrix = Vec::new();
    let mut held = Vec::new();
    for series in vector.series {
        let series = series?;
        let mut samples = Vec::new();
        vector.windows.slide(&series, |window| {
            let (times, values) = (window.times.iter(), window.values.iter());
            samples.extend(times.copied().zip(values.copied()));
            0.0
        })?;
        if !samples.is_empty() {
            held.push(ev.meter.hold(samples.len())?);
            matrix.push(SampleRow {
                labels: series.final_labels(),
                samples,
            });
        }
    }
    Ok(Value::Matrix(matrix))
}

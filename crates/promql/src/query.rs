//! A query: read once, evaluated any number of times.

use std::{fmt, time::Instant};

use promql_parser::parser::{Expr, value::ValueType};

use crate::{
    answer::{Answer, Sample, SampleRow, Stats, Value},
    error::{Error, ParseError, Result},
    eval::{Evaluator, unwrap_parens},
    limits::Limits,
    matcher::Matcher,
    meter::Meter,
    queryable::Queryable,
    timing::{MAX_TIME_MS, Span},
    value::{Evaluated, Grid, Series, finish, is_absent},
    watch::{Cancel, Watch},
    window::RangeVector,
};

/// A query: read once by [`Engine::parse`](crate::Engine::parse), evaluated any number of times.
/// `to_string` is its text in Prometheus's layout.
#[derive(Clone, Debug)]
pub struct Query {
    expr: Expr,
    limits: Limits,
    selectors: Vec<Vec<Matcher>>,
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

impl Query {
    pub(crate) fn of(expr: Expr, limits: Limits) -> std::result::Result<Self, ParseError> {
        let mut selectors = Vec::new();
        collect_selectors(&expr, &mut selectors)?;
        Ok(Query {
            expr,
            limits,
            selectors,
        })
    }

    /// What it is of.
    pub fn query_type(&self) -> QueryType {
        match self.expr.value_type() {
            ValueType::Scalar => QueryType::Scalar,
            ValueType::Vector => QueryType::Vector,
            ValueType::Matrix => QueryType::Matrix,
            ValueType::String => QueryType::Text,
        }
    }

    /// The matchers of each selector in it, from left to right: what it reads.
    pub fn selectors(&self) -> impl ExactSizeIterator<Item = &[Matcher]> {
        self.selectors.iter().map(Vec::as_slice)
    }

    /// Evaluates it at one moment, Unix time in milliseconds.
    ///
    /// # Errors
    /// When it cannot be evaluated on this data, uses too much, or is cancelled.
    pub fn instant(&self, store: &dyn Queryable, at_ms: i64, cancel: &Cancel) -> Result<Answer> {
        require_sane_time(at_ms)?;
        let grid = Grid::instant(at_ms);
        self.evaluate(store, grid, cancel, |ev| {
            if self.query_type() == QueryType::Matrix {
                return raw_windows(ev, &self.expr, &grid);
            }
            Ok(match ev.eval(&self.expr, &grid)? {
                Evaluated::Scalar(values) => Value::Scalar(first(&values)),
                Evaluated::Text(text) => Value::Text(text),
                Evaluated::Vector(series) => {
                    let sample = |one: Series| Sample {
                        value: first(&one.values),
                        labels: one.labels,
                    };
                    Value::Vector(finish(series)?.into_iter().map(sample).collect())
                }
            })
        })
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
        self.evaluate(store, grid, cancel, |ev| {
            let series = match ev.eval(&self.expr, &grid)? {
                Evaluated::Scalar(values) => vec![Series::new(Default::default(), values)],
                other => finish(other.into_vector()?)?,
            };
            let rows = series.into_iter().map(|one| present(one, &grid));
            let mut matrix: Vec<SampleRow> = rows.collect();
            matrix.sort_by(|a, b| a.labels.cmp(&b.labels));
            Ok(Value::Matrix(matrix))
        })
    }

    /// The steps of a range query, if they are possible.
    fn grid(&self, start_ms: i64, end_ms: i64, step_ms: i64) -> Result<Grid> {
        let parameter = |message: &str| Err(Error::Parameter(message.to_owned()));
        if step_ms <= 0 {
            return parameter(
                "zero or negative query resolution step widths are not accepted. Try a positive integer",
            );
        }
        require_sane_time(start_ms)?;
        require_sane_time(end_ms)?;
        if end_ms < start_ms {
            return parameter("end timestamp must not be before start time");
        }
        let grid = Grid::range(start_ms, end_ms, step_ms);
        if grid.steps > self.limits.points {
            return Err(Error::Parameter(format!(
                "exceeded maximum resolution of {} points per timeseries. \
                 Try decreasing the query resolution (?step=XX)",
                self.limits.points
            )));
        }
        let of = self.query_type();
        if !matches!(of, QueryType::Scalar | QueryType::Vector) {
            return Err(Error::Parameter(format!(
                "invalid expression type \"{}\" for range query, must be Scalar or instant Vector",
                of.as_str()
            )));
        }
        Ok(grid)
    }

    fn evaluate(
        &self,
        store: &dyn Queryable,
        grid: Grid,
        cancel: &Cancel,
        evaluate: impl FnOnce(&Evaluator<'_>) -> Result<Value>,
    ) -> Result<Answer> {
        let began = Instant::now();
        let watch = Watch::start(self.limits.timeout, cancel);
        let ev = Evaluator {
            store,
            limits: &self.limits,
            meter: Meter::start(&self.limits, watch),
            query: Span {
                start_ms: grid.start_ms,
                end_ms: grid.last(),
            },
        };
        let value = evaluate(&ev)?;
        Ok(Answer {
            value,
            warnings: Vec::new(),
            infos: Vec::new(),
            stats: Stats {
                samples_read: ev.meter.samples_read(),
                series_read: ev.meter.series_read(),
                evaluation: began.elapsed(),
            },
        })
    }
}

impl fmt::Display for Query {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.expr.prettify())
    }
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

fn present(series: Series, grid: &Grid) -> SampleRow {
    let samples = grid.times().zip(series.values);
    let samples = samples.filter(|(_, value)| !is_absent(*value));
    SampleRow {
        samples: samples.collect(),
        labels: series.labels,
    }
}

/// An instant query for a range vector answers with the samples themselves.
fn raw_windows(ev: &Evaluator<'_>, expr: &Expr, grid: &Grid) -> Result<Value> {
    let vector = RangeVector::eval(ev, expr, grid)?;
    let mut matrix = Vec::new();
    for series in vector.series {
        let series = series?;
        let mut samples = Vec::new();
        vector.windows.slide(&series, |window| {
            let (times, values) = (window.times.iter(), window.values.iter());
            samples.extend(times.copied().zip(values.copied()));
            0.0
        });
        if !samples.is_empty() {
            matrix.push(SampleRow {
                labels: series.final_labels(),
                samples,
            });
        }
    }
    Ok(Value::Matrix(matrix))
}

fn collect_selectors(
    expr: &Expr,
    found: &mut Vec<Vec<Matcher>>,
) -> std::result::Result<(), ParseError> {
    match unwrap_parens(expr) {
        Expr::VectorSelector(selector) => found.push(Matcher::all_of(selector)?),
        Expr::MatrixSelector(matrix) => found.push(Matcher::all_of(&matrix.vs)?),
        Expr::Unary(unary) => collect_selectors(&unary.expr, found)?,
        Expr::Subquery(subquery) => collect_selectors(&subquery.expr, found)?,
        Expr::Binary(chain) => {
            // Left-deep chains are a thousand deep at worst: in a loop.
            let mut pending = vec![&*chain.rhs];
            let mut leftmost = unwrap_parens(&chain.lhs);
            while let Expr::Binary(inner) = leftmost {
                pending.push(&*inner.rhs);
                leftmost = &*inner.lhs;
            }
            collect_selectors(leftmost, found)?;
            for rhs in pending.into_iter().rev() {
                collect_selectors(rhs, found)?;
            }
        }
        Expr::Aggregate(aggregation) => {
            if let Some(param) = &aggregation.param {
                collect_selectors(param, found)?;
            }
            collect_selectors(&aggregation.expr, found)?;
        }
        Expr::Call(call) => {
            for arg in &call.args.args {
                collect_selectors(arg, found)?;
            }
        }
        _ => {}
    }
    Ok(())
}

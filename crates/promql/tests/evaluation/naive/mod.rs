//! An evaluator without any art: each step by itself, each selector by a look at all samples, over the
//! parser's tree. It says what the words of Prometheus's documentation say.

mod aggregate;
mod binary;
mod call;
mod windows;

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use exposition::Labels;
use promql::STALE_BITS;
use promql_parser::{
    label::MatchOp,
    parser::{AtModifier, Expr, Offset, VectorSelector},
};

use crate::data::Series;

/// A sample of a vector; whether its name goes in the end.
#[derive(Clone, Debug)]
pub(crate) struct Point {
    pub(crate) labels: Labels,
    pub(crate) value: f64,
    pub(crate) nameless: bool,
}

#[derive(Clone, Debug)]
pub(crate) enum Value {
    Scalar(f64),
    Text(String),
    Vector(Vec<Point>),
}

pub(crate) struct Naive<'d> {
    pub(crate) data: &'d [Series],
    /// Of the whole query.
    pub(crate) start: i64,
    pub(crate) end: i64,
}

type Result<T> = std::result::Result<T, String>;

const LOOKBACK: i64 = 300_000;

impl Naive<'_> {
    /// What a query answers at a moment, with the names gone that have to.
    pub(crate) fn at(&self, expr: &Expr, time: i64) -> Result<Vec<(Labels, f64)>> {
        let points = match self.eval(expr, time)? {
            Value::Scalar(value) => return Ok(vec![(Labels::none(), value)]),
            Value::Vector(points) => points,
            Value::Text(_) => return Err("text".into()),
        };
        let done = points.into_iter().map(|point| {
            let labels = match point.nameless {
                true => point.labels.without("__name__"),
                false => point.labels,
            };
            (labels, point.value)
        });
        let done: Vec<_> = done.collect();
        distinct(done.iter().map(|(labels, _)| labels))?;
        Ok(done)
    }

    fn eval(&self, expr: &Expr, time: i64) -> Result<Value> {
        Ok(match expr {
            Expr::NumberLiteral(number) => Value::Scalar(number.val),
            Expr::StringLiteral(text) => Value::Text(text.val.clone()),
            Expr::Paren(paren) => self.eval(&paren.expr, time)?,
            Expr::Unary(unary) => match self.eval(&unary.expr, time)? {
                Value::Scalar(value) => Value::Scalar(-value),
                value => Value::Vector(map(vector(value), |value| -value)),
            },
            Expr::VectorSelector(selector) => {
                let latest = self.latest(selector, time).into_iter();
                let point = |(labels, _, value)| Point {
                    labels,
                    value,
                    nameless: false,
                };
                Value::Vector(latest.map(point).collect())
            }
            Expr::Binary(binary) => self.binary(binary, time)?,
            Expr::Aggregate(aggregate) => Value::Vector(self.aggregate(aggregate, time)?),
            Expr::Call(call) => self.call(call, time)?,
            other => panic!("{other} at a step"),
        })
    }

    fn vector(&self, expr: &Expr, time: i64) -> Result<Vec<Point>> {
        self.eval(expr, time).map(vector)
    }

    fn scalar(&self, expr: &Expr, time: i64) -> Result<f64> {
        match self.eval(expr, time)? {
            Value::Scalar(value) => Ok(value),
            other => panic!("{other:?} is no scalar"),
        }
    }

    fn text(&self, expr: &Expr, time: i64) -> Result<String> {
        match self.eval(expr, time)? {
            Value::Text(text) => Ok(text),
            other => panic!("{other:?} is no text"),
        }
    }

    /// The newest sample of each series: labels, time, value.
    fn latest(&self, selector: &VectorSelector, time: i64) -> Vec<(Labels, i64, f64)> {
        let moment = self.moment(&selector.at, &selector.offset, time);
        let mut latest = Vec::new();
        for (labels, samples) in self.data.iter().filter(|one| selects(selector, &one.0)) {
            let seen = |(at, _): &&(i64, f64)| *at > moment - LOOKBACK && *at <= moment;
            match samples.iter().rfind(seen) {
                Some((at, value)) if value.to_bits() != STALE_BITS => {
                    latest.push((labels.clone(), *at, *value));
                }
                _ => {}
            }
        }
        latest
    }

    fn moment(&self, at: &Option<AtModifier>, offset: &Option<Offset>, time: i64) -> i64 {
        let time = match at {
            None => time,
            Some(AtModifier::Start) => self.start,
            Some(AtModifier::End) => self.end,
            Some(AtModifier::At(at)) => since_epoch(*at),
        };
        match offset {
            None => time,
            Some(Offset::Pos(by)) => time - millis(*by),
            Some(Offset::Neg(by)) => time + millis(*by),
        }
    }
}

fn since_epoch(time: SystemTime) -> i64 {
    millis(time.duration_since(UNIX_EPOCH).expect("after 1970"))
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).expect("a short time")
}

fn selects(selector: &VectorSelector, labels: &Labels) -> bool {
    let value = |name: &str| labels.get(name).unwrap_or_default().to_owned();
    let of_name = selector.name.as_ref();
    of_name.is_none_or(|name| value("__name__") == *name)
        && selector.matchers.matchers.iter().all(|matcher| {
            let value = value(&matcher.name);
            match &matcher.op {
                MatchOp::Equal => value == matcher.value,
                MatchOp::NotEqual => value != matcher.value,
                MatchOp::Re(regex) => regex.is_match(&value),
                MatchOp::NotRe(regex) => !regex.is_match(&value),
            }
        })
}

fn vector(value: Value) -> Vec<Point> {
    match value {
        Value::Vector(points) => points,
        other => panic!("{other:?} is no vector"),
    }
}

/// Of a function that makes another thing of the values.
fn map(points: Vec<Point>, f: impl Fn(f64) -> f64) -> Vec<Point> {
    let mapped = points.into_iter().map(|point| Point {
        value: f(point.value),
        nameless: true,
        ..point
    });
    mapped.collect()
}

fn distinct<'l>(labels: impl Iterator<Item = &'l Labels>) -> Result<()> {
    let mut seen = std::collections::HashSet::new();
    for labels in labels {
        if !seen.insert(labels) {
            return Err(format!("{labels:?} twice"));
        }
    }
    Ok(())
}

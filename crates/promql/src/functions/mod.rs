//! Functions: finds the implementation of a name and feeds it its arguments.

mod absent;
mod calendar;
mod histogram;
mod math;
mod over_time;
mod rate;
mod regression;
mod relabel;
mod sorting;

use crate::error::{Error, Result};
use crate::eval::{Evaluator, unwrap_parens};
use crate::instant;
use crate::value::{Evaluated, Grid, Series, is_absent};
use crate::window::RangeVector;
use exposition::Labels;
use promql_parser::parser::{Call, Expr};

/// The arguments of a call, evaluated when the function asks for them.
pub(crate) struct Args<'a, 'b> {
    pub(crate) ev: &'b Evaluator<'a>,
    pub(crate) exprs: &'b [Box<Expr>],
    pub(crate) grid: &'b Grid,
}

impl Args<'_, '_> {
    pub(crate) fn len(&self) -> usize {
        self.exprs.len()
    }

    pub(crate) fn expr(&self, index: usize) -> Result<&Expr> {
        self.exprs
            .get(index)
            .map(|expr| &**expr)
            .ok_or_else(|| Error::execution("missing argument"))
    }

    pub(crate) fn vector(&self, index: usize) -> Result<Vec<Series>> {
        self.ev.eval_vector(self.expr(index)?, self.grid)
    }

    pub(crate) fn scalar(&self, index: usize) -> Result<Vec<f64>> {
        self.ev.eval_scalar(self.expr(index)?, self.grid)
    }

    /// An optional scalar.
    pub(crate) fn scalar_or(&self, index: usize, default: f64) -> Result<Vec<f64>> {
        if index < self.len() {
            self.scalar(index)
        } else {
            Ok(vec![default; self.grid.steps])
        }
    }

    pub(crate) fn text(&self, index: usize) -> Result<String> {
        self.ev.eval_text(self.expr(index)?, self.grid)
    }

    pub(crate) fn texts(&self, from: usize) -> Result<Vec<String>> {
        (from..self.len()).map(|index| self.text(index)).collect()
    }

    pub(crate) fn range_vector(&self, index: usize) -> Result<RangeVector<'_>> {
        RangeVector::eval(self.ev, self.expr(index)?, self.grid)
    }
}

pub(crate) fn eval(ev: &Evaluator, call: &Call, grid: &Grid) -> Result<Evaluated> {
    let args = Args {
        ev,
        exprs: &call.args.args,
        grid,
    };
    let name = call.func.name;
    if let Some(f) = math::function(name) {
        return Ok(Evaluated::Vector(map_values(
            args.vector(0)?,
            |_, value| f(value),
        )));
    }
    if let Some(part) = calendar::function(name) {
        let input = if args.len() == 0 {
            vec![constant(times(grid))]
        } else {
            args.vector(0)?
        };
        return Ok(Evaluated::Vector(map_values(input, |_, seconds| {
            part(seconds)
        })));
    }
    match name {
        "time" => return Ok(Evaluated::Scalar(times(grid))),
        "pi" => return Ok(Evaluated::Scalar(vec![std::f64::consts::PI; grid.steps])),
        "scalar" => return Ok(Evaluated::Scalar(scalar(args.vector(0)?, grid))),
        _ => {}
    }
    vector_function(name, &args).map(Evaluated::Vector)
}

fn vector_function(name: &str, args: &Args) -> Result<Vec<Series>> {
    match name {
        "vector" => Ok(vec![constant(args.scalar(0)?)]),
        "timestamp" => timestamp(args),
        "round" | "clamp" | "clamp_min" | "clamp_max" => math::with_bounds(name, args),
        "absent" => absent::absent(args),
        "absent_over_time" => absent::absent_over_time(args),
        "label_replace" => relabel::label_replace(args),
        "label_join" => relabel::label_join(args),
        "sort" | "sort_desc" | "sort_by_label" | "sort_by_label_desc" => sorting::sort(name, args),
        "histogram_quantile" => histogram::quantile(args),
        // These read native histograms only, and there are none here.
        "histogram_avg" | "histogram_count" | "histogram_fraction" | "histogram_stddev"
        | "histogram_stdvar" | "histogram_sum" => Ok(Vec::new()),
        "rate" | "increase" | "delta" | "irate" | "idelta" | "changes" | "resets" => {
            rate::eval(name, args)
        }
        "deriv" | "predict_linear" | "double_exponential_smoothing" => regression::eval(name, args),
        _ => match over_time::eval(name, args) {
            Some(result) => result,
            None => Err(Error::execution(format!(
                "function {name} is not supported"
            ))),
        },
    }
}

/// Applies `f` to all values; the result is no longer the named metric.
fn map_values(input: Vec<Series>, f: impl Fn(usize, f64) -> f64) -> Vec<Series> {
    input
        .into_iter()
        .map(|one| one.map(&f).dropping_name())
        .collect()
}

fn constant(values: Vec<f64>) -> Series {
    Series::new(Labels::default(), values)
}

fn times(grid: &Grid) -> Vec<f64> {
    grid.times().map(|ms| ms as f64 / 1000.0).collect()
}

/// The value of the only sample of a step; NaN when there is none or more than one.
fn scalar(input: Vec<Series>, grid: &Grid) -> Vec<f64> {
    let only = |step: usize| {
        let mut present = input
            .iter()
            .map(|one| one.values[step])
            .filter(|value| !is_absent(*value));
        match (present.next(), present.next()) {
            (Some(value), None) => value,
            _ => f64::NAN,
        }
    };
    (0..grid.steps).map(only).collect()
}

/// Of a selector the time of the sample itself, of anything else the time of the step.
fn timestamp(args: &Args) -> Result<Vec<Series>> {
    if let Expr::VectorSelector(selector) = unwrap_parens(args.expr(0)?) {
        let series = instant::latest_times(args.ev, selector, args.grid)?;
        return Ok(series.into_iter().map(Series::dropping_name).collect());
    }
    Ok(map_values(args.vector(0)?, |step, _| {
        args.grid.time(step) as f64 / 1000.0
    }))
}

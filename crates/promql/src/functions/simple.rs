//! time, scalar, vector, timestamp, and the calendar's way to its argument.

use exposition::Labels;

use super::args::{Args, map_values};
use crate::{
    error::Result,
    eval::{Row, Series, Stream, is_absent},
    expr::Expr,
};

/// The time of each step, in seconds.
pub(super) fn time(args: &Args<'_>) -> Result<Row> {
    let seconds = args.grid.times().map(|ms| ms as f64 / 1000.0);
    Row::collect(&args.ev.meter, seconds)
}

/// The value of the only sample of a step; NaN when there is none or more than one.
pub(super) fn scalar(args: &Args<'_>) -> Result<Row> {
    let mut only = args.ev.constant(f64::NAN, args.grid)?;
    let mut seen = vec![false; args.grid.steps];
    for series in args.vector(0)? {
        let series = series?;
        for ((only, seen), value) in only.iter_mut().zip(&mut seen).zip(series.values.iter()) {
            if !is_absent(*value) {
                *only = if *seen { f64::NAN } else { *value };
                *seen = true;
            }
        }
    }
    Ok(only)
}

pub(super) fn vector<'q>(args: &Args<'q>) -> Result<Stream<'q>> {
    Ok(one(args.scalar(0)?))
}

fn one<'q>(values: Row) -> Stream<'q> {
    Box::new(std::iter::once(Ok(Series::new(Labels::none(), values))))
}

/// Of a selector the time of the sample itself, of anything else the time of the step.
pub(super) fn timestamp<'q>(args: &Args<'q>) -> Result<Stream<'q>> {
    if let Expr::Selection(selection) = args.expr(0)?.unwrapped() {
        let pick = |ms, _| ms as f64 / 1000.0;
        let times = args.ev.latest(selection, args.grid, pick)?;
        return Ok(Box::new(times.map(|one| one.map(Series::dropping_name))));
    }
    let grid = args.grid;
    args.map(move |step, _| grid.time(step) as f64 / 1000.0)
}

pub(super) fn calendar<'q>(args: &Args<'q>, part: fn(f64) -> f64) -> Result<Stream<'q>> {
    let input = if args.exprs.is_empty() {
        one(time(args)?)
    } else {
        args.vector(0)?
    };
    Ok(map_values(input, move |_, seconds| part(seconds)))
}

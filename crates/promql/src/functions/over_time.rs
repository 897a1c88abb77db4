//! The `*_over_time` family: one number from the values of a window.

use super::Args;
use crate::error::Result;
use crate::sum;
use crate::value::Series;

/// The result of the named function; `None` when the name is not of this family.
pub(crate) fn eval(name: &str, args: &Args) -> Option<Result<Vec<Series>>> {
    let reduce: fn(&[f64]) -> f64 = match name {
        "sum_over_time" => |values| sum::sum(values.iter().copied()),
        "avg_over_time" => |values| sum::mean(values.iter().copied()),
        "count_over_time" => |values| values.len() as f64,
        "present_over_time" => |_| 1.0,
        "min_over_time" => |values| extreme(values, f64::min),
        "max_over_time" => |values| extreme(values, f64::max),
        "stdvar_over_time" => |values| sum::variance(values.iter().copied()),
        "stddev_over_time" => |values| sum::variance(values.iter().copied()).sqrt(),
        "mad_over_time" => median_absolute_deviation,
        "last_over_time" => return Some(pick(args, |values| values[values.len() - 1])),
        "first_over_time" => return Some(pick(args, |values| values[0])),
        "quantile_over_time" => return Some(quantile(args)),
        _ => return None,
    };
    Some(args.range_vector(0).and_then(|input| {
        input.map(|windows, series| windows.slide(series, |window| reduce(window.values)))
    }))
}

/// A sample of the window as it is: the series keeps its name.
fn pick(args: &Args, choose: fn(&[f64]) -> f64) -> Result<Vec<Series>> {
    let input = args.range_vector(0)?;
    input.map_keeping_names(|windows, series| windows.slide(series, |window| choose(window.values)))
}

fn quantile(args: &Args) -> Result<Vec<Series>> {
    let phi = args.scalar(0)?;
    let input = args.range_vector(1)?;
    let mut sorted = Vec::new();
    input.map(|windows, series| {
        windows.slide(series, |window| {
            sorted.clear();
            sorted.extend_from_slice(window.values);
            sum::quantile(phi[window.step], &mut sorted)
        })
    })
}

/// The least or largest value; `f64::min` and `f64::max` prefer any number to NaN. Eight
/// independent lanes, so that the processor need not wait for each comparison.
fn extreme(values: &[f64], pick: impl Fn(f64, f64) -> f64) -> f64 {
    let mut lanes = [f64::NAN; 8];
    let chunks = values.chunks_exact(8);
    let rest = chunks.remainder();
    for chunk in chunks {
        for (lane, value) in lanes.iter_mut().zip(chunk) {
            *lane = pick(*lane, *value);
        }
    }
    lanes.iter().chain(rest).copied().fold(f64::NAN, pick)
}

fn median_absolute_deviation(values: &[f64]) -> f64 {
    let mut work = values.to_vec();
    let median = sum::quantile(0.5, &mut work);
    work.iter_mut()
        .for_each(|value| *value = (*value - median).abs());
    sum::quantile(0.5, &mut work)
}

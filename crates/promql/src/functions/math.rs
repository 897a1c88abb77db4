//! Functions of one number.

use super::{Args, map_values};
use crate::error::Result;
use crate::value::Series;

pub(crate) fn function(name: &str) -> Option<fn(f64) -> f64> {
    Some(match name {
        "abs" => f64::abs,
        "ceil" => f64::ceil,
        "floor" => f64::floor,
        "exp" => f64::exp,
        "sqrt" => f64::sqrt,
        "ln" => f64::ln,
        "log2" => f64::log2,
        "log10" => f64::log10,
        "sin" => f64::sin,
        "cos" => f64::cos,
        "tan" => f64::tan,
        "asin" => f64::asin,
        "acos" => f64::acos,
        "atan" => f64::atan,
        "sinh" => f64::sinh,
        "cosh" => f64::cosh,
        "tanh" => f64::tanh,
        "asinh" => f64::asinh,
        "acosh" => f64::acosh,
        "atanh" => f64::atanh,
        "deg" => f64::to_degrees,
        "rad" => f64::to_radians,
        "sgn" => |value| {
            if value == 0.0 || value.is_nan() {
                value
            } else {
                value.signum()
            }
        },
        _ => return None,
    })
}

/// `round` and the `clamp` family: functions with scalar arguments besides the vector.
pub(crate) fn with_bounds(name: &str, args: &Args) -> Result<Vec<Series>> {
    let input = args.vector(0)?;
    match name {
        "round" => {
            let nearest = args.scalar_or(1, 1.0)?;
            Ok(map_values(input, |step, value| round(value, nearest[step])))
        }
        "clamp_min" => {
            let low = args.scalar(1)?;
            Ok(map_values(input, |step, value| at_least(value, low[step])))
        }
        "clamp_max" => {
            let high = args.scalar(1)?;
            Ok(map_values(input, |step, value| at_most(value, high[step])))
        }
        _ => clamp(input, &args.scalar(1)?, &args.scalar(2)?),
    }
}

fn clamp(input: Vec<Series>, low: &[f64], high: &[f64]) -> Result<Vec<Series>> {
    let clamped = map_values(input, |step, value| {
        if low[step] > high[step] {
            return crate::value::ABSENT;
        }
        at_most(at_least(value, low[step]), high[step])
    });
    Ok(clamped.into_iter().filter(Series::has_samples).collect())
}

/// Multiplying by the inverse keeps `round(x, 0.1)` free of the error of dividing by 0.1.
fn round(value: f64, nearest: f64) -> f64 {
    let inverse = 1.0 / nearest;
    (value * inverse + 0.5).floor() / inverse
}

/// Unlike `f64::max`, NaN wins.
fn at_least(value: f64, low: f64) -> f64 {
    if value.is_nan() || low.is_nan() {
        f64::NAN
    } else {
        value.max(low)
    }
}

/// Unlike `f64::min`, NaN wins.
fn at_most(value: f64, high: f64) -> f64 {
    if value.is_nan() || high.is_nan() {
        f64::NAN
    } else {
        value.min(high)
    }
}

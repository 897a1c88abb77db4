//! Functions of one number.

use super::args::Args;
use crate::{
    error::Result,
    eval::{ABSENT, Stream},
};

pub(super) fn function(name: &str) -> Option<fn(f64) -> f64> {
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

/// To the nearest multiple of the second argument, halves up.
pub(super) fn round<'q>(args: &Args<'q>) -> Result<Stream<'q>> {
    if args.exprs.len() < 2 {
        return args.map(|_, value| (value + 0.5).floor());
    }
    let nearest = args.scalar(1)?;
    args.map(move |step, value| {
        // Multiplying by the inverse keeps `round(x, 0.1)` free of the error of dividing by 0.1.
        let inverse = 1.0 / nearest[step];
        (value * inverse + 0.5).floor() / inverse
    })
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Clamp {
    Both,
    Min,
    Max,
}

impl Clamp {
    pub(super) fn find(name: &str) -> Option<Self> {
        Some(match name {
            "clamp" => Clamp::Both,
            "clamp_min" => Clamp::Min,
            "clamp_max" => Clamp::Max,
            _ => return None,
        })
    }
}

pub(super) fn clamp<'q>(clamp: Clamp, args: &Args<'q>) -> Result<Stream<'q>> {
    let bound = args.scalar(1)?;
    match clamp {
        Clamp::Min => args.map(move |step, value| at_least(value, bound[step])),
        Clamp::Max => args.map(move |step, value| at_most(value, bound[step])),
        Clamp::Both => {
            let (low, high) = (bound, args.scalar(2)?);
            args.map(move |step, value| {
                if low[step] > high[step] {
                    return ABSENT;
                }
                at_least(at_most(value, high[step]), low[step])
            })
        }
    }
}

/// Unlike `f64::max`, NaN wins, and only infinity over it.
fn at_least(value: f64, low: f64) -> f64 {
    match value.max(low) {
        f64::INFINITY => f64::INFINITY,
        _ if value.is_nan() || low.is_nan() => f64::NAN,
        larger => larger,
    }
}

/// Unlike `f64::min`, NaN wins, and only negative infinity over it.
fn at_most(value: f64, high: f64) -> f64 {
    -at_least(-value, -high)
}

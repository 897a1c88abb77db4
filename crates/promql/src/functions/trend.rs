//! Trends: deriv, predict_linear, double_exponential_smoothing.

use super::args::Args;
use crate::{
    error::{Error, Result},
    eval::{ABSENT, Stream, Window},
    sum::KahanSum,
};

#[derive(Clone, Copy, Debug)]
pub(crate) enum Trend {
    Deriv,
    PredictLinear,
    Smoothing,
}

impl Trend {
    pub(super) fn find(name: &str) -> Option<Self> {
        Some(match name {
            "deriv" => Trend::Deriv,
            "predict_linear" => Trend::PredictLinear,
            "double_exponential_smoothing" => Trend::Smoothing,
            _ => return None,
        })
    }
}

pub(super) fn eval<'q>(trend: Trend, args: &Args<'q>) -> Result<Stream<'q>> {
    let input = args.range_vector(0)?;
    Ok(match trend {
        Trend::Deriv => input.map(|windows, series| {
            windows.slide(series, |window| {
                line(window, window.times[0]).map_or(ABSENT, |line| line.slope)
            })
        }),
        Trend::PredictLinear => {
            let ahead = args.scalar(1)?;
            // The prediction starts at the step itself, wherever `@` and `offset` put the window.
            input.map(move |windows, series| {
                windows.slide_by_step(series, |window| {
                    line(window, window.step_ms).map_or(ABSENT, |line| {
                        line.slope * ahead[window.step] + line.intercept
                    })
                })
            })
        }
        Trend::Smoothing => {
            let (smoothing, trend) = (args.scalar(1)?, args.scalar(2)?);
            require_factor("smoothing", "sf", &smoothing)?;
            require_factor("trend", "tf", &trend)?;
            input.map(move |windows, series| {
                windows.slide_by_step(series, |window| {
                    smooth(window.values, smoothing[window.step], trend[window.step])
                })
            })
        }
    })
}

struct Line {
    slope: f64,
    intercept: f64,
}

/// Least squares over the window, with x in seconds from `origin_ms`.
fn line(window: &Window<'_>, origin_ms: i64) -> Option<Line> {
    if window.values.len() < 2 {
        return None;
    }
    let first = window.values[0];
    if window.values.iter().all(|value| *value == first) {
        let (slope, intercept) = if first.is_infinite() {
            (f64::NAN, f64::NAN)
        } else {
            (0.0, first)
        };
        return Some(Line { slope, intercept });
    }
    let [mut x_sum, mut y_sum, mut xy_sum, mut xx_sum] = [KahanSum::default(); 4];
    for (time, y) in window.times.iter().zip(window.values) {
        let x = (time - origin_ms) as f64 / 1000.0;
        x_sum.add(x);
        y_sum.add(*y);
        xy_sum.add(x * y);
        xx_sum.add(x * x);
    }
    let n = window.values.len() as f64;
    let (x, y) = (x_sum.value(), y_sum.value());
    let covariance = xy_sum.value() - x * y / n;
    let variance = xx_sum.value() - x * x / n;
    let slope = covariance / variance;
    Some(Line {
        slope,
        intercept: y / n - slope * x / n,
    })
}

fn require_factor(what: &str, short: &str, factors: &[f64]) -> Result<()> {
    let is_bad = |factor: &&f64| !(**factor > 0.0 && **factor < 1.0);
    match factors.iter().find(is_bad) {
        Some(bad) => Err(Error::execution(format!(
            "invalid {what} factor. Expected: 0 < {short} < 1, got: {bad:.6}"
        ))),
        None => Ok(()),
    }
}

/// Holt's linear method: a level and a trend, each a weighted mean of new and old.
fn smooth(values: &[f64], smoothing: f64, trend_factor: f64) -> f64 {
    let [first, second, ..] = *values else {
        return ABSENT;
    };
    let mut level = first;
    let mut trend = second - first;
    for (i, value) in values.iter().enumerate().skip(1) {
        let next = smoothing * value + (1.0 - smoothing) * (level + trend);
        if i + 1 < values.len() {
            trend = trend_factor * (next - level) + (1.0 - trend_factor) * trend;
        }
        level = next;
    }
    level
}

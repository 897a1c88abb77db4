//! Functions at one step.

use std::collections::BTreeMap;

use exposition::Labels;
use promql_parser::parser::{Call, Expr};

use super::{Naive, Point, Result, Value, distinct, map, windows::Window};

impl Naive<'_> {
    pub(super) fn call(&self, call: &Call, time: i64) -> Result<Value> {
        let name = call.func.name;
        let arg = |at: usize| &*call.args.args[at];
        let scalar = |at: usize| self.scalar(arg(at), time);
        if call
            .func
            .arg_types
            .first()
            .is_some_and(|of| of.to_string() == "matrix")
        {
            return self.of_window(call, name, time);
        }
        let now = time as f64 / 1_000.0;
        Ok(Value::Vector(match name {
            "time" => return Ok(Value::Scalar(now)),
            "pi" => return Ok(Value::Scalar(std::f64::consts::PI)),
            "scalar" => {
                let points = self.vector(arg(0), time)?;
                return Ok(Value::Scalar(match &points[..] {
                    [point] => point.value,
                    _ => f64::NAN,
                }));
            }
            "quantile_over_time" => {
                let phi = scalar(0)?;
                let window = self.window(arg(1), time)?;
                each(window, true, |samples, _| {
                    Some(quantile(phi, &values(samples)))
                })
            }
            "vector" => vec![Point {
                labels: Labels::none(),
                value: scalar(0)?,
                nameless: false,
            }],
            "absent" => {
                let points = self.vector(arg(0), time)?;
                absent(points.is_empty(), arg(0))
            }
            "timestamp" => match unwrapped(arg(0)) {
                Expr::VectorSelector(selector) => {
                    let latest = self.latest(selector, time).into_iter();
                    let point = |(labels, at, _)| Point {
                        labels,
                        value: at as f64 / 1_000.0,
                        nameless: true,
                    };
                    latest.map(point).collect()
                }
                _ => map(self.vector(arg(0), time)?, |_| now),
            },
            "sort" | "sort_desc" => self.vector(arg(0), time)?,
            "clamp" => {
                let (low, high) = (scalar(1)?, scalar(2)?);
                let points = self.vector(arg(0), time)?;
                match low > high {
                    true => Vec::new(),
                    false => map(points, |value| not_under(not_over(value, high), low)),
                }
            }
            "clamp_min" => {
                let low = scalar(1)?;
                map(self.vector(arg(0), time)?, |value| not_under(value, low))
            }
            "clamp_max" => {
                let high = scalar(1)?;
                map(self.vector(arg(0), time)?, |value| not_over(value, high))
            }
            "label_replace" | "label_join" => self.relabelled(call, name, time)?,
            "histogram_quantile" => {
                let phi = scalar(0)?;
                histogram_quantile(phi, self.vector(arg(1), time)?)
            }
            "minute" | "hour" | "day_of_week" | "day_of_month" | "day_of_year"
            | "days_in_month" | "month" | "year" => {
                let points = match call.args.args.is_empty() {
                    true => vec![Point {
                        labels: Labels::none(),
                        value: now,
                        nameless: false,
                    }],
                    false => self.vector(arg(0), time)?,
                };
                map(points, |seconds| calendar(name, seconds))
            }
            _ => map(self.vector(arg(0), time)?, of_one_number(name)),
        }))
    }

    fn of_window(&self, call: &Call, name: &str, time: i64) -> Result<Value> {
        let arg = |at: usize| &*call.args.args[at];
        let window = self.window(arg(0), time)?;
        let (after, until) = (window.after, window.until);
        if name == "absent_over_time" {
            return Ok(Value::Vector(absent(window.series.is_empty(), arg(0))));
        }
        let mut extra = Vec::new();
        for at in 1..call.args.args.len() {
            extra.push(self.scalar(arg(at), time)?);
        }
        let range = (until - after) as f64 / 1_000.0;
        let points = each(window, name != "last_over_time", |samples, _| {
            let all = values(samples);
            let last = all.len() - 1;
            Some(match name {
                "sum_over_time" => sum(&all),
                "avg_over_time" => avg(&all),
                "count_over_time" => all.len() as f64,
                "min_over_time" => least(&all),
                "max_over_time" => -least(&all.iter().map(|value| -value).collect::<Vec<_>>()),
                "present_over_time" => 1.0,
                "last_over_time" => all[last],
                "stdvar_over_time" => variance(&all),
                "stddev_over_time" => variance(&all).sqrt(),
                "mad_over_time" => {
                    let median = quantile(0.5, &all);
                    let apart: Vec<f64> = all.iter().map(|value| (value - median).abs()).collect();
                    quantile(0.5, &apart)
                }
                "changes" => pairs(&all, |a, b| a != b && !(a.is_nan() && b.is_nan())),
                "resets" => pairs(&all, |a, b| b < a),
                _ if last == 0 => return None,
                "idelta" => all[last] - all[last - 1],
                "irate" => {
                    let seconds = (samples[last].0 - samples[last - 1].0) as f64 / 1_000.0;
                    let gained = match all[last] < all[last - 1] {
                        true => all[last],
                        false => all[last] - all[last - 1],
                    };
                    gained / seconds
                }
                "delta" => extrapolated(samples, after, until, false),
                "increase" => extrapolated(samples, after, until, true),
                "rate" => extrapolated(samples, after, until, true) / range,
                "deriv" => line(samples, samples[0].0).0,
                "predict_linear" => {
                    let (slope, at_step) = line(samples, time);
                    slope * extra[0] + at_step
                }
                "double_exponential_smoothing" => smoothed(&all, extra[0], extra[1]),
                other => panic!("function {other}"),
            })
        });
        Ok(Value::Vector(points))
    }

    fn relabelled(&self, call: &Call, name: &str, time: i64) -> Result<Vec<Point>> {
        let texts = call.args.args[1..].iter().map(|arg| self.text(arg, time));
        let texts: Vec<String> = texts.collect::<Result<_>>()?;
        let mut points = self.vector(&call.args.args[0], time)?;
        for point in &mut points {
            let value = |name: &String| point.labels.get(name).unwrap_or_default().to_owned();
            let new = if name == "label_replace" {
                let regex = regex::Regex::new(&format!("^(?s:{})$", texts[3])).expect("a regex");
                let source = value(&texts[2]);
                if !regex.is_match(&source) {
                    continue;
                }
                regex.replace(&source, &texts[1]).into_owned()
            } else {
                let values: Vec<String> = texts[2..].iter().map(value).collect();
                values.join(&texts[1])
            };
            point.labels = point.labels.with(texts[0].as_str(), new);
        }
        distinct(points.iter().map(|point| &point.labels))?;
        Ok(points)
    }
}

fn unwrapped(mut expr: &Expr) -> &Expr {
    while let Expr::Paren(paren) = expr {
        expr = &paren.expr;
    }
    expr
}

fn values(samples: &[(i64, f64)]) -> Vec<f64> {
    samples.iter().map(|(_, value)| *value).collect()
}

fn each(
    window: Window,
    nameless: bool,
    f: impl Fn(&[(i64, f64)], i64) -> Option<f64>,
) -> Vec<Point> {
    let until = window.until;
    let points = window.series.into_iter().filter_map(|seen| {
        Some(Point {
            value: f(&seen.samples, until)?,
            labels: seen.labels,
            nameless: seen.nameless || nameless,
        })
    });
    points.collect()
}

fn absent(is_empty: bool, expr: &Expr) -> Vec<Point> {
    let selector = match unwrapped(expr) {
        Expr::VectorSelector(selector) => Some(selector),
        Expr::MatrixSelector(matrix) => Some(&matrix.vs),
        _ => None,
    };
    let mut labels = Labels::none();
    for matcher in selector.iter().flat_map(|one| &one.matchers.matchers) {
        if matcher.op.to_string() == "=" {
            labels = labels.with(matcher.name.as_str(), matcher.value.as_str());
        }
    }
    match is_empty {
        true => vec![Point {
            labels,
            value: 1.0,
            nameless: false,
        }],
        false => Vec::new(),
    }
}

fn pairs(values: &[f64], counts: impl Fn(f64, f64) -> bool) -> f64 {
    values
        .windows(2)
        .filter(|pair| counts(pair[0], pair[1]))
        .count() as f64
}

fn not_under(value: f64, low: f64) -> f64 {
    let infinite = value == f64::INFINITY || low == f64::INFINITY;
    match value.is_nan() || low.is_nan() {
        true if !infinite => f64::NAN,
        _ => value.max(low),
    }
}

fn not_over(value: f64, high: f64) -> f64 {
    -not_under(-value, -high)
}

/// Added from the smallest to the largest: no loss to speak of.
pub(super) fn sum(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(|a, b| a.abs().total_cmp(&b.abs()));
    sorted.iter().sum()
}

pub(super) fn avg(values: &[f64]) -> f64 {
    sum(values) / values.len() as f64
}

/// NaN only where there is nothing else.
pub(super) fn least(values: &[f64]) -> f64 {
    let numbers = values.iter().copied().filter(|value| !value.is_nan());
    numbers.min_by(f64::total_cmp).unwrap_or(f64::NAN)
}

pub(super) fn variance(values: &[f64]) -> f64 {
    // From the first one on, so that there is none between equal ones.
    let first = values.first().copied().filter(|first| first.is_finite());
    let first = first.unwrap_or_default();
    let beyond: Vec<f64> = values.iter().map(|value| value - first).collect();
    let mean = first + avg(&beyond);
    let squares: Vec<f64> = values.iter().map(|value| (value - mean).powi(2)).collect();
    avg(&squares)
}

pub(super) fn quantile(phi: f64, values: &[f64]) -> f64 {
    match phi {
        _ if phi.is_nan() => return f64::NAN,
        _ if phi < 0.0 => return f64::NEG_INFINITY,
        _ if phi > 1.0 => return f64::INFINITY,
        _ => {}
    }
    let mut sorted = values.to_vec();
    sorted.sort_by(|a, b| b.is_nan().cmp(&a.is_nan()).then(a.total_cmp(b)));
    let rank = phi * (sorted.len() - 1) as f64;
    let (low, high) = (rank.floor() as usize, rank.ceil() as usize);
    let part = rank.fract();
    // Where one of the two is infinite, its part counts even if that is none.
    let high = if part == 0.0 {
        (low + 1).min(sorted.len() - 1)
    } else {
        high
    };
    sorted[low] * (1.0 - part) + sorted[high] * part
}

/// The change from the first to the last sample, as if they reached to the ends of the window.
fn extrapolated(samples: &[(i64, f64)], after: i64, until: i64, is_counter: bool) -> f64 {
    let (first, last) = (samples[0], samples[samples.len() - 1]);
    let mut change = last.1 - first.1;
    if is_counter {
        let lost = samples.windows(2).filter(|pair| pair[1].1 < pair[0].1);
        change += lost.map(|pair| pair[0].1).sum::<f64>();
    }
    let between = (last.0 - first.0) as f64;
    let average = between / (samples.len() - 1) as f64;
    let reach = |gap: f64| {
        if gap >= 1.1 * average {
            average / 2.0
        } else {
            gap
        }
    };
    let mut before = reach((first.0 - after) as f64);
    if is_counter && change > 0.0 && first.1 >= 0.0 {
        before = before.min(between * first.1 / change);
    }
    change * (between + before + reach((until - last.0) as f64)) / between
}

/// Slope and the value at the origin of the line with the least squares.
fn line(samples: &[(i64, f64)], origin: i64) -> (f64, f64) {
    let first = samples[0].1;
    if samples.iter().all(|(_, value)| *value == first) {
        return if first.is_infinite() {
            (f64::NAN, f64::NAN)
        } else {
            (0.0, first)
        };
    }
    let xs: Vec<f64> = samples
        .iter()
        .map(|(at, _)| (at - origin) as f64 / 1_000.0)
        .collect();
    let ys = values(samples);
    let (x, y) = (avg(&xs), avg(&ys));
    if ys.iter().any(|y| y.is_infinite()) {
        // Whether infinities cancel depends on the formula, which is that of Prometheus.
        let n = xs.len() as f64;
        let products: Vec<f64> = xs.iter().zip(&ys).map(|(a, b)| a * b).collect();
        let squares: Vec<f64> = xs.iter().map(|a| a * a).collect();
        let covariance = sum(&products) - sum(&xs) * sum(&ys) / n;
        let slope = covariance / (sum(&squares) - sum(&xs) * sum(&xs) / n);
        return (slope, sum(&ys) / n - slope * sum(&xs) / n);
    }
    let products = xs
        .iter()
        .zip(&ys)
        .map(|(a, b)| (a - x) * (b - y))
        .collect::<Vec<_>>();
    let squares = xs.iter().map(|a| (a - x).powi(2)).collect::<Vec<_>>();
    let slope = sum(&products) / sum(&squares);
    (slope, y - slope * x)
}

fn smoothed(values: &[f64], smoothing: f64, trend: f64) -> f64 {
    let (mut level, mut slope) = (values[0], values[1] - values[0]);
    for (nth, value) in values.iter().enumerate().skip(1) {
        let before = level;
        level = smoothing * value + (1.0 - smoothing) * (level + slope);
        if nth + 1 < values.len() {
            slope = trend * (level - before) + (1.0 - trend) * slope;
        }
    }
    level
}

fn histogram_quantile(phi: f64, points: Vec<Point>) -> Vec<Point> {
    let mut histograms: BTreeMap<Labels, Vec<(f64, f64)>> = BTreeMap::new();
    for point in points {
        if let Ok(le) = point.labels.get("le").unwrap_or_default().parse() {
            let histogram = histograms.entry(point.labels.without("le"));
            histogram.or_default().push((le, point.value));
        }
    }
    let value = |mut buckets: Vec<(f64, f64)>| {
        buckets.sort_by(|a, b| a.0.total_cmp(&b.0));
        for at in 1..buckets.len() {
            buckets[at].1 = buckets[at].1.max(buckets[at - 1].1);
        }
        let (top, total) = buckets[buckets.len() - 1];
        match phi {
            _ if phi.is_nan() => return f64::NAN,
            _ if phi < 0.0 => return f64::NEG_INFINITY,
            _ if phi > 1.0 => return f64::INFINITY,
            _ if top.is_finite() || buckets.len() < 2 || total == 0.0 || total.is_nan() => {
                return f64::NAN;
            }
            _ => {}
        }
        let rank = phi * total;
        let finite = &buckets[..buckets.len() - 1];
        match finite.iter().position(|(_, count)| *count >= rank) {
            None => finite[finite.len() - 1].0,
            Some(0) if buckets[0].0 <= 0.0 => buckets[0].0,
            Some(at) => {
                let (low, below) = if at == 0 { (0.0, 0.0) } else { buckets[at - 1] };
                let (high, count) = buckets[at];
                low + (high - low) * (rank - below) / (count - below)
            }
        }
    };
    let quantiles = histograms.into_iter().map(|(labels, buckets)| Point {
        labels,
        value: value(buckets),
        nameless: true,
    });
    quantiles.collect()
}

fn calendar(name: &str, seconds: f64) -> f64 {
    let Ok(at) = jiff::Timestamp::from_second(seconds as i64) else {
        return f64::NAN;
    };
    let at = jiff::tz::Offset::UTC.to_datetime(at);
    f64::from(match name {
        "minute" => i16::from(at.minute()),
        "hour" => i16::from(at.hour()),
        "day_of_week" => i16::from(at.weekday().to_sunday_zero_offset()),
        "day_of_month" => i16::from(at.day()),
        "day_of_year" => at.day_of_year(),
        "days_in_month" => i16::from(at.days_in_month()),
        "month" => i16::from(at.month()),
        _ => at.year(),
    })
}

fn of_one_number(name: &str) -> fn(f64) -> f64 {
    match name {
        "abs" => f64::abs,
        "ceil" => f64::ceil,
        "floor" => f64::floor,
        "round" => |value| (value + 0.5).floor(),
        "sgn" => |value| match value {
            _ if value > 0.0 => 1.0,
            _ if value < 0.0 => -1.0,
            _ => value,
        },
        "exp" => f64::exp,
        "sqrt" => f64::sqrt,
        "ln" => f64::ln,
        "log2" => f64::log2,
        "log10" => f64::log10,
        "sin" => f64::sin,
        "cos" => f64::cos,
        "tan" => f64::tan,
        "atan" => f64::atan,
        "asinh" => f64::asinh,
        "tanh" => f64::tanh,
        "deg" => |value| value * 180.0 / std::f64::consts::PI,
        "rad" => |value| value * std::f64::consts::PI / 180.0,
        other => panic!("function {other}"),
    }
}

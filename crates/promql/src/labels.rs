//! How queries look at labels.

use std::fmt::Write;

use exposition::Labels;
use promql_parser::util::escape_string;

use crate::METRIC_NAME;

/// The label with the upper bound of a bucket.
pub(crate) const BUCKET: &str = "le";

/// The value of a label; empty where there is none.
pub(crate) fn value<'l>(labels: &'l Labels, name: &str) -> &'l str {
    labels.get(name).unwrap_or_default()
}

/// A series as it is written in queries: `up{instance="a:1", job="node"}`.
pub fn series_text(labels: &Labels) -> String {
    let name = value(labels, METRIC_NAME);
    let others = labels.iter().filter(|(name, _)| *name != METRIC_NAME);
    let pairs = pairs_text(others);
    if pairs.is_empty() && !name.is_empty() {
        return name.to_owned();
    }
    format!("{name}{{{pairs}}}")
}

/// Labels that are no series, the name as any other.
pub(crate) fn match_group(labels: &Labels) -> String {
    format!("{{{}}}", pairs_text(labels.iter()))
}

fn pairs_text<'l>(pairs: impl Iterator<Item = (&'l str, &'l str)>) -> String {
    let mut text = String::new();
    for (name, value) in pairs {
        let comma = if text.is_empty() { "" } else { ", " };
        let _ = write!(text, "{comma}{name}=\"{}\"", escape_string(value));
    }
    text
}

/// A number as Prometheus writes it in labels and answers: the shortest digits that read back equal,
/// no exponent.
pub(crate) fn plain_number(number: f64) -> String {
    special_number(number).map_or_else(|| number.to_string(), str::to_owned)
}

/// A number as it is written in messages: with an exponent where it is very large or small.
pub(crate) fn short_number(number: f64) -> String {
    if let Some(special) = special_number(number) {
        return special.to_owned();
    }
    let text = format!("{number:e}");
    let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if (-4..6).contains(&exponent) {
        return number.to_string();
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{digits}e{sign}{:02}", exponent.abs())
}

fn special_number(number: f64) -> Option<&'static str> {
    match number {
        f64::INFINITY => Some("+Inf"),
        f64::NEG_INFINITY => Some("-Inf"),
        number if number.is_nan() => Some("NaN"),
        _ => None,
    }
}

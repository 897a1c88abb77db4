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

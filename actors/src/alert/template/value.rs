//! What templates compute with.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::Arc;

use exposition::Labels;

use super::number;

/// A sample of a query, as a template sees it.
#[derive(Debug, Clone, PartialEq)]
pub struct TemplateSample {
    /// With `__name__`, where the result has one.
    pub labels: Labels,
    /// Its value.
    pub value: f64,
}

/// A value. Cheap to copy.
#[derive(Debug, Clone)]
pub(super) enum Value {
    /// `nil`, and what a map without this key answers.
    Nil,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(Arc<str>),
    /// A `map[string]string`: a missing key is an empty text.
    Labels(Labels),
    /// What `args` makes.
    Map(Arc<BTreeMap<String, Value>>),
    Sample(Arc<TemplateSample>),
    Samples(Arc<[Arc<TemplateSample>]>),
    /// What the dot is at first.
    Root,
    /// Seconds since 1970, as a point in time.
    Time(f64),
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Value::Text(text.into())
    }
}

impl Value {
    /// What `if` makes of it: false for nothing, zero and whatever is empty.
    pub(super) fn is_true(&self) -> bool {
        match self {
            Value::Nil => false,
            Value::Bool(value) => *value,
            Value::Int(number) => *number != 0,
            Value::Float(number) => *number != 0.0,
            Value::Text(text) => !text.is_empty(),
            Value::Labels(labels) => !labels.is_empty(),
            Value::Map(map) => !map.is_empty(),
            Value::Samples(samples) => !samples.is_empty(),
            Value::Sample(_) | Value::Root | Value::Time(_) => true,
        }
    }

    /// The name of its type in Go.
    pub(super) fn type_name(&self) -> &'static str {
        match self {
            Value::Nil => "<nil>",
            Value::Bool(_) => "bool",
            Value::Int(_) => "int",
            Value::Float(_) => "float64",
            Value::Text(_) => "string",
            Value::Labels(_) => "map[string]string",
            Value::Map(_) => "map[string]interface {}",
            Value::Sample(_) => "*template.sample",
            Value::Samples(_) => "template.queryResult",
            Value::Root => ROOT_TYPE,
            Value::Time(_) => "*time.Time",
        }
    }
}

/// As Go names the type of what the dot is at first.
const ROOT_TYPE: &str = "struct { Labels map[string]string; ExternalLabels map[string]string; ExternalURL string; Value float64 }";

/// What the dot is at first, for printing it.
pub(super) struct Root<'a> {
    pub(super) labels: &'a Labels,
    pub(super) external_labels: &'a Labels,
    pub(super) external_url: &'a str,
    pub(super) value: f64,
}

/// As Go's `%v`. The caller sees to it that nothing grows without bound.
pub(super) fn print(value: &Value, root: &Root, out: &mut String) {
    match value {
        Value::Nil => out.push_str("<nil>"),
        Value::Bool(value) => {
            let _ = write!(out, "{value}");
        }
        Value::Int(number) => {
            let _ = write!(out, "{number}");
        }
        Value::Float(number) => out.push_str(&number::shortest(*number)),
        Value::Text(text) => out.push_str(text),
        Value::Labels(labels) => print_labels(labels, out),
        Value::Map(map) => {
            out.push_str("map[");
            for (at, (name, value)) in map.iter().enumerate() {
                let space = if at == 0 { "" } else { " " };
                let _ = write!(out, "{space}{name}:");
                print(value, root, out);
            }
            out.push(']');
        }
        Value::Sample(sample) => print_sample(sample, out),
        // Go prints addresses here; their labels and values are of more use.
        Value::Samples(samples) => {
            out.push('[');
            for (at, sample) in samples.iter().enumerate() {
                if at > 0 {
                    out.push(' ');
                }
                print_sample(sample, out);
            }
            out.push(']');
        }
        Value::Root => {
            out.push('{');
            print_labels(root.labels, out);
            out.push(' ');
            print_labels(root.external_labels, out);
            let value = number::shortest(root.value);
            let _ = write!(out, " {} {value}}}", root.external_url);
        }
        Value::Time(seconds) => out.push_str(&time(*seconds)),
    }
}

fn print_labels(labels: &Labels, out: &mut String) {
    out.push_str("map[");
    for (at, (name, value)) in labels.iter().enumerate() {
        let space = if at == 0 { "" } else { " " };
        let _ = write!(out, "{space}{name}:{value}");
    }
    out.push(']');
}

fn print_sample(sample: &TemplateSample, out: &mut String) {
    out.push('{');
    print_labels(&sample.labels, out);
    let _ = write!(out, " {}}}", number::shortest(sample.value));
}

/// The point in time, or `None` where no calendar reaches.
pub(super) fn timestamp(seconds: f64) -> Option<jiff::Timestamp> {
    let milliseconds = (seconds * 1000.0).round();
    (milliseconds.abs() < 1e15)
        .then(|| jiff::Timestamp::from_millisecond(milliseconds as i64).ok())
        .flatten()
}

/// As Go prints a time: `2015-06-23 13:19:44.128 +0000 UTC`.
pub(super) fn time(seconds: f64) -> String {
    match timestamp(seconds) {
        Some(at) => at.strftime("%Y-%m-%d %H:%M:%S%.f +0000 UTC").to_string(),
        None => number::shortest(seconds),
    }
}

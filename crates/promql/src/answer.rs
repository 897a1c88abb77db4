//! What a query answers.

use std::time::Duration;

use exposition::Labels;

/// What a query answers.
#[derive(Clone, Debug, Default)]
pub struct Answer {
    /// The result.
    pub value: Value,
    /// What is likely wrong with the query or its data, in Prometheus's words.
    pub warnings: Vec<String>,
    /// What may be wrong with it.
    pub infos: Vec<String>,
    /// What it took.
    pub stats: Stats,
}

/// The result of a query.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// A number, of an instant query.
    Scalar(f64),
    /// A string, of an instant query.
    Text(String),
    /// Samples at the moment of an instant query; in the order the query asks for, if it does.
    Vector(Vec<Sample>),
    /// Series, of a range query in the order of their labels.
    Matrix(Vec<SampleRow>),
}

impl Default for Value {
    fn default() -> Self {
        Value::Vector(Vec::new())
    }
}

/// A series and its value at the moment of the query.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    /// The name, if it has one, among them.
    pub labels: Labels,
    /// Its value.
    pub value: f64,
}

/// A series and its values.
#[derive(Clone, Debug, PartialEq)]
pub struct SampleRow {
    /// The name, if it has one, among them.
    pub labels: Labels,
    /// Unix time in milliseconds, and the value; in order of time, at least one.
    pub samples: Vec<(i64, f64)>,
}

/// What a query took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Samples that were read.
    pub samples_read: u64,
    /// Series that were read, once for each selector.
    pub series_read: u64,
    /// Samples that were held in memory at once, at most: read ones and those of results.
    pub peak_samples: u64,
    /// How long it was evaluated.
    pub evaluation: Duration,
}

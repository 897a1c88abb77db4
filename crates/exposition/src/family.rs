//! A metric family: everything that one name, one help text and one type speak of.

use std::borrow::Cow;

use crate::labels::Labels;

/// What kind of thing a family measures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MetricType {
    /// Only ever grows, or starts again from zero.
    Counter,
    /// Goes up and down.
    Gauge,
    /// Observations counted in cumulative buckets.
    Histogram,
    /// Observations with precomputed quantiles.
    Summary,
    /// Not known, or not told.
    Untyped,
}

/// A family of series.
#[derive(Clone, Debug, PartialEq)]
pub struct MetricFamily {
    /// As in the text format 0.0.4: a counter's name ends with `_total` where its samples' names do.
    pub name: Cow<'static, str>,
    /// One sentence for whoever reads the raw page.
    pub help: Cow<'static, str>,
    /// The type told in the `# TYPE` line.
    pub kind: MetricType,
    /// The series, in the order they are written.
    pub metrics: Vec<Metric>,
}

/// One series of a family, at one moment.
#[derive(Clone, Debug, PartialEq)]
pub struct Metric {
    /// What tells this series from its siblings.
    pub labels: Labels,
    /// What was measured.
    pub value: Value,
    /// When, in milliseconds since the Unix epoch; `None`: at the moment of the scrape.
    pub timestamp_ms: Option<i64>,
}

/// What a series says at one moment.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Counters, gauges, untyped.
    Number(f64),
    /// Cumulative buckets, sum and count.
    Histogram(Histogram),
    /// Quantiles, sum and count.
    Summary(Summary),
}

/// A classic histogram. The `+Inf` bucket is `count` and is not listed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Histogram {
    /// By ascending upper bound, counts cumulative.
    pub buckets: Vec<Bucket>,
    /// The sum of all observations.
    pub sum: f64,
    /// How many observations there were.
    pub count: u64,
}

/// How many observations were at most `upper_bound`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bucket {
    /// `le`, inclusive.
    pub upper_bound: f64,
    /// Observations in this bucket and in all below it.
    pub cumulative_count: u64,
}

/// A summary of observations.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Summary {
    /// The precomputed quantiles.
    pub quantiles: Vec<Quantile>,
    /// The sum of all observations.
    pub sum: f64,
    /// How many observations there were.
    pub count: u64,
}

/// The value below which a share of the observations lies.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Quantile {
    /// 0 to 1.
    pub quantile: f64,
    /// In the family's unit.
    pub value: f64,
}

impl MetricFamily {
    /// An empty family.
    pub fn new(
        name: impl Into<Cow<'static, str>>,
        help: impl Into<Cow<'static, str>>,
        kind: MetricType,
    ) -> Self {
        MetricFamily {
            name: name.into(),
            help: help.into(),
            kind,
            metrics: Vec::new(),
        }
    }

    /// An empty family of counters.
    pub fn counter(name: impl Into<Cow<'static, str>>, help: impl Into<Cow<'static, str>>) -> Self {
        Self::new(name, help, MetricType::Counter)
    }

    /// An empty family of gauges.
    pub fn gauge(name: impl Into<Cow<'static, str>>, help: impl Into<Cow<'static, str>>) -> Self {
        Self::new(name, help, MetricType::Gauge)
    }

    /// Adds a series with a plain number.
    pub fn push(&mut self, labels: Labels, value: f64) {
        if self.metrics.is_empty() {
            // Most families have one, and a vector begins with room for four.
            self.metrics.reserve_exact(1);
        }
        self.metrics.push(Metric {
            labels,
            value: Value::Number(value),
            timestamp_ms: None,
        });
    }

    /// The same family with one more series.
    #[must_use]
    pub fn with(mut self, labels: Labels, value: f64) -> Self {
        self.push(labels, value);
        self
    }
}

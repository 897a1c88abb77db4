//! The lines of one series: a number is one line, a histogram or a summary several.

use super::{
    Format,
    escape::{self, Quotes},
    number,
};
use crate::{
    family::{Bucket, Histogram, Metric, Summary, Value},
    labels::Labels,
};

/// Appends all lines of a series of the family `name`.
pub(super) fn write(name: &str, metric: &Metric, format: Format, out: &mut String) {
    let mut lines = Lines {
        name,
        labels: &metric.labels,
        reserved: match metric.value {
            Value::Number(_) => "",
            Value::Histogram(_) => "le",
            Value::Summary(_) => "quantile",
        },
        timestamp_ms: metric.timestamp_ms,
        format,
        out,
    };
    match &metric.value {
        Value::Number(value) => lines.float("", None, *value),
        Value::Histogram(histogram) => lines.histogram(histogram),
        Value::Summary(summary) => lines.summary(summary),
    }
}

struct Lines<'a> {
    name: &'a str,
    labels: &'a Labels,
    /// The label that tells the lines of one series apart. A series that brings it itself would
    /// have it twice.
    reserved: &'static str,
    timestamp_ms: Option<i64>,
    format: Format,
    out: &'a mut String,
}

impl Lines<'_> {
    fn histogram(&mut self, histogram: &Histogram) {
        // A bucket at +Inf is the count, and is written as such.
        let listed = |bucket: &&Bucket| bucket.upper_bound < f64::INFINITY;
        for bucket in histogram.buckets.iter().filter(listed) {
            self.count("_bucket", Some(bucket.upper_bound), bucket.cumulative_count);
        }
        self.count("_bucket", Some(f64::INFINITY), histogram.count);
        // OpenMetrics: what can be negative has no sum that only grows, and no count without a sum.
        let negative = histogram.buckets.iter().any(|b| b.upper_bound < 0.0);
        if self.format == Format::OpenMetrics1 && negative {
            return;
        }
        self.float("_sum", None, histogram.sum);
        self.count("_count", None, histogram.count);
    }

    fn summary(&mut self, summary: &Summary) {
        for quantile in &summary.quantiles {
            self.float("", Some(quantile.quantile), quantile.value);
        }
        self.float("_sum", None, summary.sum);
        self.count("_count", None, summary.count);
    }

    fn float(&mut self, suffix: &str, reserved: Option<f64>, value: f64) {
        self.start(suffix, reserved);
        number::push(self.out, value, self.format);
        self.end();
    }

    fn count(&mut self, suffix: &str, reserved: Option<f64>, value: u64) {
        self.start(suffix, reserved);
        number::push_count(self.out, value);
        self.end();
    }

    fn start(&mut self, suffix: &str, reserved: Option<f64>) {
        self.out.push_str(self.name);
        self.out.push_str(suffix);
        let mut next = "{";
        for (name, value) in self.labels.iter() {
            if name != self.reserved {
                open_label(self.out, &mut next, name);
                escape::push(self.out, value, Quotes::Escaped);
                self.out.push('"');
            }
        }
        if let Some(value) = reserved {
            open_label(self.out, &mut next, self.reserved);
            number::push(self.out, value, self.format);
            self.out.push('"');
        }
        self.out.push_str(if next == "," { "} " } else { " " });
    }

    fn end(&mut self) {
        if let Some(milliseconds) = self.timestamp_ms {
            self.out.push(' ');
            number::push_timestamp(self.out, milliseconds, self.format);
        }
        self.out.push('\n');
    }
}

fn open_label(out: &mut String, next: &mut &'static str, name: &str) {
    out.push_str(next);
    out.push_str(name);
    out.push_str("=\"");
    *next = ",";
}

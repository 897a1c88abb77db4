//! Series as a database has them: a name, labels and a number. A histogram is several of them.

use std::borrow::Cow;

use crate::{
    family::{Metric, MetricFamily, MetricType, Value},
    labels::Labels,
    text::{Format, number},
};

/// One series, at one moment.
#[derive(Clone, Debug, PartialEq)]
pub struct FlatSeries<'f> {
    /// With its suffix, `_bucket` for instance.
    pub name: Cow<'f, str>,
    /// Of counters and gauges theirs; the parts of a histogram or a summary are untyped.
    pub kind: MetricType,
    /// With `le` or `quantile`, where it has one.
    pub labels: Labels,
    /// What was measured.
    pub value: f64,
    /// When, in milliseconds since the Unix epoch.
    pub timestamp_ms: Option<i64>,
}

impl MetricFamily {
    /// The names of its series, each once.
    pub fn flat_names(&self) -> Vec<Cow<'_, str>> {
        let suffixes: &[&str] = match self.kind {
            MetricType::Counter | MetricType::Gauge | MetricType::Untyped => &[""],
            MetricType::Histogram => &["_bucket", "_sum", "_count"],
            MetricType::Summary => &["", "_sum", "_count"],
        };
        suffixes
            .iter()
            .map(|suffix| self.suffixed(suffix))
            .collect()
    }

    /// All its series. Those that do not fit its type are left out, as on a page.
    pub fn flat(&self) -> impl Iterator<Item = FlatSeries<'_>> {
        self.metrics
            .iter()
            .flat_map(|metric| self.flattened(metric))
    }

    fn flattened<'f>(&'f self, metric: &'f Metric) -> impl Iterator<Item = FlatSeries<'f>> {
        let of_one = [MetricType::Counter, MetricType::Gauge, MetricType::Untyped];
        let one = match metric.value {
            Value::Number(value) if of_one.contains(&self.kind) => Some(FlatSeries {
                name: Cow::Borrowed(&*self.name),
                kind: self.kind,
                labels: metric.labels.clone(),
                value,
                timestamp_ms: metric.timestamp_ms,
            }),
            _ => None,
        };
        one.into_iter().chain(self.parts(metric))
    }

    /// Of a histogram or a summary.
    fn parts<'f>(&'f self, metric: &'f Metric) -> Vec<FlatSeries<'f>> {
        let series = |suffix, labels, value| FlatSeries {
            name: self.suffixed(suffix),
            kind: MetricType::Untyped,
            labels,
            value,
            timestamp_ms: metric.timestamp_ms,
        };
        let part = |suffix, value| series(suffix, metric.labels.clone(), value);
        let within = |suffix, label, limit, value| {
            let mut text = String::new();
            number::push(&mut text, limit, Format::Prometheus004);
            let labels = metric.labels.with(label, text);
            series(suffix, labels, value)
        };
        match (&metric.value, self.kind) {
            (Value::Histogram(histogram), MetricType::Histogram) => {
                let limited = histogram
                    .buckets
                    .iter()
                    .filter(|b| b.upper_bound < f64::INFINITY);
                let bucket = |limit, count: u64| within("_bucket", "le", limit, count as f64);
                limited
                    .map(|b| bucket(b.upper_bound, b.cumulative_count))
                    .chain([
                        bucket(f64::INFINITY, histogram.count),
                        part("_sum", histogram.sum),
                        part("_count", histogram.count as f64),
                    ])
                    .collect()
            }
            (Value::Summary(summary), MetricType::Summary) => summary
                .quantiles
                .iter()
                .map(|q| within("", "quantile", q.quantile, q.value))
                .chain([
                    part("_sum", summary.sum),
                    part("_count", summary.count as f64),
                ])
                .collect(),
            _ => Vec::new(),
        }
    }

    fn suffixed(&self, suffix: &str) -> Cow<'_, str> {
        match suffix {
            "" => Cow::Borrowed(&self.name),
            suffix => Cow::Owned(format!("{}{suffix}", self.name)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::family::{Bucket, Histogram, Quantile, Summary};

    fn family(kind: MetricType, value: Value) -> MetricFamily {
        let mut family = MetricFamily::new("x", "help", kind);
        family.metrics.push(Metric {
            labels: Labels::new([("a", "b"), ("le", "own")]),
            value,
            timestamp_ms: Some(7),
        });
        family
    }

    #[track_caller]
    fn flat(family: &MetricFamily, expected: &[&str]) {
        let series: Vec<_> = family.flat().collect();
        let shown: Vec<_> = series
            .iter()
            .map(|s| format!("{}{:?} {} {:?}", s.name, s.labels, s.value, s.kind))
            .collect();
        assert_eq!(shown, expected);
        let mut names: Vec<_> = series.iter().map(|series| series.name.clone()).collect();
        names.dedup();
        assert_eq!(names, family.flat_names());
    }

    #[test]
    fn each_line_is_a_series() {
        let counter = family(MetricType::Counter, Value::Number(1.0));
        flat(&counter, &[r#"x{"a": "b", "le": "own"} 1 Counter"#]);
        let histogram = Histogram {
            buckets: vec![
                Bucket {
                    upper_bound: 0.5,
                    cumulative_count: 1,
                },
                Bucket {
                    upper_bound: f64::INFINITY,
                    cumulative_count: 3,
                },
            ],
            sum: 2.5,
            count: 3,
        };
        flat(
            &family(MetricType::Histogram, Value::Histogram(histogram.clone())),
            &[
                r#"x_bucket{"a": "b", "le": "0.5"} 1 Untyped"#,
                r#"x_bucket{"a": "b", "le": "+Inf"} 3 Untyped"#,
                r#"x_sum{"a": "b", "le": "own"} 2.5 Untyped"#,
                r#"x_count{"a": "b", "le": "own"} 3 Untyped"#,
            ],
        );
        let summary = Summary {
            quantiles: vec![Quantile {
                quantile: 0.9,
                value: 4.0,
            }],
            sum: 5.0,
            count: 6,
        };
        flat(
            &family(MetricType::Summary, Value::Summary(summary)),
            &[
                r#"x{"a": "b", "le": "own", "quantile": "0.9"} 4 Untyped"#,
                r#"x_sum{"a": "b", "le": "own"} 5 Untyped"#,
                r#"x_count{"a": "b", "le": "own"} 6 Untyped"#,
            ],
        );
        let misfit = family(MetricType::Gauge, Value::Histogram(histogram));
        assert_eq!(misfit.flat().count(), 0);
    }
}

//! Writes series one by one, as a federation has them: no help, and the type only.

use super::{Format, MetricType, sample};
use crate::{
    family::{Metric, Value},
    flat::FlatSeries,
    name::is_metric_name,
};

/// Appends series as text 0.0.4, each name under a line of its type. Those of a name have to be next
/// to each other, and no series twice. An impossible name is left out.
pub fn write_flat<'s>(series: impl IntoIterator<Item = FlatSeries<'s>>, out: &mut String) {
    let mut before = String::new();
    for one in series {
        if *before != *one.name {
            if !is_metric_name(&one.name) {
                continue;
            }
            before.clear();
            before.push_str(&one.name);
            out.push_str("# TYPE ");
            out.push_str(&one.name);
            out.push_str(match one.kind {
                MetricType::Counter => " counter\n",
                MetricType::Gauge => " gauge\n",
                _ => " untyped\n",
            });
        }
        let metric = Metric {
            labels: one.labels,
            value: Value::Number(one.value),
            timestamp_ms: one.timestamp_ms,
        };
        sample::write(&one.name, &metric, Format::Prometheus004, out);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::labels::Labels;

    #[test]
    fn a_name_is_typed_once() {
        let series = |name: &'static str, kind, job, timestamp_ms| FlatSeries {
            name: name.into(),
            kind,
            labels: Labels::new([("job", job)]),
            value: 1.5,
            timestamp_ms,
        };
        let all = [
            series("a-b", MetricType::Gauge, "x", None),
            series("a", MetricType::Counter, "x", Some(1_700_000_000_123)),
            series("a", MetricType::Counter, "\"y\"", Some(-1)),
            series("b_sum", MetricType::Untyped, "", None),
        ];
        let mut out = String::new();
        write_flat(all, &mut out);
        assert_eq!(
            out,
            "# TYPE a counter\na{job=\"x\"} 1.5 1700000000123\na{job=\"\\\"y\\\"\"} 1.5 -1\n\
             # TYPE b_sum untyped\nb_sum 1.5\n"
        );
    }
}

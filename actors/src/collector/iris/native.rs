//! A body of `/api/monitor/metrics`, reduced to the families that are handed on.

use std::collections::{BTreeMap, HashSet};

use exposition::{
    Labels, Metric, MetricFamily, Value,
    read::{Item, Limits, Outcome, read},
};

use foldhash::fast::RandomState;

use super::catalogue;
use crate::collector::{exposed::whole_lines, privacy};

/// More series of one IRIS are not handed on.
const MOST_SERIES: usize = 5_000;

/// What one IRIS tells, under its own names.
#[derive(Debug, Default)]
pub(super) struct Native {
    families: BTreeMap<&'static str, MetricFamily>,
    /// What became of the lines.
    pub(super) outcome: Outcome,
    /// It ends within a line.
    pub(super) is_cut: bool,
    /// Samples with a label that could be part of a message.
    pub(super) withheld: usize,
    /// Samples beyond the bound.
    pub(super) beyond: usize,
}

impl Native {
    pub(super) fn read(body: &[u8]) -> Native {
        let mut native = Native::default();
        let mut seen: HashSet<(&'static str, Labels), RandomState> = HashSet::default();
        let (whole, is_cut) = whole_lines(body);
        native.is_cut = is_cut;
        native.outcome = read(whole, &Limits::default(), |item| {
            let Item::Sample(sample) = item else { return };
            let Some(known) = catalogue::known(sample.name) else {
                return;
            };
            let labels = sample.labels.iter().map(|(name, value)| {
                let value = match name {
                    "messagetype" => Some(privacy::message_type(value)),
                    _ => privacy::name(value),
                };
                Some((name, value?))
            });
            let Some(labels) = labels.collect::<Option<Vec<_>>>() else {
                native.withheld += 1;
                return;
            };
            // The reader refuses bad names and names that are there twice.
            let Ok(labels) = Labels::try_new(labels) else {
                return;
            };
            if seen.len() >= MOST_SERIES {
                native.beyond += 1;
            } else if seen.insert((known.name, labels.clone())) {
                let new = || MetricFamily::new(known.name, known.help, known.kind);
                let family = native.families.entry(known.name).or_insert_with(new);
                family.push(labels, sample.value);
            }
        });
        native
    }

    /// The series of a family whose values are numbers.
    pub(super) fn series(&self, family: &str) -> impl Iterator<Item = (&Labels, f64)> {
        let metrics = self.families.get(family).map(|family| &family.metrics[..]);
        metrics.unwrap_or_default().iter().filter_map(number)
    }

    /// The value of a family that has one series without labels.
    pub(super) fn value(&self, family: &str) -> Option<f64> {
        let mut series = self.series(family);
        series.find(|(labels, _)| labels.is_empty()).map(|(_, v)| v)
    }

    /// The value of the series with this `id`.
    pub(super) fn of_id(&self, family: &str, id: &str) -> Option<f64> {
        let mut series = self.series(family);
        series
            .find(|(labels, _)| labels.get("id") == Some(id))
            .map(|(_, v)| v)
    }

    /// The sum of all series; `None` if there is none.
    pub(super) fn sum(&self, family: &str) -> Option<f64> {
        let mut series = self.series(family).map(|(_, value)| value).peekable();
        series.peek()?;
        Some(series.sum())
    }

    /// Whether anything is told of productions.
    pub(super) fn has_interop(&self) -> bool {
        self.families
            .keys()
            .any(|name| name.starts_with("iris_interop_"))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.families.is_empty()
    }

    pub(super) fn into_families(self) -> Vec<MetricFamily> {
        let families = self.families.into_values().map(|mut family| {
            // They stay until the next are told.
            family.metrics.shrink_to_fit();
            family
        });
        families.collect()
    }
}

fn number(metric: &Metric) -> Option<(&Labels, f64)> {
    match metric.value {
        Value::Number(value) if value.is_finite() => Some((&metric.labels, value)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_known_is_kept_once() {
        let body = b"iris_cpu_usage .5\niris_cpu_usage 7\niris_process{id=\"1\"} 1\n\
            pharma_x 1\niris_system_state -1\nnonsense\n\
            iris_interop_hosts{id=\"N\",status=\"OK\",host=\"PID|1||9\",production=\"P\"} 1\n\
            iris_interop_sample_count{id=\"N\",messagetype=\"Perez Juan\"} 3\n\
            iris_db_latency{id=\"A\"} NaN\niris_db_size_mb{id=\"A\",dir=\"/a/\"} 1";
        let native = Native::read(body);
        assert_eq!(native.value("iris_cpu_usage"), Some(0.5));
        assert_eq!(native.value("iris_system_state"), Some(-1.0));
        assert_eq!(native.withheld, 1);
        assert_eq!(native.outcome.dropped.total(), 1);
        assert_eq!(native.sum("iris_db_latency"), None, "no number");
        assert_eq!(native.sum("iris_db_size_mb"), None, "cut within the line");
        assert!(!native.is_cut, "it could have been whole");
        assert!(Native::read(b"iris_cpu_usage 5\niris_db_size_mb{id=").is_cut);
        assert!(native.has_interop());
        let (labels, _) = native.series("iris_interop_sample_count").next().unwrap();
        assert_eq!(labels.get("messagetype"), Some("other"));
        let names: Vec<_> = native.into_families().into_iter().map(|f| f.name).collect();
        let expected = [
            "iris_cpu_usage",
            "iris_db_latency",
            "iris_interop_sample_count",
            "iris_system_state",
        ];
        assert_eq!(names, expected);
    }
}

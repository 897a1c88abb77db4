//! A store in memory: for unit tests of rules, for tests and for measurements.

use std::collections::BTreeMap;

use exposition::Labels;

use crate::{
    error::Error,
    matcher::Matcher,
    queryable::{Hints, Queryable, RawSeries, SeriesIter},
};

/// Series in memory, in the order of their labels.
#[derive(Clone, Debug, Default)]
pub struct MemoryStore {
    series: BTreeMap<Labels, Columns>,
}

#[derive(Clone, Debug, Default)]
struct Columns {
    times: Vec<i64>,
    values: Vec<f64>,
}

impl MemoryStore {
    /// A store without series.
    pub fn new() -> Self {
        MemoryStore::default()
    }

    /// Adds samples (Unix time in milliseconds, value); one at a time there is one already replaces
    /// it. Quick in order of time.
    pub fn append(&mut self, labels: Labels, samples: impl IntoIterator<Item = (i64, f64)>) {
        let columns = self.series.entry(labels).or_default();
        for (time, value) in samples {
            let at = columns.times.partition_point(|known| *known < time);
            if columns.times.get(at) == Some(&time) {
                columns.values[at] = value;
            } else {
                columns.times.insert(at, time);
                columns.values.insert(at, value);
            }
        }
    }

    /// Takes all series away.
    pub fn clear(&mut self) {
        self.series.clear();
    }
}

impl Queryable for MemoryStore {
    fn select<'a>(
        &'a self,
        matchers: &[Matcher],
        start_ms: i64,
        end_ms: i64,
        hints: &Hints,
    ) -> Result<SeriesIter<'a>, Error> {
        let mut selected = Vec::new();
        for (nth, (labels, columns)) in self.series.iter().enumerate() {
            if nth % 256 == 255 {
                hints.watch.check()?;
            }
            if !matchers
                .iter()
                .all(|matcher| matcher.matches_labels(labels))
            {
                continue;
            }
            let from = columns.times.partition_point(|time| *time < start_ms);
            let to = columns.times.partition_point(|time| *time <= end_ms);
            if from < to {
                selected.push(RawSeries::new(
                    labels.clone(),
                    &columns.times[from..to],
                    &columns.values[from..to],
                ));
            }
        }
        Ok(Box::new(selected.into_iter().map(Ok)))
    }
}

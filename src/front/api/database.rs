//! What queries read: the samples that are kept.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use exposition::Labels;
use promql::{Error, Hints, Matcher, MemoryStore, Queryable, SeriesIter};

/// All that is kept, as it was when it was opened. It may read the disk: not on a thread that answers
/// requests. Times are Unix time in milliseconds, both ends included; without a set of matchers all
/// series are meant.
pub(crate) trait Database: Queryable + Send + Sync {
    /// Series with samples in this time that any of the sets matches, sorted, each once.
    fn series(&self, sets: &[Vec<Matcher>], start_ms: i64, end_ms: i64) -> Vec<Labels>;

    /// The names of their labels, sorted.
    fn label_names(&self, sets: &[Vec<Matcher>], start_ms: i64, end_ms: i64) -> Vec<String>;

    /// The values of one of their labels, sorted.
    fn label_values(
        &self,
        name: &str,
        sets: &[Vec<Matcher>],
        start_ms: i64,
        end_ms: i64,
    ) -> Vec<String>;

    /// When the first and the last sample is; 0 where there is none.
    fn times(&self) -> (i64, i64);
}

/// Opens the database as it is now.
pub(crate) type OpenDatabase = Box<dyn Fn() -> Arc<dyn Database> + Send + Sync>;

/// Series in memory.
#[derive(Default)]
pub(crate) struct Memory {
    store: MemoryStore,
    /// The times of the first and of the last sample of each.
    known: BTreeMap<Labels, (i64, i64)>,
}

impl Memory {
    /// Adds samples: Unix time in milliseconds, and the value.
    #[cfg(test)]
    pub(crate) fn append(&mut self, labels: Labels, samples: &[(i64, f64)]) {
        let times = || samples.iter().map(|(at, _)| *at);
        let known = (
            times().min().unwrap_or(i64::MAX),
            times().max().unwrap_or(i64::MIN),
        );
        let (first, last) = *self.known.get(&labels).unwrap_or(&known);
        let known = (first.min(known.0), last.max(known.1));
        self.known.insert(labels.clone(), known);
        self.store.append(labels, samples.iter().copied());
    }
}

impl Queryable for Memory {
    fn select<'a>(
        &'a self,
        matchers: &[Matcher],
        start_ms: i64,
        end_ms: i64,
        hints: &Hints,
    ) -> Result<SeriesIter<'a>, Error> {
        self.store.select(matchers, start_ms, end_ms, hints)
    }
}

impl Database for Memory {
    fn series(&self, sets: &[Vec<Matcher>], start_ms: i64, end_ms: i64) -> Vec<Labels> {
        let is_meant = |labels: &Labels| {
            let all = |set: &Vec<Matcher>| set.iter().all(|m| m.matches_labels(labels));
            sets.is_empty() || sets.iter().any(all)
        };
        let known = self.known.iter();
        let known = known.filter(|(_, (first, last))| *first <= end_ms && *last >= start_ms);
        let meant = known
            .map(|(labels, _)| labels)
            .filter(|labels| is_meant(labels));
        meant.cloned().collect()
    }

    fn label_names(&self, sets: &[Vec<Matcher>], start_ms: i64, end_ms: i64) -> Vec<String> {
        let series = self.series(sets, start_ms, end_ms);
        let names = series
            .iter()
            .flat_map(|labels| labels.iter().map(|(name, _)| name));
        let names: BTreeSet<_> = names.map(str::to_owned).collect();
        names.into_iter().collect()
    }

    fn label_values(
        &self,
        name: &str,
        sets: &[Vec<Matcher>],
        start_ms: i64,
        end_ms: i64,
    ) -> Vec<String> {
        let series = self.series(sets, start_ms, end_ms);
        let values = series.iter().filter_map(|labels| labels.get(name));
        let values: BTreeSet<_> = values.map(str::to_owned).collect();
        values.into_iter().collect()
    }

    fn times(&self) -> (i64, i64) {
        let first = self.known.values().map(|(first, _)| *first).min();
        let last = self.known.values().map(|(_, last)| *last).max();
        (first.unwrap_or_default(), last.unwrap_or_default())
    }
}

//! A store with what this evaluation has written so far on top: later rules read what earlier ones
//! wrote.

use std::collections::BTreeMap;

use exposition::Labels;
use promql::{Error, Hints, Matcher, MemoryStore, Queryable, RawSeries, SeriesIter};

use super::rule::WrittenSample;

/// See the head of the module.
pub(super) struct Overlay<'s> {
    store: &'s dyn Queryable,
    written: MemoryStore,
    is_empty: bool,
}

impl<'s> Overlay<'s> {
    pub(super) fn new(store: &'s dyn Queryable) -> Self {
        Overlay {
            store,
            written: MemoryStore::new(),
            is_empty: true,
        }
    }

    pub(super) fn write(&mut self, sample: &WrittenSample) {
        self.is_empty = false;
        self.written
            .append(sample.labels.clone(), [(sample.at, sample.value)]);
    }
}

impl Queryable for Overlay<'_> {
    fn select<'a>(
        &'a self,
        matchers: &[Matcher],
        start_ms: i64,
        end_ms: i64,
        hints: &Hints,
    ) -> Result<SeriesIter<'a>, Error> {
        let stored = self.store.select(matchers, start_ms, end_ms, hints)?;
        if self.is_empty {
            return Ok(stored);
        }
        let mut written: BTreeMap<Labels, RawSeries<'a>> = BTreeMap::new();
        for series in self.written.select(matchers, start_ms, end_ms, hints)? {
            let series = series?;
            written.insert(series.labels.clone(), series);
        }
        if written.is_empty() {
            return Ok(stored);
        }
        let mut all = Vec::new();
        for series in stored {
            let series = series?;
            all.push(match written.remove(&series.labels) {
                Some(newer) => merged(&series, &newer),
                None => series,
            });
        }
        all.extend(written.into_values());
        Ok(Box::new(all.into_iter().map(Ok)))
    }
}

/// Both, in order of time; at the same time what was written now.
fn merged<'a>(stored: &RawSeries<'_>, written: &RawSeries<'_>) -> RawSeries<'a> {
    let columns = |series: &RawSeries<'_>| -> Vec<(i64, f64)> {
        series
            .times
            .iter()
            .copied()
            .zip(series.values.iter().copied())
            .collect()
    };
    let mut samples: BTreeMap<i64, f64> = columns(stored).into_iter().collect();
    samples.extend(columns(written));
    let times: Vec<i64> = samples.keys().copied().collect();
    let values: Vec<f64> = samples.values().copied().collect();
    RawSeries {
        // What stands for older samples stands for them still.
        summaries: stored.summaries.clone(),
        ..RawSeries::new(stored.labels.clone(), times, values)
    }
}

//! Which series are meant, in the order they are written in.

use exposition::{Labels, is_metric_name};
use promql::{METRIC_NAME, Matcher};
use tsdb::{Reader, SeriesRef};
use vitals_actors::history::matchers;

/// One of them.
pub(super) struct Series {
    pub(super) id: SeriesRef,
    /// Its name is a good one.
    pub(super) labels: Labels,
}

impl Series {
    pub(super) fn name(&self) -> &str {
        self.labels.get(METRIC_NAME).unwrap_or_default()
    }

    /// All labels but the name.
    pub(super) fn others(&self) -> impl Iterator<Item = (&str, &str)> {
        self.labels.iter().filter(|(name, _)| *name != METRIC_NAME)
    }
}

/// Those that any of the selectors selects and that have samples in the range, by name and labels.
pub(super) fn series(
    reader: &Reader,
    selectors: &[Vec<Matcher>],
    from: i64,
    to: i64,
) -> Vec<Series> {
    let mut all: Vec<Series> = selectors
        .iter()
        .flat_map(|selector| reader.select(&matchers(selector), from, to))
        .map(|(id, labels)| Series { id, labels })
        .filter(|series| is_metric_name(series.name()))
        .collect();
    all.sort_by(|a, b| (a.name(), &a.labels).cmp(&(b.name(), &b.labels)));
    all.dedup_by_key(|series| series.id);
    all
}

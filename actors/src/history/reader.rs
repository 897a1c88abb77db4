//! What is read from history: by queries, rules, exports and trends.

use std::{borrow::Cow, collections::BTreeSet};

use exposition::Labels;
use promql::{
    Error, Hints, METRIC_NAME, Matcher, Queryable, RawSeries, Reduction, SeriesIter, Summary, Test,
};
use tsdb::{Chunks, Scratch, SeriesRef};

/// What was there when it was handed out. Cheap to make and to clone. Everything but `find` may read
/// the disk: not on a thread that others wait for.
#[derive(Clone)]
pub struct Reader(tsdb::Reader);

/// Of the samples of a series in a window.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Stats {
    /// How many there are; those that are not a number are none.
    pub count: u64,
    /// The smallest; +Inf where there is none.
    pub min: f64,
    /// The largest; -Inf where there is none.
    pub max: f64,
    /// All together.
    pub sum: f64,
}

impl Stats {
    const NONE: Stats = Stats {
        count: 0,
        min: f64::INFINITY,
        max: f64::NEG_INFINITY,
        sum: 0.0,
    };

    /// The mean of the samples; `None` where there is none.
    pub fn mean(&self) -> Option<f64> {
        (self.count > 0).then(|| self.sum / self.count as f64)
    }

    fn add(&mut self, values: &[f64]) {
        for &value in values.iter().filter(|value| !value.is_nan()) {
            self.count += 1;
            self.min = self.min.min(value);
            self.max = self.max.max(value);
            self.sum += value;
        }
    }

    /// The same of samples of which the store knows it; false where it does not.
    fn add_known(&mut self, known: &tsdb::Stats) -> bool {
        let Some(nan) = known.nan else { return false };
        self.count += known.count - nan;
        self.min = self.min.min(known.min);
        self.max = self.max.max(known.max);
        self.sum += known.sum;
        true
    }
}

impl Reader {
    /// Reads what a head and its journal hold.
    pub fn of(head: &tsdb::Head) -> Self {
        Reader(head.reader())
    }

    /// The same without what is on disk only: the last hours.
    #[must_use]
    pub fn in_memory(&self) -> Self {
        Reader(self.0.in_memory())
    }

    /// From when on it lacks nothing, in milliseconds since the epoch.
    pub fn in_memory_since(&self) -> i64 {
        self.0.in_memory_since()
    }

    /// The store's own reader, for exports and inspection.
    pub fn store(&self) -> &tsdb::Reader {
        &self.0
    }

    /// The series with exactly these labels.
    pub fn find(&self, labels: &Labels) -> Option<SeriesRef> {
        let equal = |(name, value)| tsdb::Matcher::equal(name, value);
        let matchers: Vec<_> = labels.iter().map(equal).collect();
        let found = self.0.select(&matchers, i64::MIN, i64::MAX);
        let is_it = |(_, found): &&(SeriesRef, Labels)| found == labels;
        found.iter().find(is_it).map(|(series, _)| *series)
    }

    /// What is known of a series from one time to another, milliseconds since the epoch, both
    /// included.
    pub fn stats(&self, series: SeriesRef, from_ms: i64, to_ms: i64) -> Stats {
        let mut stats = Stats::NONE;
        let mut scratch = Scratch::default();
        let mut pieces = self.0.stream(series, from_ms, to_ms);
        loop {
            match pieces.known() {
                Some((_, _, known)) if stats.add_known(&known) => pieces.skip(),
                _ if pieces.next(&mut scratch) => stats.add(&scratch.values),
                _ => return stats,
            }
        }
    }

    /// The series that any of the selectors selects and that have samples in the range, sorted.
    pub fn series(&self, selectors: &[Vec<Matcher>], from_ms: i64, to_ms: i64) -> Vec<Labels> {
        let mut all = BTreeSet::new();
        for selector in selectors {
            let found = self.0.select(&matchers(selector), from_ms, to_ms);
            all.extend(found.into_iter().map(|(_, labels)| labels));
        }
        all.into_iter().collect()
    }

    /// The names of labels of such series, sorted; of all series, where there is no selector.
    pub fn label_names(&self, selectors: &[Vec<Matcher>], from: i64, to: i64) -> Vec<String> {
        self.united(selectors, |selector| self.0.label_names(selector, from, to))
    }

    /// The values a label has in such series, sorted; in all series, where there is no selector.
    pub fn label_values(
        &self,
        label: &str,
        selectors: &[Vec<Matcher>],
        from: i64,
        to: i64,
    ) -> Vec<String> {
        self.united(selectors, |selector| {
            self.0.label_values(label, selector, from, to)
        })
    }

    fn united(
        &self,
        selectors: &[Vec<Matcher>],
        of: impl Fn(&[tsdb::Matcher]) -> Vec<String>,
    ) -> Vec<String> {
        match selectors {
            [] => of(&[]),
            [only] => of(&matchers(only)),
            several => {
                let of_each = several.iter().flat_map(|selector| of(&matchers(selector)));
                of_each.collect::<BTreeSet<_>>().into_iter().collect()
            }
        }
    }

    /// Whether a metric of this name has any sample.
    pub fn has_metric(&self, name: &str) -> bool {
        let named = [tsdb::Matcher::equal(METRIC_NAME, name)];
        !self.0.select(&named, i64::MIN, i64::MAX).is_empty()
    }
}

/// The matchers of a selector as the store has them.
pub fn matchers(selector: &[Matcher]) -> Vec<tsdb::Matcher> {
    let of_one = |matcher: &Matcher| match matcher.test() {
        Test::Equal(value) => tsdb::Matcher::equal(matcher.label(), &**value),
        _ => {
            let matcher = matcher.clone();
            let label = matcher.label().to_owned();
            tsdb::Matcher::passes(label, move |value| matcher.matches(value))
        }
    };
    selector.iter().map(of_one).collect()
}

impl Queryable for Reader {
    fn select<'a>(
        &'a self,
        selector: &[Matcher],
        start_ms: i64,
        end_ms: i64,
        hints: &Hints,
    ) -> Result<SeriesIter<'a>, Error> {
        let found = self.0.select(&matchers(selector), start_ms, end_ms);
        let hints = hints.clone();
        let mut scratch = Scratch::default();
        let series = found.into_iter().map(move |(series, labels)| {
            hints.watch.check()?;
            if let Some(reduction) = hints.reduction() {
                let pieces = self.0.stream(series, start_ms, end_ms);
                return Ok(summed_up(labels, pieces, reduction, &hints, &mut scratch));
            }
            self.0.read(series, start_ms, end_ms, &mut scratch);
            Ok(RawSeries {
                labels,
                times: Cow::Owned(std::mem::take(&mut scratch.times)),
                values: Cow::Owned(std::mem::take(&mut scratch.values)),
                summaries: Vec::new(),
            })
        });
        Ok(Box::new(series))
    }
}

/// A series with summaries of the pieces that can do without their samples.
fn summed_up<'a>(
    labels: Labels,
    mut pieces: Chunks<'_>,
    reduction: Reduction,
    hints: &Hints,
    scratch: &mut Scratch,
) -> RawSeries<'a> {
    let (mut times, mut values, mut summaries) = (Vec::new(), Vec::new(), Vec::new());
    loop {
        let known = pieces.known();
        if let Some(summary) = known.and_then(|known| summary(known, reduction, hints)) {
            summaries.push(summary);
            pieces.skip();
        } else if pieces.next(scratch) {
            times.append(&mut scratch.times);
            values.append(&mut scratch.values);
        } else {
            break;
        }
    }
    RawSeries {
        labels,
        times: Cow::Owned(times),
        values: Cow::Owned(values),
        summaries,
    }
}

/// What stands for samples from one time to another, where nothing is lost by it.
fn summary(
    (first_ms, last_ms, stats): (i64, i64, tsdb::Stats),
    reduction: Reduction,
    hints: &Hints,
) -> Option<Summary> {
    // A stale marker is no number, and is no sample of a window.
    let is_whole = stats.nan == Some(0) && (stats.exact || reduction != Reduction::Sum);
    let will_do = is_whole && hints.allow_summary(first_ms, last_ms);
    will_do.then_some(Summary {
        first_ms,
        last_ms,
        count: stats.count,
        min: stats.min,
        max: stats.max,
        sum: stats.sum,
    })
}

//! A store that gives summaries of its chunks where they will do is answered from as one that does not.

use std::cell::Cell;

use exposition::Labels;
use promql::{
    Cancel, Engine, Error, Hints, Matcher, MemoryStore, Queryable, RawSeries, Reduction,
    SeriesIter, Summary,
};

use crate::compare::{by_time, difference};

/// Samples of a chunk.
const CHUNK: usize = 24;

struct Chunked {
    store: MemoryStore,
    /// Samples that were given, and those that were summed up.
    read: Cell<usize>,
    spared: Cell<usize>,
}

impl Queryable for Chunked {
    fn select<'a>(
        &'a self,
        matchers: &[Matcher],
        start_ms: i64,
        end_ms: i64,
        hints: &Hints,
    ) -> Result<SeriesIter<'a>, Error> {
        let all = self.store.select(matchers, i64::MIN, i64::MAX, hints)?;
        let hints = hints.clone();
        Ok(Box::new(all.map(move |series| {
            let series = series?;
            let mut given = RawSeries::new(series.labels, Vec::new(), Vec::new());
            let times = series.times.chunks(CHUNK);
            for (times, values) in times.zip(series.values.chunks(CHUNK)) {
                let (first_ms, last_ms) = (times[0], times[times.len() - 1]);
                let sum = (hints.reduction() != Some(Reduction::Sum)).then_some(f64::NAN);
                let is_inside = first_ms >= start_ms && last_ms <= end_ms;
                if is_inside && hints.allow_summary(first_ms, last_ms) {
                    self.spared.set(self.spared.get() + times.len());
                    given.summaries.push(Summary {
                        first_ms,
                        last_ms,
                        count: times.len() as u64,
                        min: values.iter().copied().fold(f64::NAN, f64::min),
                        max: values.iter().copied().fold(f64::NAN, f64::max),
                        sum: sum.unwrap_or_else(|| values.iter().sum()),
                    });
                    continue;
                }
                for (time, value) in times.iter().zip(values) {
                    if (start_ms..=end_ms).contains(time) {
                        self.read.set(self.read.get() + 1);
                        given.times.to_mut().push(*time);
                        given.values.to_mut().push(*value);
                    }
                }
            }
            Ok(given)
        })))
    }
}

#[test]
fn they_stand_for_the_samples() {
    let mut rng = fastrand::Rng::with_seed(1);
    let mut store = MemoryStore::new();
    for name in ["a", "b"] {
        let mut time = 0;
        let samples = (0..2_000).map(|_| {
            time += if rng.u8(..) == 0 { 300_000 } else { 10_000 };
            (time, f64::from(rng.i32(-1_000..1_000)))
        });
        let labels = Labels::none().with("__name__", "x").with("n", name);
        store.append(labels, samples.collect::<Vec<_>>());
    }
    let chunked = Chunked {
        store: store.clone(),
        read: Cell::new(0),
        spared: Cell::new(0),
    };
    let cancel = Cancel::new();
    for function in ["count", "min", "max", "sum", "avg"] {
        for window in ["[1h]", "[3h]", "[30m] offset 7m", "[2h] @ 15000", "[1h:1m]"] {
            let text = format!("{function}_over_time(x{window})");
            let query = Engine::default().parse(&text).expect(&text);
            for step in [60_000, 3_600_000, 9_999_000] {
                let range = |store| query.range(store, 9_000_000, 21_000_000, step, &cancel);
                let plain = by_time(range(&store).expect(&text));
                let spared = by_time(range(&chunked).expect(&text));
                assert!(!plain.is_empty(), "{text}");
                assert_eq!(difference(&spared, &plain), None, "{text} {step}");
            }
        }
    }
    // An instant query of a long window reads its ends only.
    chunked.read.set(0);
    chunked.spared.set(0);
    let query = Engine::default()
        .parse("max_over_time(x[4h])")
        .expect("a query");
    query
        .instant(&chunked, 19_005_000, &cancel)
        .expect("an answer");
    assert!(chunked.read.get() <= 4 * CHUNK && chunked.spared.get() > 2_000);
    // What needs every sample gets them.
    chunked.spared.set(0);
    let query = Engine::default().parse("rate(x[4h]) + quantile_over_time(0.5, x[4h])");
    let query = query.expect("a query");
    query
        .instant(&chunked, 19_005_000, &cancel)
        .expect("an answer");
    assert_eq!(chunked.spared.get(), 0);
}

//! A query reads nothing from before it says that it does.

use std::sync::atomic::{AtomicI64, Ordering::Relaxed};

use promql::{Cancel, Engine, Error, Hints, Matcher, MemoryStore, Queryable, SeriesIter};
use proptest::prelude::*;

use crate::{
    data::{self, Place, START_MS},
    generate::{Dialect, Generator},
};

/// Remembers the earliest time it was asked for.
struct Watched<'s> {
    store: &'s MemoryStore,
    earliest: AtomicI64,
}

impl Queryable for Watched<'_> {
    fn select<'a>(
        &'a self,
        matchers: &[Matcher],
        start_ms: i64,
        end_ms: i64,
        hints: &Hints,
    ) -> Result<SeriesIter<'a>, Error> {
        self.earliest.fetch_min(start_ms, Relaxed);
        self.store.select(matchers, start_ms, end_ms, hints)
    }
}

/// From when on it reads, before the moment of its evaluation.
fn read_back(store: &MemoryStore, text: &str, at: i64) -> (Option<i64>, i64) {
    let query = Engine::default()
        .parse(text)
        .unwrap_or_else(|error| panic!("{text}: {error}"));
    let watched = Watched {
        store,
        earliest: AtomicI64::new(at),
    };
    let _ = query.instant(&watched, at, &Cancel::new());
    (query.reach_ms(), at - watched.earliest.into_inner())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, ..ProptestConfig::default() })]

    #[test]
    fn nothing_is_read_from_before(seed in any::<u64>(), of_data in 0u64..2) {
        let store = data::store(&data::series(of_data, Place::OnBoundaries));
        let text = Generator::new(seed, Dialect::Three).query();
        let (reach, read) = read_back(&store, &text, START_MS + 1_800_000);
        if let Some(reach) = reach {
            prop_assert!(read <= reach, "{}: {} > {}", text, read, reach);
        }
    }

    #[test]
    fn what_is_of_now_is_the_same_at_any_time_where_nothing_is_read(seed in any::<u64>()) {
        let text = Generator::new(seed, Dialect::Three).query();
        let query = Engine::default().parse(&text).unwrap();
        let answer = |at| {
            let answer = query.instant(&MemoryStore::new(), at, &Cancel::new());
            format!("{:?}", answer.map(|answer| answer.value))
        };
        if query.is_of_now() {
            prop_assert_eq!(answer(START_MS), answer(START_MS + 12_345_678), "{}", text);
        }
    }
}

#[test]
fn what_asks_for_the_time_or_another_is_not_of_now() {
    for (text, is_of_now) in [
        ("level > 3 and on () vector(pi())", true),
        ("topk(2, rate(requests_total[7m]))", true),
        ("hour(level)", true),
        ("hour() > 5 and level", false),
        ("level or vector(time())", false),
        ("topk(scalar(level offset 20m), memory)", false),
        ("level @ 5", false),
        ("max_over_time(level[1h:1m])", false),
    ] {
        let query = Engine::default().parse(text).unwrap();
        assert_eq!(query.is_of_now(), is_of_now, "{text}");
    }
}

#[test]
fn it_reaches_no_farther_than_it_has_to() {
    const MINUTE: i64 = 60_000;
    let store = data::store(&data::series(0, Place::OnBoundaries));
    for (text, minutes) in [
        ("1", 0),
        ("level", 5),
        ("level offset 1h", 65),
        ("level offset -1h", 0),
        ("rate(requests_total[7m])", 7),
        ("max_over_time(rate(requests_total[5m])[1h:1m])", 65),
        ("max_over_time(level[1h:1m] offset 10m)", 75),
        ("-sum(level > 3) by (job) or (memory offset 2m)", 7),
        ("topk(scalar(level offset 20m), memory)", 25),
    ] {
        let (reach, read) = read_back(&store, text, START_MS + 1_800_000);
        assert_eq!(reach, Some(minutes * MINUTE), "{text}");
        // The first of a window is behind its beginning, and a subquery's are at multiples of its step.
        assert!(
            read <= minutes * MINUTE && read >= (minutes - 6) * MINUTE,
            "{text}: {read}"
        );
    }
    for text in [
        "level @ 5",
        "sum(level) + max_over_time(memory[5m] @ end())",
    ] {
        assert_eq!(read_back(&store, text, START_MS).0, None, "{text}");
    }
}

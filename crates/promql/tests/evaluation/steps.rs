//! A range query answers, at each step, what an instant query answers there: to the last bit.

use exposition::Labels;
use promql::{Cancel, Engine, MemoryStore, Value};
use proptest::prelude::*;

use crate::{
    compare::{Answers, by_time, difference},
    data::{self, Place, START_MS},
    generate::{Dialect, Generator},
};

/// Of an instant query `topk` and `sort` order what comes out of them.
fn is_reordered(text: &str) -> bool {
    let reorder = ["topk", "bottomk", "sort"];
    reorder.iter().any(|name| text.contains(name))
}

fn bits(answers: &Answers) -> Vec<(i64, &Labels, u64)> {
    let all = answers.iter().flat_map(|(time, at)| {
        at.iter().map(move |(labels, value)| {
            let bits = if value.is_nan() { f64::NAN } else { *value }.to_bits();
            (*time, labels, bits)
        })
    });
    all.collect()
}

fn holds(store: &MemoryStore, text: &str, start: i64, end: i64, step: i64) {
    // Of the whole query, which an instant query does not know; and what takes the first ones.
    let whole = text.contains("start()") || text.contains("end()");
    if whole || (is_reordered(text) && text.contains("limitk")) {
        return;
    }
    let query = Engine::default()
        .parse(text)
        .unwrap_or_else(|error| panic!("{text}: {error}"));
    let cancel = Cancel::new();
    let range = query.range(store, start, end, step, &cancel);
    let mut failed = false;
    let mut instants = Answers::new();
    for time in (start..=end).step_by(step as usize) {
        let Ok(answer) = query.instant(store, time, &cancel) else {
            failed = true;
            continue;
        };
        let at = match answer.value {
            Value::Vector(vector) => vector.into_iter().map(|one| (one.labels, one.value)),
            Value::Scalar(value) => {
                instants.insert(time, [(Labels::none(), value)].into());
                continue;
            }
            other => panic!("{text}: {other:?}"),
        };
        instants.insert(time, at.collect());
    }
    assert_eq!(range.is_err(), failed, "{text}: {range:?}");
    if let Ok(range) = range {
        let range = by_time(range);
        if is_reordered(text) {
            assert_eq!(difference(&range, &instants), None, "{text}");
        } else {
            assert_eq!(bits(&range), bits(&instants), "{text}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn range_is_all_its_instants(seed in any::<u64>(), of_data in 0u64..4, step in 1i64..90) {
        let store = data::store(&data::series(of_data, Place::OnBoundaries));
        let text = Generator::new(seed, Dialect::Three).query();
        let start = START_MS + 300_000;
        holds(&store, &text, start, start + 20 * step * 1_000, step * 1_000);
    }
}

#[test]
fn wide_windows_are_all_their_instants() {
    let mut store = MemoryStore::new();
    let mut rng = fastrand::Rng::with_seed(7);
    let samples = (0..3_000).map(|nth| {
        let value = if nth % 97 == 0 {
            f64::NAN
        } else {
            rng.f64() * 1e6
        };
        (START_MS + nth * 1_000 + rng.i64(0..900), value)
    });
    let name = Labels::none().with("__name__", "x");
    store.append(name.clone(), samples.collect::<Vec<_>>());
    let finite = (0..3_000).map(|nth| (START_MS + nth * 1_000, (nth % 89) as f64 * 0.1));
    store.append(
        Labels::none().with("__name__", "y"),
        finite.collect::<Vec<_>>(),
    );
    for function in ["sum", "avg", "min", "max", "count"] {
        for range in ["2m9s", "10m", "33m20s"] {
            for name in ["x", "y"] {
                let text = format!("{function}_over_time({name}[{range}])");
                let start = START_MS + 1_234_567;
                holds(&store, &text, start, start + 600_000, 7_777);
            }
        }
    }
}

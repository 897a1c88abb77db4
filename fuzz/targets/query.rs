//! Any text is a query or is refused, quickly and in words that can be shown; a query is evaluated or
//! fails within its limits; and laid out anew it is the same query.
#![no_main]

use std::{sync::LazyLock, time::Duration};

use exposition::Labels;
use libfuzzer_sys::fuzz_target;
use promql::{Cancel, Engine, Limits, MemoryStore, Query, QueryType, STALE_BITS, Value};

/// A few series of the names that the seeds ask for, with gaps, ends and odd values.
static STORE: LazyLock<MemoryStore> = LazyLock::new(|| {
    let mut store = MemoryStore::new();
    for (nth, name) in ["a", "a", "b", "c_total", "c_bucket", "c_bucket"].iter().enumerate() {
        let labels = Labels::new([("job", format!("j{}", nth % 2)), ("le", format!("{nth}"))]);
        let samples = (0..40).filter(|at| (at + nth as i64) % 7 != 0).map(|at| {
            let value = match at % 13 {
                3 => f64::NAN,
                5 => f64::INFINITY,
                7 => f64::from_bits(STALE_BITS),
                odd => (odd * odd - 20) as f64 * 1.5,
            };
            (at * 15_000, value)
        });
        store.append(labels.with("__name__", *name), samples);
    }
    store
});

fn bits(value: &Value) -> Vec<(Labels, i64, u64)> {
    let bits = |value: f64| if value.is_nan() { 0 } else { value.to_bits() };
    match value {
        Value::Scalar(value) => vec![(Labels::none(), 0, bits(*value))],
        Value::Text(_) => Vec::new(),
        Value::Vector(samples) => {
            samples.iter().map(|one| (one.labels.clone(), 0, bits(one.value))).collect()
        }
        Value::Matrix(rows) => {
            let points = rows.iter().flat_map(|row| {
                row.samples.iter().map(|(at, value)| (row.labels.clone(), *at, bits(*value)))
            });
            points.collect()
        }
    }
}

fn range(query: &Query) -> Result<Vec<(Labels, i64, u64)>, String> {
    let answer = query.range(&*STORE, 120_000, 480_000, 45_000, &Cancel::new());
    answer.map(|answer| bits(&answer.value)).map_err(|error| error.to_string())
}

fuzz_target!(|text: &str| {
    let mut limits = Limits::of_bytes(usize::MAX);
    limits.timeout = Duration::from_secs(2);
    limits.samples = 200_000;
    let engine = Engine::new(limits);
    let query = match engine.parse(text) {
        Ok(query) => query,
        Err(error) => {
            assert!(!error.to_string().is_empty());
            return;
        }
    };
    let _ = query.instant(&*STORE, 300_000, &Cancel::new());
    if matches!(query.query_type(), QueryType::Matrix | QueryType::Text) {
        return;
    }
    let answer = range(&query);
    let printed = query.to_string();
    // It may be longer than what was written.
    let Ok(again) = engine.parse(&printed) else {
        assert!(printed.len() > text.len(), "{printed}");
        return;
    };
    assert_eq!(again.to_string(), printed);
    let repeated = range(&again);
    let late = "query timed out in expression evaluation";
    if ![&answer, &repeated].iter().any(|one| one.as_ref().is_err_and(|error| error == late)) {
        assert_eq!(answer, repeated, "{printed}");
    }
});

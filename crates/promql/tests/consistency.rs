//! A range query must answer, at each step, what an instant query answers there.

use exposition::Labels;
use promql::{Cancel, Engine, MemoryStore, STALE_BITS, Value};
use std::collections::BTreeMap;

const EXPRESSIONS: &[&str] = &[
    "x",
    "x offset 7s",
    "-x",
    "timestamp(x)",
    "rate(x[1m])",
    "increase(x[37s])",
    "delta(x[1m])",
    "irate(x[1m])",
    "idelta(x[1m])",
    "changes(x[1m])",
    "resets(x[1m])",
    "deriv(x[1m])",
    "predict_linear(x[1m] offset 13s, 60)",
    "sum_over_time(x[1m])",
    "avg_over_time(x[1m])",
    "min_over_time(x[1m])",
    "max_over_time(x[1m])",
    "stddev_over_time(x[1m])",
    "quantile_over_time(0.3, x[1m])",
    "last_over_time(x[1m])",
    "absent_over_time(x{i=\"0\"}[20s])",
    "absent(x{i=\"0\"})",
    "max_over_time(rate(x[1m])[2m:7s])",
    "sum_over_time((x > 3)[1m:9s] offset 11s)",
    "sum(x)",
    "avg by(g)(x)",
    "min without(i)(x)",
    "stddev(x)",
    "count_values(\"v\", x % 3)",
    "topk(2, x)",
    "bottomk by(g)(1, x)",
    "quantile(0.6, x)",
    "x > 5",
    "x > bool 5",
    "5 < x",
    "x + on(i) y",
    "x * on(g, i) group_left(z) y",
    "x and on(i) y",
    "x or on(i) y",
    "x unless on(i) y",
    "x == x offset 10s",
    "scalar(sum(x)) + x",
    "label_replace(x, \"h\", \"$1\", \"i\", \"(.*)\")",
    "clamp(x, scalar(min(x)), time() % 7)",
    "histogram_quantile(0.5, label_replace(x, \"le\", \"$1\", \"i\", \"(.*)\"))",
];

/// Noise with gaps, stale markers, NaN and resets; the same on every run.
fn store() -> MemoryStore {
    let mut state = 42u64;
    let mut next = move |below: u64| {
        state = state
            .wrapping_mul(6364136223846793005)
            .wrapping_add(1442695040888963407);
        (state >> 33) % below
    };
    let mut store = MemoryStore::default();
    for i in 0..6 {
        let name = if i < 4 { "x" } else { "y" };
        let labels = [
            ("__name__", name.to_owned()),
            ("i", format!("{}", i % 4)),
            ("g", format!("{}", i % 2)),
            ("z", "z".into()),
        ];
        let mut time = 0;
        let samples: Vec<(i64, f64)> = (0..200)
            .map(|_| {
                time += 1000 + next(20_000) as i64 + if next(15) == 0 { 400_000 } else { 0 };
                let value = match next(12) {
                    0 => f64::from_bits(STALE_BITS),
                    1 => f64::NAN,
                    _ => next(12) as f64,
                };
                (time, value)
            })
            .collect();
        store.append(Labels::new(labels), samples);
    }
    store
}

#[test]
fn range_equals_instant_at_every_step() {
    let (store, engine) = (store(), Engine::default());
    let (start, end, step) = (-30_000, 4_000_000, 17_000);
    for expression in EXPRESSIONS {
        let query = engine.parse(expression).unwrap();
        let cancel = Cancel::new();
        let answer = query.range(&store, start, end, step, &cancel).unwrap();
        let Value::Matrix(matrix) = answer.value else {
            panic!()
        };
        let mut by_time: BTreeMap<i64, BTreeMap<Labels, u64>> = BTreeMap::new();
        for series in matrix {
            for (time, value) in series.samples {
                by_time
                    .entry(time)
                    .or_default()
                    .insert(series.labels.clone(), canonical(value));
            }
        }
        assert!(!by_time.is_empty(), "{expression} is empty");
        for time in (start..=end).step_by(step as usize) {
            let answer = query.instant(&store, time, &cancel).unwrap();
            let Value::Vector(vector) = answer.value else {
                panic!()
            };
            let instant: BTreeMap<Labels, u64> = vector
                .into_iter()
                .map(|s| (s.labels, canonical(s.value)))
                .collect();
            assert_eq!(
                by_time.remove(&time).unwrap_or_default(),
                instant,
                "{expression} at {time}"
            );
        }
    }
}

fn canonical(value: f64) -> u64 {
    if value.is_nan() {
        f64::NAN.to_bits()
    } else {
        value.to_bits()
    }
}

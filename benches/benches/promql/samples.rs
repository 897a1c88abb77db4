//! Counters with noise and a reset now and then: fifty names of twenty series, four jobs.

use exposition::Labels;
use promql::{METRIC_NAME, MemoryStore};

const EVERY_MS: i64 = 10_000;
const START_MS: i64 = 1_700_000_000_000;
const SPAN_MS: i64 = 7 * 86_400_000;

/// When the last sample is.
pub(crate) const END_MS: i64 = START_MS + SPAN_MS - EVERY_MS;

pub(crate) fn store() -> MemoryStore {
    let mut store = MemoryStore::new();
    for number in 0..1_000u64 {
        let job = format!("j{}", number % 4);
        let labels = Labels::new([("job", job), ("instance", format!("i{number}"))]);
        let labels = labels.with(METRIC_NAME, format!("m{:02}", number / 20));
        let mut state = number + 1;
        let mut value = 0.0;
        let samples = (0..SPAN_MS / EVERY_MS).map(|tick| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            value = match state % 5_000 {
                0 => 0.0,
                _ => value + (state >> 40) as f64 / 1e4,
            };
            (START_MS + tick * EVERY_MS, value)
        });
        store.append(labels, samples);
    }
    store
}

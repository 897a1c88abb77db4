//! The same series and samples for everybody.

use exposition::Labels;

pub(crate) use mix::Mix;

#[path = "../../../crates/tsdb/tests/mix.rs"]
mod mix;

/// Milliseconds between two samples.
pub(crate) const STEP: i64 = 10_000;
pub(crate) const DAY: i64 = 86_400_000;
/// The first tick: a midnight.
pub(crate) const START: i64 = 1_790_000_000_000 / DAY * DAY;
/// Ticks in a window of two hours.
pub(crate) const WINDOW: usize = 720;

/// Twenty series to a metric.
pub(crate) fn labels(n: usize) -> [(&'static str, String); 4] {
    [
        ("__name__", format!("iris_metric_{:03}", n / 20)),
        ("instance", format!("host{}:9090", n % 20)),
        ("job", format!("job{}", n % 4)),
        ("kind", format!("k{}", n % 10)),
    ]
}

pub(crate) fn all_labels(series: usize) -> Vec<Labels> {
    (0..series).map(|n| Labels::new(labels(n))).collect()
}

pub(crate) fn at(tick: usize) -> i64 {
    START + tick as i64 * STEP
}

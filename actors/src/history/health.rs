//! `vitals_history_*`: how history is.

use exposition::{Labels, MetricFamily};
use tsdb::Head;

/// What is told of history: how much there is, how far the disk is, and what was lost. `behind`:
/// samples that never came to the head, which had too much to do.
pub fn families(head: &Head, behind: u64) -> Vec<MetricFamily> {
    let health = head.health();
    let counts = &health.counts;
    let gauge = |name: &'static str, help: &'static str, value: f64| {
        MetricFamily::gauge(name, help).with(Labels::none(), value)
    };
    let counter = |name: &'static str, help: &'static str, value: u64| {
        MetricFamily::counter(name, help).with(Labels::none(), value as f64)
    };
    let mut dropped = MetricFamily::counter(
        "vitals_history_dropped_samples_total",
        "Samples that are not in the history, by why.",
    );
    for (reason, count) in [
        ("duplicate", counts.duplicates),
        ("conflict", counts.conflicts),
        ("too_old", counts.too_old),
        ("series_limit", counts.refused),
        ("not_stored", counts.not_stored),
        ("history_behind", behind),
    ] {
        dropped.push(Labels::new([("reason", reason)]), count as f64);
    }
    let mut refused = MetricFamily::counter(
        "vitals_history_refused_series_total",
        "Series that were refused because their source, or all together, have too many.",
    );
    for source in head.refused() {
        refused.push(
            Labels::new([("collector", source.source)]),
            source.times as f64,
        );
    }
    let mut families = vec![
        gauge(
            "vitals_history_series",
            "Series that are active.",
            counts.active_series as f64,
        ),
        gauge(
            "vitals_history_blocks",
            "Blocks on disk.",
            counts.blocks as f64,
        ),
        gauge(
            "vitals_history_bytes",
            "Bytes of all blocks on disk.",
            counts.block_bytes as f64,
        ),
        gauge(
            "vitals_history_memory_bytes",
            "Bytes of samples that are in memory, and in the log only.",
            counts.generation_bytes as f64,
        ),
        gauge(
            "vitals_history_waiting_bytes",
            "Bytes that wait for the disk.",
            counts.waiting_bytes as f64,
        ),
        counter(
            "vitals_history_samples_total",
            "Samples taken in.",
            counts.taken,
        ),
        counter(
            "vitals_history_damaged_parts_total",
            "Parts of files that were damaged, at the start and since.",
            counts.damages,
        ),
        counter(
            "vitals_history_unreadable_reads_total",
            "Reads of parts that failed.",
            counts.unreadable,
        ),
        dropped,
        refused,
    ];
    if let Some(at_ms) = health.durable.at_ms {
        families.push(gauge(
            "vitals_history_durable_timestamp_seconds",
            "Everything up to this moment would survive a power failure.",
            at_ms as f64 / 1e3,
        ));
    }
    families
}

//! `node_time_seconds`.

use std::time::{SystemTime, UNIX_EPOCH};

use exposition::{Labels, MetricFamily};

/// Absent before 1970.
pub(super) fn family(now: SystemTime) -> Option<MetricFamily> {
    let since_epoch = now.duration_since(UNIX_EPOCH).ok()?;
    let family = MetricFamily::gauge(
        "node_time_seconds",
        "System time in seconds since epoch (1970).",
    );
    Some(family.with(Labels::none(), since_epoch.as_secs_f64()))
}

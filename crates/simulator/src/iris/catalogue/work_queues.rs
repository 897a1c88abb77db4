//! The work queue manager.

use super::{Family, Series, Version, View, gauge};

pub(super) const ALL: &[Family] = &[
    gauge(
        "iris_wqm_active_worker_jobs",
        "Average number of worker jobs running logic that are not blocked",
        |view, out| {
            each(view, out, 139, 0.0, 1.0);
        },
    ),
    gauge(
        "iris_wqm_commands_per_sec",
        "Average number of commands executed in this Work Queue Management category (per second)",
        |view, out| {
            each(view, out, 140, 300.0, 900.0);
        },
    ),
    gauge(
        "iris_wqm_globals_per_sec",
        "Average number of global references run in this Work Queue Management category (per second)",
        |view, out| {
            each(view, out, 141, 40.0, 160.0);
        },
    ),
    gauge(
        "iris_wqm_max_active_worker_jobs",
        "Maximum number of active workers since the last log entry was recorded",
        |view, out| {
            each(view, out, 142, 0.0, 2.0);
        },
    ),
    gauge(
        "iris_wqm_max_work_queue_depth",
        "Maximum number of entries in the queue of this Work Queue Management category since the last log",
        |view, out| {
            each(view, out, 143, 0.0, 3.0);
        },
    ),
    gauge(
        "iris_wqm_waiting_worker_jobs",
        "Average number of idle worker jobs waiting for a group to connect to and do work for",
        |view, out| {
            each(view, out, 144, 3.0, 0.0);
        },
    ),
];

fn each(view: &View<'_>, out: &mut Series, stream: u64, quiet: f64, busy: f64) {
    let categories: &[&str] = match view.version() {
        Version::V2024 => &["SYS"],
        Version::V2026 | Version::Community => &["Default", "SYS"],
    };
    for category in categories {
        out.push(&[("id", category)], view.about(stream, quiet, busy));
    }
}

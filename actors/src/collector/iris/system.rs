//! IRIS as a whole: version, state, licence, journal, alerts, write daemon.

use std::collections::BTreeMap;

use super::native::Native;
use crate::collector::told::Told;

const MEGABYTE: f64 = 1_048_576.0;
const DAY_SECONDS: f64 = 86_400.0;

pub(super) fn tell(native: &Native, told: &mut Told) {
    if let Some((labels, _)) = native.series("iris_system_info").next() {
        let of = |name| labels.get(name).unwrap_or("unknown");
        let labels = [("version", of("version")), ("product", of("product"))];
        told.gauge_of("vitals_iris_info", "Version and product.", labels, 1.0);
    }
    let mut gauge = |name, help: &'static str, value: Option<f64>| {
        if let Some(value) = value {
            told.gauge(name, help, value);
        }
    };
    gauge(
        "vitals_iris_system_state",
        "-1 hung, 0 well, 1 warning, 2 alert.",
        native.value("iris_system_state"),
    );
    gauge(
        "vitals_iris_license_used_ratio",
        "Licence units in use.",
        native
            .value("iris_license_percent_used")
            .map(|percent| percent / 100.0),
    );
    gauge(
        "vitals_iris_license_expiry_seconds",
        "Time until the licence expires.",
        native
            .value("iris_license_days_remaining")
            .map(|days| days * DAY_SECONDS),
    );
    gauge(
        "vitals_iris_write_daemon_cycle_seconds",
        "Time of the last cycle of the write daemon.",
        native.value("iris_wd_cycle_time").map(|ms| ms / 1e3),
    );
    if let Some(alerts) = native.value("iris_system_alerts") {
        let help = "Alerts posted since IRIS was started.";
        told.counter_of("vitals_iris_alerts_total", help, [], alerts);
    }
    // The same directory is often primary and secondary.
    let mut free: BTreeMap<&str, f64> = BTreeMap::new();
    for (labels, megabytes) in native.series("iris_jrn_free_space") {
        let directory = labels.get("dir").or(labels.get("id")).unwrap_or_default();
        let least = free.entry(directory).or_insert(megabytes);
        *least = least.min(megabytes);
    }
    for (directory, megabytes) in free {
        let help = "Free space in a journal directory.";
        let labels = [("dir", directory)];
        told.gauge_of(
            "vitals_iris_journal_free_bytes",
            help,
            labels,
            megabytes * MEGABYTE,
        );
    }
}

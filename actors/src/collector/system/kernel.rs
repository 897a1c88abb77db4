//! The kernel's own counters in `/proc/stat`.

use exposition::{Labels, MetricFamily, MetricType};

use super::stat::Stat;

pub(super) fn families(stat: &Stat, families: &mut Vec<MetricFamily>) {
    use MetricType::{Counter, Gauge};
    let told = [
        (
            "node_intr_total",
            "Total number of interrupts serviced.",
            Counter,
            stat.interrupts,
        ),
        (
            "node_context_switches_total",
            "Total number of context switches.",
            Counter,
            stat.context_switches,
        ),
        (
            "node_forks_total",
            "Total number of forks.",
            Counter,
            stat.forks,
        ),
        (
            "node_boot_time_seconds",
            "Node boot time, in unixtime.",
            Gauge,
            stat.boot_time,
        ),
        (
            "node_procs_running",
            "Number of processes in runnable state.",
            Gauge,
            stat.processes_running,
        ),
        (
            "node_procs_blocked",
            "Number of processes blocked waiting for I/O to complete.",
            Gauge,
            stat.processes_blocked,
        ),
    ];
    families.extend(told.into_iter().filter_map(|(name, help, kind, value)| {
        Some(MetricFamily::new(name, help, kind).with(Labels::none(), value? as f64))
    }));
}

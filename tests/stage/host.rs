//! What the kernel says, read by ourselves.

use std::{collections::BTreeMap, fs};

use super::vitals::Vitals;

/// Resident memory of a process.
pub(crate) fn resident_bytes(vitals: &Vitals) -> u64 {
    let status = vitals.proc("status");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes = line.unwrap().trim().trim_end_matches(" kB");
    kilobytes.parse::<u64>().unwrap() * 1024
}

/// Threads of a process, without those of pools, which come and go with the work there is.
pub(crate) fn threads(vitals: &Vitals) -> usize {
    let tasks = fs::read_dir(format!("/proc/{}/task", vitals.process.id())).unwrap();
    let names = tasks.map(|task| fs::read_to_string(task.unwrap().path().join("comm")));
    // One that ends meanwhile has no name.
    let lasting = |name: &String| name.trim_end() != "tokio-rt-worker";
    names.filter_map(Result::ok).filter(lasting).count()
}

/// The share of the memory that is in use.
pub(crate) fn memory_used_ratio() -> f64 {
    1.0 - memory("MemAvailable:") / memory("MemTotal:")
}

/// A line of `/proc/meminfo`, in bytes.
fn memory(name: &str) -> f64 {
    let lines = fs::read_to_string("/proc/meminfo").unwrap();
    let line = lines.lines().find_map(|line| line.strip_prefix(name));
    let kilobytes = line.unwrap().trim().trim_end_matches(" kB");
    kilobytes.parse::<f64>().unwrap() * 1024.0
}

/// What the host is doing at one moment, under the names of the series.
pub(crate) struct RunsOn(pub(crate) BTreeMap<String, f64>);

const MODES: [&str; 8] = [
    "user", "nice", "system", "idle", "iowait", "irq", "softirq", "steal",
];

/// The columns of `/proc/net/dev` that count what every interface counts.
const LO: [(usize, &str); 4] = [
    (0, "node_network_receive_bytes_total"),
    (1, "node_network_receive_packets_total"),
    (8, "node_network_transmit_bytes_total"),
    (9, "node_network_transmit_packets_total"),
];

impl RunsOn {
    /// Now.
    pub(crate) fn read() -> Self {
        let mut values = BTreeMap::new();
        let stat = fs::read_to_string("/proc/stat").unwrap();
        for line in stat.lines() {
            let Some((cpu, times)) = line.strip_prefix("cpu").and_then(|l| l.split_once(' '))
            else {
                continue;
            };
            for (mode, ticks) in MODES.iter().zip(times.split_whitespace()) {
                if !cpu.is_empty() {
                    let series = format!(r#"node_cpu_seconds_total{{cpu="{cpu}",mode="{mode}"}}"#);
                    // USER_HZ is 100 everywhere.
                    values.insert(series, ticks.parse::<f64>().unwrap() / 100.0);
                }
            }
        }
        let devices = fs::read_to_string("/proc/net/dev").unwrap();
        let lo = devices
            .lines()
            .find_map(|line| line.trim().strip_prefix("lo:"));
        let lo: Vec<&str> = lo.unwrap().split_whitespace().collect();
        for (column, name) in LO {
            values.insert(
                format!(r#"{name}{{device="lo"}}"#),
                lo[column].parse().unwrap(),
            );
        }
        let total = memory("MemTotal:");
        values.insert("node_memory_MemTotal_bytes".to_owned(), total);
        RunsOn(values)
    }
}

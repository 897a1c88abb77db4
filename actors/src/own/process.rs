//! `process_*`: what the process itself uses, under the names that every Prometheus client has.

use std::process;

use exposition::{Labels, MetricFamily};
use rustix::{
    fs::stat,
    process::{Resource, getrlimit},
    time::{ClockId, clock_gettime},
};
use sysinfo::{Pid, ProcessRefreshKind, ProcessesToUpdate, System};

/// Looks at the own process; what it has to know of the machine it finds out once.
pub(super) struct Process(Option<System>);

impl Process {
    pub(super) fn own() -> Self {
        Process(System::new().ok())
    }

    /// One reading. Empty where the platform tells nothing.
    pub(super) fn families(&mut self) -> Vec<MetricFamily> {
        self.0.as_mut().map(families).unwrap_or_default()
    }
}

fn families(system: &mut System) -> Vec<MetricFamily> {
    let pid = Pid::from_u32(process::id());
    // With CPU time it would read that of the machine, too.
    let what = ProcessRefreshKind::nothing().with_memory().without_tasks();
    system.refresh_processes_specifics(ProcessesToUpdate::Some(&[pid]), false, what);
    let Some(process) = system.process(pid) else {
        return Vec::new();
    };
    let none = Labels::none;
    let mut families = vec![
        MetricFamily::counter(
            "process_cpu_seconds_total",
            "Total user and system CPU time spent in seconds.",
        )
        .with(none(), cpu_seconds()),
        MetricFamily::gauge(
            "process_resident_memory_bytes",
            "Resident memory size in bytes.",
        )
        .with(none(), process.memory() as f64),
        MetricFamily::gauge(
            "process_virtual_memory_bytes",
            "Virtual memory size in bytes.",
        )
        .with(none(), process.virtual_memory() as f64),
        MetricFamily::gauge(
            "process_start_time_seconds",
            "Start time of the process since unix epoch in seconds.",
        )
        .with(none(), process.start_time() as f64),
    ];
    if let Some(open) = open_files().or_else(|| Some(process.open_files()? as u64)) {
        families.push(
            MetricFamily::gauge("process_open_fds", "Number of open file descriptors.")
                .with(none(), open as f64),
        );
    }
    // sysinfo would read all limits from a file.
    if let Some(limit) = getrlimit(Resource::Nofile).current {
        families.push(
            MetricFamily::gauge(
                "process_max_fds",
                "Maximum number of open file descriptors.",
            )
            .with(none(), limit as f64),
        );
    }
    families
}

fn cpu_seconds() -> f64 {
    let used = clock_gettime(ClockId::ProcessCPUTime);
    used.tv_sec as f64 + used.tv_nsec as f64 / 1e9
}

/// Since Linux 6.2 the size of the directory is how many there are, see proc_pid_fd(5); before, it is none.
fn open_files() -> Option<u64> {
    let size = stat("/proc/self/fd").ok()?.st_size;
    u64::try_from(size).ok().filter(|open| *open > 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use exposition::Value;

    /// Seconds.
    fn cpu_by_the_kernel() -> f64 {
        let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
        let (_, fields) = stat.rsplit_once(')').unwrap();
        let ticks = fields.split_whitespace().skip(11).take(2);
        let ticks: f64 = ticks.map(|ticks| ticks.parse::<f64>().unwrap()).sum();
        ticks / rustix::param::clock_ticks_per_second() as f64
    }

    #[test]
    fn the_process_has_memory_files_and_a_past() {
        let before = cpu_by_the_kernel();
        let families = Process::own().families();
        let value = |name: &str| {
            let family = families.iter().find(|f| f.name == name);
            match family.and_then(|f| f.metrics.first()).map(|m| &m.value) {
                Some(Value::Number(value)) => *value,
                other => panic!("{name}: {other:?}"),
            }
        };
        assert!(value("process_resident_memory_bytes") > 100_000.0);
        assert!(value("process_open_fds") >= 3.0);
        let told = value("process_cpu_seconds_total");
        // The kernel counts in ticks there.
        let within = before - 0.02..=cpu_by_the_kernel() + 0.02;
        assert!(within.contains(&told), "{told}: {within:?}");
        let limits = std::fs::read_to_string("/proc/self/limits").unwrap();
        let line = limits
            .lines()
            .find(|line| line.starts_with("Max open files"));
        let soft = line.unwrap().split_whitespace().nth(3).unwrap();
        assert_eq!(value("process_max_fds").to_string(), soft);
        let now = jiff::Timestamp::now().as_second() as f64;
        let age = now - value("process_start_time_seconds");
        assert!((-2.0..3600.0).contains(&age), "{age}");
    }
}

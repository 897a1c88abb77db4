//! `process_*`: what the process itself uses, under the names that every Prometheus client has.

use std::{fs, process};

use exposition::{Labels, MetricFamily};
use rustix::{
    fs::stat,
    param::{clock_ticks_per_second, page_size},
    process::{Resource, getrlimit},
    time::{ClockId, clock_gettime},
};
use sysinfo::{Pid, ProcessRefreshKind, ProcessesToUpdate, System};

/// Looks at the own process; what does not change it finds out once.
#[derive(Default)]
pub(super) struct Process {
    started: Option<f64>,
    portable: Portable,
}

impl Process {
    /// One reading. Of what the platform does not tell there is none.
    pub(super) fn families(&mut self) -> Vec<MetricFamily> {
        let Process { started, portable } = self;
        let gauge = |name: &'static str, help: &'static str, value: f64| {
            MetricFamily::gauge(name, help).with(Labels::none(), value)
        };
        let mut families = vec![
            MetricFamily::counter(
                "process_cpu_seconds_total",
                "Total user and system CPU time spent in seconds.",
            )
            .with(Labels::none(), cpu_seconds()),
        ];
        if let Some(Memory { resident, virt }) = memory().or_else(|| portable.memory()) {
            families.extend([
                gauge(
                    "process_resident_memory_bytes",
                    "Resident memory size in bytes.",
                    resident as f64,
                ),
                gauge(
                    "process_virtual_memory_bytes",
                    "Virtual memory size in bytes.",
                    virt as f64,
                ),
            ]);
        }
        *started = started
            .or_else(self::started)
            .or_else(|| Some(portable.look()?.start_time() as f64));
        if let Some(started) = *started {
            families.push(gauge(
                "process_start_time_seconds",
                "Start time of the process since unix epoch in seconds.",
                started,
            ));
        }
        let portably = || Some(portable.look()?.open_files()? as u64);
        if let Some(open) = open_files().or_else(portably) {
            families.push(gauge(
                "process_open_fds",
                "Number of open file descriptors.",
                open as f64,
            ));
        }
        // sysinfo would read all limits from a file.
        if let Some(limit) = getrlimit(Resource::Nofile).current {
            families.push(gauge(
                "process_max_fds",
                "Maximum number of open file descriptors.",
                limit as f64,
            ));
        }
        families
    }
}

/// Bytes.
struct Memory {
    resident: u64,
    virt: u64,
}

/// Pages, as proc_pid_statm(5) has them; sysinfo reads three files for it.
fn memory() -> Option<Memory> {
    let text = fs::read_to_string("/proc/self/statm").ok()?;
    let mut pages = text.split(' ').map_while(|pages| pages.parse::<u64>().ok());
    let page = page_size() as u64;
    let virt = pages.next()?.checked_mul(page)?;
    let resident = pages.next()?.checked_mul(page)?;
    Some(Memory { resident, virt })
}

/// The kernel's ticks from its boot to the start, the 22nd field of proc_pid_stat(5), on the clock of today.
/// sysinfo reads five files for it.
fn started() -> Option<f64> {
    let stat = fs::read_to_string("/proc/self/stat").ok()?;
    let (_, behind_the_name) = stat.rsplit_once(") ")?;
    let ticks: u64 = behind_the_name.split(' ').nth(19)?.parse().ok()?;
    let seconds = |clock| {
        let now = clock_gettime(clock);
        now.tv_sec as f64 + now.tv_nsec as f64 / 1e9
    };
    let booted = seconds(ClockId::Realtime) - seconds(ClockId::Boottime);
    let hertz = clock_ticks_per_second() as f64;
    Some((booted * hertz + ticks as f64).round() / hertz)
}

/// What sysinfo says, where the kernel is another or says less.
#[derive(Default)]
struct Portable(Option<System>);

impl Portable {
    fn look(&mut self) -> Option<&sysinfo::Process> {
        let pid = Pid::from_u32(process::id());
        // With CPU time it would read that of the machine, too.
        let what = ProcessRefreshKind::nothing().with_memory().without_tasks();
        if self.0.is_none() {
            self.0 = System::new().ok();
        }
        let system = self.0.as_mut()?;
        system.refresh_processes_specifics(ProcessesToUpdate::Some(&[pid]), false, what);
        system.process(pid)
    }

    fn memory(&mut self) -> Option<Memory> {
        let process = self.look()?;
        Some(Memory {
            resident: process.memory(),
            virt: process.virtual_memory(),
        })
    }
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
        let families = Process::default().families();
        let value = |name: &str| {
            let family = families.iter().find(|f| f.name == name);
            match family.and_then(|f| f.metrics.first()).map(|m| &m.value) {
                Some(Value::Number(value)) => *value,
                other => panic!("{name}: {other:?}"),
            }
        };
        let mut portable = Portable::default();
        let told_by_it = portable.memory().unwrap();
        for (name, told) in [
            ("process_resident_memory_bytes", told_by_it.resident),
            ("process_virtual_memory_bytes", told_by_it.virt),
        ] {
            let ratio = value(name) / told as f64;
            // Other tests run meanwhile.
            assert!((0.5..2.0).contains(&ratio), "{name}: {ratio}");
        }
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
        let started = value("process_start_time_seconds");
        let age = now - started;
        assert!((-2.0..3600.0).contains(&age), "{age}");
        // In whole seconds, by another clock.
        let told = portable.look().unwrap().start_time() as f64;
        assert!((told - started).abs() < 2.0, "{told} and {started}");
    }
}

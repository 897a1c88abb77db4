//! `node_cpu_*`: the time each CPU spent in each mode.

use std::collections::BTreeMap;

use exposition::{Labels, MetricFamily};

use super::stat::{CpuTimes, GUEST, IDLE, MODES, Stat, USER_HZ};

/// A CPU whose idle time falls this far back was taken out and put in again; less than that is the
/// kernel's imprecision.
const HOTPLUG: u64 = 3 * USER_HZ;

/// The CPUs seen last.
#[derive(Default)]
pub(super) struct Cpus(BTreeMap<u32, Cpu>);

struct Cpu {
    times: CpuTimes,
    modes: [Labels; MODES.len()],
    guest: [Labels; 2],
}

impl Cpus {
    pub(super) fn families(&mut self, stat: &Stat) -> [MetricFamily; 2] {
        let mut spent = MetricFamily::counter(
            "node_cpu_seconds_total",
            "Seconds the CPUs spent in each mode.",
        );
        let mut guests = MetricFamily::counter(
            "node_cpu_guest_seconds_total",
            "Seconds the CPUs spent in guests (VMs) for each mode.",
        );
        spent.metrics.reserve(stat.cpus.len() * MODES.len());
        guests.metrics.reserve(stat.cpus.len() * 2);

        self.follow(stat);
        for cpu in self.0.values() {
            for (labels, ticks) in cpu.modes.iter().zip(cpu.times.0) {
                spent.push(labels.clone(), seconds(ticks));
            }
            for (labels, column) in cpu.guest.iter().zip(GUEST) {
                guests.push(labels.clone(), seconds(cpu.times.0[column]));
            }
        }
        [spent, guests]
    }

    fn follow(&mut self, stat: &Stat) {
        for (number, times) in &stat.cpus {
            let cpu = self.0.entry(*number).or_insert_with(|| Cpu::new(*number));
            cpu.follow(times);
        }
        if self.0.len() > stat.cpus.len() {
            let online = |number| stat.cpus.iter().any(|(n, _)| *n == number);
            self.0.retain(|&number, _| online(number));
        }
    }
}

impl Cpu {
    fn new(number: u32) -> Self {
        let number = number.to_string();
        let labels = |mode| Labels::new([("cpu", number.as_str()), ("mode", mode)]);
        Cpu {
            times: CpuTimes::default(),
            modes: MODES.map(labels),
            guest: ["user", "nice"].map(labels),
        }
    }

    /// The kernel's idle and iowait times fall back by a tick now and then; a counter must not,
    /// or `rate` takes it for a restart.
    fn follow(&mut self, now: &CpuTimes) {
        if self.times.0[IDLE] >= now.0[IDLE].saturating_add(HOTPLUG) {
            self.times = *now;
        }
        for (kept, now) in self.times.0.iter_mut().zip(now.0) {
            *kept = now.max(*kept);
        }
    }
}

fn seconds(ticks: u64) -> f64 {
    ticks as f64 / USER_HZ as f64
}

#[cfg(test)]
mod tests {
    use exposition::Value;

    use super::*;

    fn stat(cpus: &[(u32, u64)]) -> Stat {
        let times = |idle| CpuTimes([250, 0, 0, idle, 0, 0, 0, 0, 50, 0]);
        Stat {
            cpus: cpus.iter().map(|&(n, idle)| (n, times(idle))).collect(),
            ..Stat::default()
        }
    }

    fn idle(cpus: &mut Cpus, stat: &Stat) -> Vec<(String, f64)> {
        let [spent, _] = cpus.families(stat);
        let idle = spent
            .metrics
            .iter()
            .filter(|m| m.labels.get("mode") == Some("idle"));
        idle.map(|metric| match metric.value {
            Value::Number(seconds) => (metric.labels.get("cpu").unwrap().to_owned(), seconds),
            _ => unreachable!(),
        })
        .collect()
    }

    fn cpu(number: &str, seconds: f64) -> (String, f64) {
        (number.to_owned(), seconds)
    }

    #[test]
    fn time_in_guests_is_told_twice() {
        let [spent, guests] = Cpus::default().families(&stat(&[(0, 100)]));
        assert_eq!(spent.metrics.len(), 8);
        assert_eq!(spent.metrics[0].value, Value::Number(2.5));
        assert_eq!(guests.metrics[0].value, Value::Number(0.5));
        assert_eq!(guests.metrics[1].labels.get("mode"), Some("nice"));
    }

    #[test]
    fn a_little_back_is_ignored_and_a_lot_is_a_new_cpu() {
        let mut cpus = Cpus::default();
        assert_eq!(idle(&mut cpus, &stat(&[(0, 1000)])), [cpu("0", 10.0)]);
        assert_eq!(idle(&mut cpus, &stat(&[(0, 701)])), [cpu("0", 10.0)]);
        assert_eq!(idle(&mut cpus, &stat(&[(0, 700)])), [cpu("0", 7.0)]);
    }

    #[test]
    fn cpus_come_and_go() {
        let mut cpus = Cpus::default();
        let both = [cpu("0", 1.0), cpu("10", 1.0)];
        assert_eq!(idle(&mut cpus, &stat(&[(0, 100), (10, 100)])), both);
        assert_eq!(idle(&mut cpus, &stat(&[(10, 200)])), [cpu("10", 2.0)]);
        assert_eq!(
            idle(&mut cpus, &stat(&[(10, 200), (0, 50)]))[0],
            cpu("0", 0.5)
        );
    }
}

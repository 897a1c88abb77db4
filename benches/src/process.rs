//! What this process costs the machine.

use std::{fs, time::Duration};

use rustix::time::{ClockId, clock_gettime};

/// Resident memory in KiB, exact: `VmRSS` of `status` lags behind by some pages per CPU.
pub fn rss_kib() -> f64 {
    field("/proc/self/smaps_rollup", "Rss:")
}

/// Threads alive.
pub fn threads() -> f64 {
    field("/proc/self/status", "Threads:")
}

/// CPU time spent by all threads so far, those that have ended included.
pub fn cpu_time() -> Duration {
    spent(ClockId::ProcessCPUTime)
}

/// CPU time spent by this thread so far.
pub fn thread_cpu_time() -> Duration {
    spent(ClockId::ThreadCPUTime)
}

fn spent(clock: ClockId) -> Duration {
    let spent = clock_gettime(clock);
    Duration::new(spent.tv_sec as u64, spent.tv_nsec as u32)
}

/// NaN where the kernel does not say.
fn field(path: &str, key: &str) -> f64 {
    let text = fs::read_to_string(path).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix(key));
    let number = line.and_then(|rest| rest.split_whitespace().next());
    number.and_then(|n| n.parse().ok()).unwrap_or(f64::NAN)
}

//! `vitals_host_cpu_used_ratio`: the share of CPU time in use over the last ten seconds.

use exposition::MetricFamily;
use tokio::time::Instant;

use super::{
    host,
    stat::{CpuTimes, IDLE, IOWAIT},
    window::Window,
};

/// The times at the ticks of the last ten seconds.
#[derive(Default)]
pub(super) struct CpuWindow {
    ticks: Window<CpuTimes>,
    ratio: Option<f64>,
}

impl CpuWindow {
    /// A tick has come.
    pub(super) fn tick(&mut self, at: Instant, times: CpuTimes) {
        let restarted = |last: CpuTimes| times.total() < last.total();
        if self.ticks.last().is_some_and(restarted) {
            self.ticks.clear();
        }
        self.ticks.push(at, times);
        self.ratio = self.over_all_ticks();
    }

    /// A tick has come, and could not be read.
    pub(super) fn miss(&mut self) {
        self.ratio = None;
    }

    /// As of the last tick; absent until there is something to compare with.
    pub(super) fn family(&self) -> Option<MetricFamily> {
        let family = MetricFamily::gauge(
            "vitals_host_cpu_used_ratio",
            "Share of CPU time in use, all but idle and iowait, over the last 10 seconds.",
        );
        self.ratio.map(|ratio| family.with(host(), ratio))
    }

    fn over_all_ticks(&self) -> Option<f64> {
        let (first, last, _) = self.ticks.ends()?;
        let spent = last.since(&first);
        let all = spent.total();
        let unused = spent.0[IDLE].saturating_add(spent.0[IOWAIT]);
        (all > 0).then(|| all.saturating_sub(unused) as f64 / all as f64)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    /// A tick every so many milliseconds; busy and idle ticks of the CPU's clock up to then.
    fn ratios(ticks: &[(u64, u64, u64)]) -> Vec<Option<f64>> {
        let start = Instant::now();
        let mut window = CpuWindow::default();
        let tick = |&(at, busy, idle): &(u64, u64, u64)| {
            let times = CpuTimes([busy, 0, 0, idle, 0, 0, 0, 0, 0, 0]);
            window.tick(start + Duration::from_millis(at), times);
            window.ratio
        };
        ticks.iter().map(tick).collect()
    }

    #[test]
    fn nothing_is_told_before_there_is_something_to_compare() {
        assert_eq!(
            ratios(&[(0, 500, 500), (1, 501, 500), (1000, 525, 575)]),
            [None, None, Some(0.25)]
        );
    }

    #[test]
    fn the_window_is_ten_seconds() {
        // Busy in the first second only, ticks a few milliseconds early and late.
        let mut ticks = vec![(0, 0, 0)];
        ticks.extend((1..=12).map(|s| (1000 * s + (s % 2) * 7, 100, 100 * (s - 1))));
        let ratios = ratios(&ticks);
        assert_eq!(ratios[1], Some(1.0));
        assert_eq!(ratios[2], Some(0.5));
        assert_eq!(ratios[10], Some(0.1));
        assert_eq!(ratios[11], Some(0.0));
    }

    #[test]
    fn slow_ticks_are_compared_with_the_one_before() {
        let ratios = ratios(&[(0, 0, 0), (15_000, 1500, 0), (30_000, 1500, 1500)]);
        assert_eq!(ratios, [None, Some(1.0), Some(0.0)]);
    }

    #[test]
    fn counters_that_fall_back_are_no_time_at_all() {
        // A single mode falls back.
        assert_eq!(ratios(&[(0, 0, 50), (1000, 100, 49)])[1], Some(1.0));
        // All of it starts again: nothing to compare with until the next tick.
        assert_eq!(
            ratios(&[(0, 900, 900), (1000, 10, 10), (2000, 20, 40)]),
            [None, None, Some(0.25)]
        );
        // The clock stands still.
        assert_eq!(ratios(&[(0, 5, 5), (1000, 5, 5)])[1], None);
    }

    #[test]
    fn iowait_is_not_use_and_steal_is() {
        let start = Instant::now();
        let mut window = CpuWindow::default();
        window.tick(start, CpuTimes::default());
        let times = CpuTimes([10, 0, 0, 30, 30, 0, 0, 30, 10, 0]);
        window.tick(start + Duration::from_secs(1), times);
        assert_eq!(window.ratio, Some(0.4));
        window.miss();
        assert_eq!(window.family(), None);
    }
}

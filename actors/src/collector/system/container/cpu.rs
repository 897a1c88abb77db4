//! The CPU time of a cgroup.

use exposition::{Labels, MetricFamily};
use tokio::time::Instant;

use super::{
    files::{limit, malformed, number, text, value},
    hierarchy::{Cgroup, Hierarchies, Version},
};
use crate::collector::{
    CollectError,
    system::{Occasion, window::Window},
};

/// What is told of CPU time, and of whom.
pub(super) struct Cpu {
    /// The one whose quota is the tightest; without any, our own.
    cgroup: Cgroup,
    /// In CPUs.
    quota: Option<f64>,
    /// Where the time that was used is told; of version 1 it is a controller of its own, and may be
    /// somewhere else.
    accounted: Option<Cgroup>,
    /// Seconds used.
    window: Window<f64>,
    ratio: Option<f64>,
}

impl Cpu {
    /// `None` where our cgroup cannot be seen, or is the machine's.
    pub(super) fn find(hierarchies: &Hierarchies<'_>) -> Result<Option<Self>, CollectError> {
        let chain = hierarchies.of("cpu");
        let mut quotas = Vec::new();
        for cgroup in &chain {
            quotas.extend(quota_of(cgroup)?.map(|quota| (quota, cgroup)));
        }
        let tightest = quotas
            .into_iter()
            .min_by(|(one, _), (other, _)| one.total_cmp(other));
        let (quota, cgroup) = match tightest {
            Some((quota, cgroup)) => (Some(quota), Some(cgroup)),
            None => (None, chain.first()),
        };
        Ok(cgroup.cloned().map(|cgroup| Cpu {
            accounted: match cgroup.version {
                Version::Two => Some(cgroup.clone()),
                Version::One => hierarchies
                    .of("cpuacct")
                    .into_iter()
                    .find(|other| other.name == cgroup.name),
            },
            cgroup,
            quota,
            window: Window::default(),
            ratio: None,
        }))
    }

    pub(super) fn is_limited(&self) -> bool {
        self.quota.is_some()
    }

    /// What was found anew; of the same cgroup, the times before count on.
    pub(super) fn adopt(&mut self, found: Cpu) {
        if self.cgroup != found.cgroup || self.accounted != found.accounted {
            *self = found;
        } else {
            self.quota = found.quota;
        }
    }

    pub(super) fn families(
        &mut self,
        occasion: Occasion,
        families: &mut Vec<MetricFamily>,
    ) -> Result<(), CollectError> {
        let used = match self.accounted.as_ref().map(used_seconds) {
            Some(Ok(used)) => used,
            Some(Err(error)) => {
                self.ratio = None;
                return Err(error);
            }
            None => None,
        };
        if occasion == Occasion::Tick {
            self.tick(used);
        }
        let mut push = |family: MetricFamily, value: f64| {
            families.push(family.with(Labels::none(), value));
        };
        if let Some(used) = used {
            push(
                MetricFamily::counter(
                    "vitals_container_cpu_usage_seconds_total",
                    "CPU time the cgroup has used.",
                ),
                used,
            );
        }
        let Some(quota) = self.quota else {
            return Ok(());
        };
        push(
            MetricFamily::gauge(
                "vitals_container_cpu_quota_cores",
                "CPUs the cgroup may use: the tightest quota of Vitals' own and those above it.",
            ),
            quota,
        );
        if let Some(ratio) = self.ratio {
            push(
                MetricFamily::gauge(
                    "vitals_container_cpu_used_ratio",
                    "CPU time the cgroup used over the last 10 seconds, as a share of its quota.",
                ),
                ratio,
            );
        }
        let stat = text(&self.cgroup.folder, "cpu.stat")?.unwrap_or_default();
        let (throttled, a_second) = match self.cgroup.version {
            Version::One => ("throttled_time", 1e9),
            Version::Two => ("throttled_usec", 1e6),
        };
        for (key, factor, name, help) in [
            (
                "nr_periods",
                1.0,
                "vitals_container_cpu_cfs_periods_total",
                "Periods in which the cgroup had something to run.",
            ),
            (
                "nr_throttled",
                1.0,
                "vitals_container_cpu_cfs_throttled_periods_total",
                "Periods in which the cgroup used up its quota and had to wait.",
            ),
            (
                throttled,
                a_second,
                "vitals_container_cpu_cfs_throttled_seconds_total",
                "Time the cgroup's CPUs had to wait for their quota.",
            ),
        ] {
            if let Some(count) = value(&stat, key) {
                push(MetricFamily::counter(name, help), count as f64 / factor);
            }
        }
        Ok(())
    }

    fn tick(&mut self, used: Option<f64>) {
        let Some(used) = used else {
            self.ratio = None;
            return;
        };
        if self.window.last().is_some_and(|last| used < last) {
            self.window.clear();
        }
        self.window.push(Instant::now(), used);
        self.ratio = self
            .window
            .ends()
            .zip(self.quota)
            .map(|((first, last, time), quota)| (last - first) / (time.as_secs_f64() * quota));
    }
}

/// In CPUs.
fn quota_of(cgroup: &Cgroup) -> Result<Option<f64>, CollectError> {
    let folder = &cgroup.folder;
    let (file, quota, period) = match cgroup.version {
        Version::One => (
            "cpu.cfs_quota_us",
            text(folder, "cpu.cfs_quota_us")?,
            number(folder, "cpu.cfs_period_us")?,
        ),
        Version::Two => {
            let both = text(folder, "cpu.max")?;
            let period = both
                .as_deref()
                .and_then(|both| both.split_whitespace().nth(1));
            let period = period.and_then(|period| period.parse().ok());
            ("cpu.max", both, period)
        }
    };
    let quota = quota
        .as_deref()
        .and_then(|text| text.split_whitespace().next());
    let Some(quota) = quota.and_then(limit) else {
        return Ok(None);
    };
    match period {
        Some(period) if period > 0 => Ok(Some(quota as f64 / period as f64)),
        _ => Err(malformed(folder, file)),
    }
}

fn used_seconds(cgroup: &Cgroup) -> Result<Option<f64>, CollectError> {
    let folder = &cgroup.folder;
    match cgroup.version {
        Version::One => Ok(number(folder, "cpuacct.usage")?.map(|ns| ns as f64 / 1e9)),
        Version::Two => {
            let Some(stat) = text(folder, "cpu.stat")? else {
                return Ok(None);
            };
            let used = value(&stat, "usage_usec").ok_or_else(|| malformed(folder, "cpu.stat"))?;
            Ok(Some(used as f64 / 1e6))
        }
    }
}

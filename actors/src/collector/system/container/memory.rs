//! The memory of a cgroup.

use exposition::{Labels, MetricFamily};

use super::{
    files::{limit, malformed, number, text, value},
    hierarchy::{Cgroup, Hierarchies, Version},
};
use crate::collector::CollectError;

/// What is told of memory, and of whom.
pub(super) struct Memory {
    /// The one whose limit is the tightest; without any, our own.
    cgroup: Cgroup,
    /// In bytes.
    limit: Option<u64>,
}

impl Memory {
    /// `None` where our cgroup cannot be seen, or is the machine's.
    pub(super) fn find(hierarchies: &Hierarchies<'_>) -> Result<Option<Self>, CollectError> {
        let chain = hierarchies.of("memory");
        let mut limits = Vec::new();
        for cgroup in &chain {
            limits.extend(limit_of(cgroup)?.map(|limit| (limit, cgroup)));
        }
        // What is nearest to the top of what we see knows of limits further up.
        if let Some(cgroup) = chain.last() {
            limits.extend(inherited(cgroup)?.map(|limit| (limit, cgroup)));
        }
        // Of equals the first: that is the one that is set there.
        let tightest = limits.into_iter().min_by_key(|(limit, _)| *limit);
        let (limit, cgroup) = match tightest {
            Some((limit, cgroup)) => (Some(limit), Some(cgroup)),
            None => (None, chain.first()),
        };
        Ok(cgroup.cloned().map(|cgroup| Memory { cgroup, limit }))
    }

    pub(super) fn is_limited(&self) -> bool {
        self.limit.is_some()
    }

    pub(super) fn families(&self, families: &mut Vec<MetricFamily>) -> Result<(), CollectError> {
        let folder = &self.cgroup.folder;
        let (usage, file_inactive, oom) = match self.cgroup.version {
            Version::One => (
                "memory.usage_in_bytes",
                "total_inactive_file",
                "memory.oom_control",
            ),
            Version::Two => ("memory.current", "inactive_file", "memory.events"),
        };
        let mut push = |family: MetricFamily, value: f64| {
            families.push(family.with(Labels::none(), value));
        };
        let Some(used) = number(folder, usage)? else {
            return Ok(()); // the controller is not on
        };
        let stat = text(folder, "memory.stat")?.unwrap_or_default();
        let inactive =
            value(&stat, file_inactive).ok_or_else(|| malformed(folder, "memory.stat"))?;
        let working_set = used.saturating_sub(inactive) as f64;
        push(
            MetricFamily::gauge(
                "vitals_container_memory_usage_bytes",
                "Memory of the cgroup in use, page cache included.",
            ),
            used as f64,
        );
        push(
            MetricFamily::gauge(
                "vitals_container_memory_working_set_bytes",
                "Memory of the cgroup in use, less file pages not used of late.",
            ),
            working_set,
        );
        if let Some(limit) = self.limit {
            push(
                MetricFamily::gauge(
                    "vitals_container_memory_limit_bytes",
                    "Memory the cgroup may use: the tightest limit of Vitals' own and those above it.",
                ),
                limit as f64,
            );
            push(
                MetricFamily::gauge(
                    "vitals_container_memory_used_ratio",
                    "Working set of the cgroup, as a share of its limit.",
                ),
                working_set / limit as f64,
            );
        }
        if let Some(killed) = text(folder, oom)?.and_then(|text| value(&text, "oom_kill")) {
            push(
                MetricFamily::counter(
                    "vitals_container_oom_events_total",
                    "Processes of the cgroup killed for want of memory.",
                ),
                killed as f64,
            );
        }
        Ok(())
    }
}

/// In bytes.
fn limit_of(cgroup: &Cgroup) -> Result<Option<u64>, CollectError> {
    let file = match cgroup.version {
        Version::One => "memory.limit_in_bytes",
        Version::Two => "memory.max",
    };
    Ok(text(&cgroup.folder, file)?.and_then(|text| limit(text.trim())))
}

/// The tightest limit of a cgroup and all above it, as only version 1 tells it, in bytes.
fn inherited(cgroup: &Cgroup) -> Result<Option<u64>, CollectError> {
    if cgroup.version == Version::Two {
        return Ok(None);
    }
    let stat = text(&cgroup.folder, "memory.stat")?.unwrap_or_default();
    let inherited = value(&stat, "hierarchical_memory_limit");
    Ok(inherited.and_then(|bytes| limit(&bytes.to_string())))
}

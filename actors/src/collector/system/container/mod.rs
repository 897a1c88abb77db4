//! `vitals_container_*`: the limits of the cgroup Vitals runs in, and how much of them is used, by
//! cAdvisor's definitions. Told only where there is a limit.
//!
//! A limit counts for everything in its cgroup and below it, so its use is that of the whole cgroup:
//! where the tightest limit is an ancestor's (a pod's), what is told is the ancestor's.

mod cpu;
mod files;
mod hierarchy;
mod memory;

#[cfg(test)]
mod tests;

use std::{path::PathBuf, time::Duration};

use exposition::MetricFamily;
use tokio::time::Instant;

use self::{cpu::Cpu, hierarchy::Hierarchies, memory::Memory};
use super::{
    Occasion,
    mounts::{self, Mount},
    procfs::{Of, Procfs},
};
use crate::collector::CollectError;

/// Limits are looked for so often: they can be changed from outside, and so can our cgroup.
const LOOK: Duration = Duration::from_millis(9500);

/// What the cgroup of this process allows and uses.
pub(super) struct Container {
    /// Of this process, wherever the host's is.
    proc: Procfs,
    /// What the paths in its table of mounts are below: `/`, but for tests.
    root: PathBuf,
    looked: Option<Instant>,
    /// As they were read last.
    mounts: Vec<Mount>,
    memory: Option<Memory>,
    cpu: Option<Cpu>,
}

impl Container {
    /// The one this process runs in.
    pub(super) fn own() -> Self {
        Self::seen_by("/proc".into(), "/".into())
    }

    /// The one a process runs in that sees this `/proc`, and mountpoints below `root`.
    pub(super) fn seen_by(proc: PathBuf, root: PathBuf) -> Self {
        Container {
            proc: Procfs::new(proc),
            root,
            looked: None,
            mounts: Vec::new(),
            memory: None,
            cpu: None,
        }
    }

    /// Tells what there is. Only ticks move the window of the CPU's ratio.
    pub(super) fn families(
        &mut self,
        occasion: Occasion,
        families: &mut Vec<MetricFamily>,
    ) -> Result<(), CollectError> {
        if self.looked.is_none_or(|looked| looked.elapsed() >= LOOK) {
            self.look()?;
            self.looked = Some(Instant::now());
        }
        // Without any limit it is a machine's, or might as well be.
        let is_limited = self.memory.as_ref().is_some_and(Memory::is_limited)
            || self.cpu.as_ref().is_some_and(Cpu::is_limited);
        if !is_limited {
            return Ok(());
        }
        let memory = self.memory.as_ref().map(|memory| memory.families(families));
        let cpu = self
            .cpu
            .as_mut()
            .map(|cpu| cpu.families(occasion, families));
        memory.unwrap_or(Ok(())).and(cpu.unwrap_or(Ok(())))
    }

    /// Finds our cgroups and their limits.
    fn look(&mut self) -> Result<(), CollectError> {
        let own = self
            .proc
            .parse_if_there(Of::Machine("self/cgroup"), hierarchy::parse)?;
        let mounts = &mut self.mounts;
        self.proc.parse_own_mountinfo(|text| {
            *mounts = mounts::parse(text)?;
            Ok(())
        })?;
        let hierarchies = Hierarchies {
            own: own.unwrap_or_default(),
            mounts,
            root: &self.root,
        };
        self.memory = Memory::find(&hierarchies)?;
        let cpu = Cpu::find(&hierarchies)?;
        // The window goes on where it is the same cgroup.
        match (&mut self.cpu, cpu) {
            (Some(known), Some(found)) => known.adopt(found),
            (known, found) => *known = found,
        }
        Ok(())
    }
}

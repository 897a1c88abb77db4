//! The host itself, under node_exporter's names (`node_*`), and what Vitals makes of it
//! (`vitals_host_*`).
//!
//! One file per subject. Everything comes from a handful of small files in `/proc` and one
//! `statvfs` per local filesystem, so that a measurement costs a tenth of a millisecond and can be
//! had every second and once more for a scrape.

mod cpu;
mod cpu_window;
mod filesystem;
mod fstype;
mod kernel;
mod load;
mod machine;
mod memory;
mod mounts;
mod network;
mod procfs;
mod stat;
mod time;
mod uname;
mod watched;

#[cfg(test)]
mod tests;

use std::{path::PathBuf, time::Duration};

use exposition::{Labels, MetricFamily};
use tokio::time::Instant;

use self::{
    cpu::Cpus, cpu_window::CpuWindow, filesystem::Filesystems, machine::Machine, memory::Memory,
    network::Network, procfs::Procfs, uname::UnameInfo,
};
use super::{CollectError, Collected, Collector};

/// The `host` label of the machine Vitals runs on.
const LOCAL: &str = "local";

/// `[system]` in the settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SystemSettings {
    /// Whether `node_*` is wanted, or only `vitals_host_*`.
    pub node_exporter: bool,
    /// Where the host's `/proc` is to be found.
    pub procfs: PathBuf,
    /// Where the host's `/` is to be found.
    pub rootfs: PathBuf,
}

impl Default for SystemSettings {
    fn default() -> Self {
        SystemSettings {
            node_exporter: true,
            procfs: "/proc".into(),
            rootfs: "/".into(),
        }
    }
}

/// Measures the machine Vitals runs on.
pub struct SystemCollector {
    node_exporter: bool,
    procfs: Procfs,
    machine: Machine,
    cpus: Cpus,
    cpu_window: CpuWindow,
    memory: Memory,
    network: Network,
    filesystems: Filesystems,
    uname: UnameInfo,
}

/// Why a measurement is made.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Occasion {
    /// It was due.
    Tick,
    /// Somebody asked in between.
    Refresh,
}

impl SystemCollector {
    /// A collector whose CPU ratio counts from now on.
    pub fn new(settings: SystemSettings) -> Self {
        Self::on(Machine::this(), settings)
    }

    fn on(machine: Machine, settings: SystemSettings) -> Self {
        let mut collector = SystemCollector {
            node_exporter: settings.node_exporter,
            procfs: Procfs::new(settings.procfs),
            machine,
            cpus: Cpus::default(),
            cpu_window: CpuWindow::default(),
            memory: Memory::default(),
            network: Network::default(),
            filesystems: Filesystems::new(settings.rootfs),
            uname: UnameInfo::default(),
        };
        // A trouble with the file is told by the first tick, which meets it too.
        let _ = collector.stat(Occasion::Tick, &mut Vec::new());
        collector
    }

    /// The measurement that is due. Only these move the window of `vitals_host_cpu_used_ratio`.
    ///
    /// # Errors
    /// When no file in `/proc` could be read.
    pub fn tick(&mut self) -> Result<Collected, CollectError> {
        self.measure(Occasion::Tick)
    }

    /// A measurement in between, for a scrape: everything is of this moment, but the CPU ratio
    /// stays that of the last tick.
    ///
    /// # Errors
    /// When no file in `/proc` could be read.
    pub fn refresh(&mut self) -> Result<Collected, CollectError> {
        self.measure(Occasion::Refresh)
    }

    fn measure(&mut self, occasion: Occasion) -> Result<Collected, CollectError> {
        let mut families = Vec::with_capacity(128);
        let mut parts = vec![
            self.stat(occasion, &mut families),
            self.memory(&mut families),
            self.network(&mut families),
            self.filesystems(&mut families),
        ];
        if self.node_exporter {
            parts.push(self.load(&mut families));
            families.extend(time::family((self.machine.now)()));
            families.push(self.uname.family((self.machine.uname)()));
        }
        families.retain(|family| !family.metrics.is_empty());

        let tried = parts.len();
        let failed: Vec<CollectError> = parts.into_iter().filter_map(Result::err).collect();
        match failed.first() {
            Some(first) if failed.len() == tried => Err(CollectError {
                part: self.procfs.root(),
                reason: first.reason,
                detail: format!("nothing could be read, beginning with {first}"),
            }),
            _ => Ok(Collected { families, failed }),
        }
    }

    fn stat(
        &mut self,
        occasion: Occasion,
        families: &mut Vec<MetricFamily>,
    ) -> Result<(), CollectError> {
        let stat = match self.procfs.parse("stat", stat::parse) {
            Ok(stat) => stat,
            Err(error) => {
                if occasion == Occasion::Tick {
                    self.cpu_window.miss();
                }
                return Err(error);
            }
        };
        if occasion == Occasion::Tick {
            self.cpu_window.tick(Instant::now(), stat.all_cpus);
        }
        families.extend(self.cpu_window.family());
        if self.node_exporter {
            families.extend(self.cpus.families(&stat));
            kernel::families(&stat, families);
        }
        Ok(())
    }

    fn memory(&mut self, families: &mut Vec<MetricFamily>) -> Result<(), CollectError> {
        let (memory, node_exporter) = (&mut self.memory, self.node_exporter);
        self.procfs.parse("meminfo", |text| {
            let entries = memory::parse(text)?;
            families.extend(memory::used_ratio(&entries));
            if node_exporter {
                families.extend(memory.families(&entries));
            }
            Ok(())
        })
    }

    fn network(&mut self, families: &mut Vec<MetricFamily>) -> Result<(), CollectError> {
        let (network, node_exporter) = (&mut self.network, self.node_exporter);
        self.procfs.parse("net/dev", |text| {
            network.follow(&network::parse(text)?);
            families.extend(network.host_families());
            if node_exporter {
                families.extend(network.node_families());
            }
            Ok(())
        })
    }

    fn filesystems(&mut self, families: &mut Vec<MetricFamily>) -> Result<(), CollectError> {
        let (filesystems, machine) = (&mut self.filesystems, &self.machine);
        self.procfs
            .parse_mountinfo(|text| filesystems.follow(text, machine))?;
        families.extend(filesystems.families(machine, self.node_exporter));
        Ok(())
    }

    fn load(&mut self, families: &mut Vec<MetricFamily>) -> Result<(), CollectError> {
        let load = self.procfs.parse("loadavg", load::parse)?;
        families.extend(load::families(load));
        Ok(())
    }
}

impl Collector for SystemCollector {
    fn name(&self) -> &str {
        "system"
    }

    /// Ready at once: nothing here waits for anything but the kernel.
    async fn collect(&mut self, _deadline: Duration) -> Result<Collected, CollectError> {
        self.tick()
    }

    async fn refresh(&mut self, _deadline: Duration) -> Result<Collected, CollectError> {
        SystemCollector::refresh(self)
    }
}

/// The labels of what is told of the host as a whole.
fn host() -> Labels {
    Labels::new([("host", LOCAL)])
}

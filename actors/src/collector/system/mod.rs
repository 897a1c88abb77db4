//! The host itself, under node_exporter's names (`node_*`), and what Vitals makes of it
//! (`vitals_host_*`, `vitals_container_*`).
//!
//! One file per subject, and three speeds. CPU, memory, network totals and local filesystems are
//! measured at every tick and once more for a scrape: a handful of small files in `/proc` and one
//! `statvfs` per filesystem, a tenth of a millisecond. What is counted besides is on a [`grid`] of
//! ten seconds. What may take long, or for ever, is asked [`beside`](super::beside) the
//! measurement: [`facts`] about devices, and [`remote`] filesystems.

mod arp;
mod container;
mod cpu;
mod cpu_window;
mod disk;
mod facts;
mod filesystem;
mod fstype;
mod grid;
mod kernel;
mod load;
mod machine;
mod memory;
mod mounts;
mod netstat;
mod network;
mod pressure;
mod procfs;
mod remote;
mod repeated;
mod sockstat;
mod softnet;
mod stat;
mod sysctl;
mod text;
mod time;
mod uname;
mod vmstat;
mod watched;
mod window;

#[cfg(test)]
mod tests;
#[cfg(test)]
mod tree;

use std::{path::PathBuf, time::Duration};

use exposition::{Labels, MetricFamily};
use tokio::time::Instant;

use self::{
    container::Container,
    cpu::Cpus,
    cpu_window::CpuWindow,
    facts::Facts,
    filesystem::Filesystems,
    grid::Grid,
    machine::Machine,
    memory::Memory,
    network::Network,
    procfs::{Of, Procfs},
    uname::UnameInfo,
};
use super::{CollectError, Collected, Collector};

/// The `host` label of the machine Vitals runs on.
pub(crate) const LOCAL: &str = "local";

/// `[system]` in the settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SystemSettings {
    /// Whether `node_*` is wanted, or only `vitals_host_*`.
    pub node_exporter: bool,
    /// Where the host's `/proc` is to be found.
    pub procfs: PathBuf,
    /// Where the host's `/` is to be found.
    pub rootfs: PathBuf,
    /// Whether filesystems are watched that somebody else has to answer for.
    pub network_filesystems: bool,
    /// The label `job` of `node_*` where it is told beside others.
    pub job: String,
}

impl Default for SystemSettings {
    fn default() -> Self {
        SystemSettings {
            node_exporter: true,
            procfs: "/proc".into(),
            rootfs: "/".into(),
            network_filesystems: false,
            job: "node".to_owned(),
        }
    }
}

/// Measures the machine Vitals runs on.
pub struct SystemCollector {
    node_exporter: bool,
    job: String,
    procfs: Procfs,
    machine: Machine,
    cpus: Cpus,
    cpu_window: CpuWindow,
    memory: Memory,
    network: Network,
    filesystems: Filesystems,
    uname: UnameInfo,
    grid: Grid,
    facts: Facts,
    container: Container,
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
        Self::on(Machine::this(), Container::own(), settings)
    }

    fn on(machine: Machine, container: Container, settings: SystemSettings) -> Self {
        let SystemSettings {
            node_exporter,
            procfs,
            rootfs,
            network_filesystems,
            job,
        } = settings;
        let mut collector = SystemCollector {
            node_exporter,
            job,
            procfs: Procfs::new(procfs.clone()),
            machine,
            cpus: Cpus::default(),
            cpu_window: CpuWindow::default(),
            memory: Memory::default(),
            network: Network::default(),
            filesystems: Filesystems::new(rootfs.clone(), network_filesystems),
            uname: UnameInfo::default(),
            grid: Grid::default(),
            facts: Facts::new(procfs, rootfs),
            container,
        };
        // A trouble with the file is told by the first tick, which meets it too.
        let _ = collector.stat(Occasion::Tick, &mut Vec::new());
        collector
    }

    /// Has asked what is asked beside the measurement.
    async fn ask(&mut self) {
        if self.node_exporter {
            self.facts.freshen().await;
        }
        self.filesystems.freshen(&self.machine).await;
    }

    fn measure(&mut self, occasion: Occasion) -> Result<Collected, CollectError> {
        let mut families = Vec::with_capacity(256);
        let mut parts = vec![
            self.stat(occasion, &mut families),
            self.memory(&mut families),
            self.network(&mut families),
            self.filesystems(&mut families),
        ];
        if self.node_exporter {
            parts.push(self.load(&mut families));
        }
        let tried = parts.len();
        let mut failed: Vec<CollectError> = parts.into_iter().filter_map(Result::err).collect();
        if failed.len() == tried
            && let Some(first) = failed.first()
        {
            return Err(CollectError {
                part: self.procfs.root(),
                reason: first.reason,
                detail: format!("nothing could be read, beginning with {first}"),
            });
        }
        if self.node_exporter {
            families.extend(time::family((self.machine.now)()));
            families.push(self.uname.family((self.machine.uname)()));
            let procfs = &mut self.procfs;
            self.grid.tell(occasion, procfs, &mut families, &mut failed);
            self.facts.tell(&mut families, &mut failed);
        }
        failed.extend(self.filesystems.failures());
        failed.extend(self.container.families(occasion, &mut families).err());
        families.retain(|family| !family.metrics.is_empty());
        Ok(Collected {
            families,
            failed,
            ..Collected::default()
        })
    }

    fn stat(
        &mut self,
        occasion: Occasion,
        families: &mut Vec<MetricFamily>,
    ) -> Result<(), CollectError> {
        let stat = match self.procfs.parse(Of::Machine("stat"), stat::parse) {
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
        self.procfs.parse(Of::Machine("meminfo"), |text| {
            let entries = memory::parse(text)?;
            families.extend(memory::used_ratio(&entries));
            families.extend(memory::huge_pages(&entries));
            if node_exporter {
                families.extend(memory.families(&entries));
            }
            Ok(())
        })
    }

    fn network(&mut self, families: &mut Vec<MetricFamily>) -> Result<(), CollectError> {
        let (network, node_exporter) = (&mut self.network, self.node_exporter);
        self.procfs.parse(Of::Network("dev"), |text| {
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
        let load = self.procfs.parse(Of::Machine("loadavg"), load::parse)?;
        families.extend(load::families(load));
        Ok(())
    }
}

impl Collector for SystemCollector {
    fn name(&self) -> &str {
        "system"
    }

    /// Of `node_*`: as node_exporter on this machine would be known.
    fn identity(&self) -> Labels {
        if !self.node_exporter {
            return Labels::none();
        }
        let node = (self.machine.uname)().nodename;
        let instance = node.trim_end_matches('.');
        Labels::new([("job", self.job.as_str()), ("instance", instance)])
    }

    /// The measurement that is due. Only these move the windows of the CPU ratios.
    async fn collect(&mut self, _deadline: Duration) -> Result<Collected, CollectError> {
        self.ask().await;
        self.measure(Occasion::Tick)
    }

    /// A measurement in between, for a scrape: everything is of this moment, but the CPU ratios stay
    /// those of the last tick.
    async fn refresh(&mut self, _deadline: Duration) -> Result<Collected, CollectError> {
        self.ask().await;
        self.measure(Occasion::Refresh)
    }
}

/// The labels of what is told of the host as a whole.
fn host() -> Labels {
    Labels::new([("host", LOCAL)])
}

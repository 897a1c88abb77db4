//! The host itself, under node_exporter's names (`node_*`), and what Vitals makes of it
//! (`vitals_host_*`, `vitals_container_*`).
//!
//! One file per subject, and three speeds. CPU, memory, network totals and local filesystems are
//! measured at every tick: a handful of small files in `/proc` and one `statvfs` per filesystem. What
//! of these files is told for `node_*` alone nobody sees between the ticks of the history and of a
//! scrape, and is put together only for those. What is counted besides is on the [`grid`] of the
//! history, and a scrape finds it no older than a second. What may take long, or for ever, is asked
//! [`beside`](super::beside) the measurement: [`facts`] about devices, and [`remote`] filesystems.

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

use std::{path::PathBuf, sync::Arc, time::Duration};

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
    /// How often the history keeps everything: at the first tick of each multiple of it since the Unix
    /// epoch.
    pub grid: Duration,
}

impl Default for SystemSettings {
    fn default() -> Self {
        SystemSettings {
            node_exporter: true,
            procfs: "/proc".into(),
            rootfs: "/".into(),
            network_filesystems: false,
            job: "node".to_owned(),
            grid: Duration::from_secs(10),
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
    /// What else goes with the grid, and is measured anew for a scrape.
    seldom: Arc<[MetricFamily]>,
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

/// What a measurement tells.
struct Telling {
    occasion: Occasion,
    /// At every tick.
    families: Vec<MetricFamily>,
    /// What nobody sees at every tick; `None` where it is told as it was.
    seldom: Option<Vec<MetricFamily>>,
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
            grid,
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
            grid: Grid::new(grid),
            seldom: Arc::default(),
            facts: Facts::new(procfs, rootfs),
            container,
        };
        // A trouble with the file is told by the first tick, which meets it too.
        let _ = collector.stat(&mut Telling {
            occasion: Occasion::Tick,
            families: Vec::new(),
            seldom: None,
        });
        collector
    }

    /// A measurement, and what is asked beside it.
    async fn tell(&mut self, occasion: Occasion) -> Result<Collected, CollectError> {
        if self.node_exporter {
            self.facts.ask(occasion);
        }
        self.filesystems.freshen(&self.machine).await;
        let measured = match occasion {
            // The first one is made while facts are read.
            Occasion::Tick => {
                let measured = self.measure(occasion);
                self.facts.settle(occasion).await;
                measured
            }
            // A scrape is told what is true when it is answered.
            Occasion::Refresh => {
                self.facts.settle(occasion).await;
                self.measure(occasion)
            }
        };
        measured.map(|mut collected| {
            self.facts
                .tell(&mut collected.as_before, &mut collected.failed);
            collected
        })
    }

    /// All but the facts.
    fn measure(&mut self, occasion: Occasion) -> Result<Collected, CollectError> {
        let now = (self.machine.now)();
        let is_whole = occasion == Occasion::Refresh || self.grid.is_due(now);
        let mut telling = Telling {
            occasion,
            families: Vec::with_capacity(16),
            seldom: (self.node_exporter && is_whole).then(|| Vec::with_capacity(128)),
        };
        let mut parts = vec![
            self.stat(&mut telling),
            self.memory(&mut telling),
            self.network(&mut telling),
            self.filesystems(&mut telling),
        ];
        if self.node_exporter {
            parts.push(self.load(&mut telling));
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
        let Telling {
            mut families,
            seldom,
            ..
        } = telling;
        let mut as_before = Vec::new();
        if let Some(mut seldom) = seldom {
            seldom.extend(time::family(now));
            seldom.push(self.uname.family((self.machine.uname)()));
            seldom.retain(|family| !family.metrics.is_empty());
            self.seldom = seldom.into();
        }
        if self.node_exporter {
            as_before.push(self.seldom.clone());
            let procfs = &mut self.procfs;
            self.grid
                .tell((occasion, now), procfs, &mut as_before, &mut failed);
        }
        failed.extend(self.filesystems.failures());
        failed.extend(self.container.families(occasion, &mut families).err());
        families.retain(|family| !family.metrics.is_empty());
        Ok(Collected {
            families,
            as_before,
            failed,
            in_part: self.node_exporter && !is_whole,
            ..Collected::default()
        })
    }

    fn stat(&mut self, telling: &mut Telling) -> Result<(), CollectError> {
        let stat = match self.procfs.parse(Of::Machine("stat"), stat::parse) {
            Ok(stat) => stat,
            Err(error) => {
                if telling.occasion == Occasion::Tick {
                    self.cpu_window.miss();
                }
                return Err(error);
            }
        };
        if telling.occasion == Occasion::Tick {
            self.cpu_window.tick(Instant::now(), stat.all_cpus);
        }
        telling.families.extend(self.cpu_window.family());
        if let Some(seldom) = &mut telling.seldom {
            seldom.extend(self.cpus.families(&stat));
            kernel::families(&stat, seldom);
        }
        Ok(())
    }

    fn memory(&mut self, telling: &mut Telling) -> Result<(), CollectError> {
        let memory = &mut self.memory;
        self.procfs.parse(Of::Machine("meminfo"), |text| {
            let entries = memory::parse(text)?;
            telling.families.extend(memory::used_ratio(&entries));
            telling.families.extend(memory::huge_pages(&entries));
            if let Some(seldom) = &mut telling.seldom {
                seldom.extend(memory.families(&entries));
            }
            Ok(())
        })
    }

    fn network(&mut self, telling: &mut Telling) -> Result<(), CollectError> {
        let network = &mut self.network;
        self.procfs.parse(Of::Network("dev"), |text| {
            network.follow(&network::parse(text)?);
            telling.families.extend(network.host_families());
            if let Some(seldom) = &mut telling.seldom {
                seldom.extend(network.node_families());
            }
            Ok(())
        })
    }

    fn filesystems(&mut self, telling: &mut Telling) -> Result<(), CollectError> {
        let (filesystems, machine) = (&mut self.filesystems, &self.machine);
        self.procfs
            .parse_mountinfo(|text| filesystems.follow(text, machine))?;
        let seldom = telling.seldom.as_mut();
        telling.families.push(filesystems.families(machine, seldom));
        Ok(())
    }

    fn load(&mut self, telling: &mut Telling) -> Result<(), CollectError> {
        let load = self.procfs.parse(Of::Machine("loadavg"), load::parse)?;
        telling.families.extend(load::families(load));
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
        self.tell(Occasion::Tick).await
    }

    /// A measurement in between, for a scrape: everything is of this moment, but the CPU ratios stay
    /// those of the last tick.
    async fn refresh(&mut self, _deadline: Duration) -> Result<Collected, CollectError> {
        self.tell(Occasion::Refresh).await
    }
}

/// The labels of what is told of the host as a whole.
fn host() -> Labels {
    Labels::new([("host", LOCAL)])
}

//! What is measured every ten seconds, and told as it was until then: disks, pressure, paging, and
//! the counters of the network protocols. A scrape finds it no older than a second.

use std::time::Duration;

use exposition::MetricFamily;
use tokio::time::Instant;

use super::{
    Occasion, arp, disk, netstat,
    pressure::RESOURCES,
    procfs::{Of, Procfs},
    sockstat, softnet,
    sysctl::{CONNECTIONS, ENTROPY, Numbers, OPEN_FILES},
    text::Malformed,
    vmstat,
};
use crate::collector::CollectError;

/// Ticks come a little early or late.
const JITTER: Duration = Duration::from_millis(500);

/// What was measured last.
#[derive(Default)]
pub(super) struct Grid {
    measured: Option<Instant>,
    families: Vec<MetricFamily>,
    failed: Vec<CollectError>,
}

impl Grid {
    /// Measures where it is time, and tells what was measured last.
    pub(super) fn tell(
        &mut self,
        occasion: Occasion,
        procfs: &mut Procfs,
        families: &mut Vec<MetricFamily>,
        failed: &mut Vec<CollectError>,
    ) {
        let lasts = match occasion {
            Occasion::Tick => Duration::from_secs(10) - JITTER,
            Occasion::Refresh => Duration::from_secs(1),
        };
        if self
            .measured
            .is_none_or(|measured| measured.elapsed() >= lasts)
        {
            self.measured = Some(Instant::now());
            self.measure(procfs);
        }
        families.extend(self.families.iter().cloned());
        failed.extend(self.failed.iter().cloned());
    }

    /// Files that a kernel or a sandbox has not are no failure.
    fn measure(&mut self, procfs: &mut Procfs) {
        self.families.clear();
        self.failed.clear();
        self.read(procfs, Of::Machine("diskstats"), |text| {
            disk::parse(text).map(|disks| disk::families(&disks))
        });
        for resource in &RESOURCES {
            self.read(procfs, Of::Machine(resource.file), |text| {
                resource.parse(text)
            });
        }
        self.read(procfs, Of::Machine("vmstat"), vmstat::parse);
        self.numbers(procfs, &OPEN_FILES);
        ENTROPY.iter().for_each(|n| self.numbers(procfs, n));
        self.read(procfs, Of::Network("netstat"), netstat::parse_table);
        self.read(procfs, Of::Network("snmp"), netstat::parse_table);
        self.read(procfs, Of::Network("snmp6"), netstat::parse_lines);
        let page = rustix::param::page_size();
        for file in ["sockstat", "sockstat6"] {
            self.read(procfs, Of::Network(file), |text| {
                sockstat::parse(text, page)
            });
        }
        self.read(procfs, Of::Network("softnet_stat"), softnet::parse);
        self.read(procfs, Of::Network("arp"), |text| Ok([arp::parse(text)?]));
        if procfs.is_own() {
            CONNECTIONS.iter().for_each(|n| self.numbers(procfs, n));
        }
    }

    fn numbers(&mut self, procfs: &mut Procfs, numbers: &Numbers) {
        self.read(procfs, numbers.file, |text| numbers.parse(text));
    }

    fn read<F: IntoIterator<Item = MetricFamily>>(
        &mut self,
        procfs: &mut Procfs,
        file: Of,
        parser: impl FnOnce(&[u8]) -> Result<F, Malformed>,
    ) {
        match procfs.parse_if_there(file, parser) {
            Ok(families) => self.families.extend(families.into_iter().flatten()),
            Err(error) => self.failed.push(error),
        }
    }
}

//! What is measured when the history keeps everything, and told as it was until then: disks, pressure,
//! paging, and the counters of the network protocols. A scrape finds it no older than a second.

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

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

/// Ticks come a little early or late: by the time of day, not by more than this.
const SLACK: Duration = Duration::from_millis(50);
/// A scrape finds nothing older.
const COUNTS: Duration = Duration::from_secs(1);

/// What was measured last.
pub(super) struct Grid {
    interval: Duration,
    /// The multiple of the interval at which a tick measured last: the history keeps everything at the
    /// first tick of each.
    cell: Option<u128>,
    measured: Option<Instant>,
    families: Arc<[MetricFamily]>,
    failed: Vec<CollectError>,
}

impl Grid {
    /// Measures at multiples of `interval` since the Unix epoch.
    pub(super) fn new(interval: Duration) -> Self {
        Grid {
            interval,
            cell: None,
            measured: None,
            families: Arc::default(),
            failed: Vec::new(),
        }
    }

    /// Whether it is time for a tick that comes now.
    pub(super) fn is_due(&self, now: SystemTime) -> bool {
        self.cell != Some(self.cell(now))
    }

    /// Measures, where it is time, and tells what was measured last.
    pub(super) fn tell(
        &mut self,
        (occasion, now): (Occasion, SystemTime),
        procfs: &mut Procfs,
        as_before: &mut Vec<Arc<[MetricFamily]>>,
        failed: &mut Vec<CollectError>,
    ) {
        let is_due = match occasion {
            Occasion::Tick => self.is_due(now),
            Occasion::Refresh => {
                let is_old = |measured: Instant| measured.elapsed() >= COUNTS;
                self.measured.is_none_or(is_old)
            }
        };
        if is_due {
            if occasion == Occasion::Tick {
                self.cell = Some(self.cell(now));
            }
            self.measured = Some(Instant::now());
            self.failed.clear();
            let mut reading = Reading {
                procfs,
                families: Vec::new(),
                failed: &mut self.failed,
            };
            reading.all();
            self.families = reading.families.into();
        }
        as_before.push(self.families.clone());
        failed.extend(self.failed.iter().cloned());
    }

    fn cell(&self, now: SystemTime) -> u128 {
        let since = now
            .duration_since(SystemTime::UNIX_EPOCH)
            .unwrap_or_default();
        (since + SLACK).as_nanos() / self.interval.as_nanos().max(1)
    }
}

/// One measurement.
struct Reading<'r> {
    procfs: &'r mut Procfs,
    families: Vec<MetricFamily>,
    failed: &'r mut Vec<CollectError>,
}

impl Reading<'_> {
    /// Files that a kernel or a sandbox has not are no failure.
    fn all(&mut self) {
        self.read(Of::Machine("diskstats"), |text| {
            disk::parse(text).map(|disks| disk::families(&disks))
        });
        for resource in &RESOURCES {
            self.read(Of::Machine(resource.file), |text| resource.parse(text));
        }
        self.read(Of::Machine("vmstat"), vmstat::parse);
        self.numbers(&OPEN_FILES);
        ENTROPY.iter().for_each(|n| self.numbers(n));
        self.read(Of::Network("netstat"), netstat::parse_table);
        self.read(Of::Network("snmp"), netstat::parse_table);
        self.read(Of::Network("snmp6"), netstat::parse_lines);
        let page = rustix::param::page_size();
        for file in ["sockstat", "sockstat6"] {
            self.read(Of::Network(file), |text| sockstat::parse(text, page));
        }
        self.read(Of::Network("softnet_stat"), softnet::parse);
        self.read(Of::Network("arp"), |text| Ok([arp::parse(text)?]));
        if self.procfs.is_own() {
            CONNECTIONS.iter().for_each(|n| self.numbers(n));
        }
    }

    fn numbers(&mut self, numbers: &Numbers) {
        self.read(numbers.file, |text| numbers.parse(text));
    }

    fn read<F: IntoIterator<Item = MetricFamily>>(
        &mut self,
        file: Of,
        parser: impl FnOnce(&[u8]) -> Result<F, Malformed>,
    ) {
        match self.procfs.parse_if_there(file, parser) {
            Ok(families) => {
                let families = families.into_iter().flatten();
                let told = families.filter(|family| !family.metrics.is_empty());
                self.families.extend(told);
            }
            Err(error) => self.failed.push(error),
        }
    }
}

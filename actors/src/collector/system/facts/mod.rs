//! What hardly ever changes and costs most to read: what network devices, disks and the operating
//! system are. Read every half minute, for a scrape every ten seconds, and beside the measurement: the
//! speed of a network card is told by its driver, under a lock that can be held for seconds.

mod disk_info;
mod netclass;
mod os_release;

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use exposition::MetricFamily;

use super::{Occasion, disk, procfs::Of, procfs::Procfs, repeated::Repeated};
use crate::collector::CollectError;

/// They are told for so long.
const COUNTS: Duration = Duration::from_secs(30);
/// And to those who ask for so long.
const COUNTS_FOR_A_SCRAPE: Duration = Duration::from_secs(10);

/// Where they stand.
#[derive(Clone)]
struct Places {
    procfs: PathBuf,
    /// Unknown where `/proc` is another machine's, and its `/sys` is not told.
    network_devices: Option<PathBuf>,
    rootfs: PathBuf,
}

/// What was read.
#[derive(Clone, Default)]
struct Read {
    families: Arc<[MetricFamily]>,
    failed: Vec<CollectError>,
}

/// The facts as they were read last.
pub(super) struct Facts {
    places: Places,
    read: Repeated<Read>,
}

impl Facts {
    /// The host's `/proc` and `/` are reached as `procfs` and `rootfs`.
    pub(super) fn new(procfs: PathBuf, rootfs: PathBuf) -> Self {
        // `/sys` shows the network devices of whoever mounted it.
        let told = procfs == Path::new("/proc") || rootfs != Path::new("/");
        let network_devices = told.then(|| rootfs.join("sys/class/net"));
        let part = network_devices.as_deref().unwrap_or(&procfs);
        let part = part.display().to_string();
        Facts {
            places: Places {
                procfs,
                network_devices,
                rootfs,
            },
            read: Repeated::new(part, COUNTS),
        }
    }

    /// Has them read anew where it is time.
    pub(super) fn ask(&mut self, occasion: Occasion) {
        let is_due = match occasion {
            Occasion::Tick => self.read.is_due(),
            Occasion::Refresh => self.read.is_due_within(COUNTS_FOR_A_SCRAPE),
        };
        if is_due {
            let places = self.places.clone();
            self.read.ask(move || places.read());
        }
    }

    /// Takes what was read; waits for it a moment where none was before, or somebody asks.
    pub(super) async fn settle(&mut self, occasion: Occasion) {
        match occasion {
            Occasion::Tick => self.read.settle().await,
            Occasion::Refresh => self.read.settle_new().await,
        }
    }

    /// Tells them as they were read last.
    pub(super) fn tell(
        &self,
        as_before: &mut Vec<Arc<[MetricFamily]>>,
        failed: &mut Vec<CollectError>,
    ) {
        if let Some(read) = self.read.latest() {
            as_before.push(read.families.clone());
            failed.extend(read.failed.iter().cloned());
        }
        failed.extend(self.read.failure().cloned());
    }
}

impl Places {
    fn read(&self) -> Read {
        let (mut families, mut failed) = (Vec::new(), Vec::new());
        match self.network_devices.as_deref().map(netclass::read) {
            Some(Ok(read)) => families.extend(read),
            Some(Err(error)) => failed.push(error),
            None => {}
        }
        // That they cannot be read is told by whoever reads them for their counters.
        let disks = Procfs::new(self.procfs.clone()).parse(Of::Machine("diskstats"), disk::parse);
        let udev = self.rootfs.join("run/udev/data");
        families.push(disk_info::read(&udev, &disks.unwrap_or_default()));
        families.extend(os_release::read(&self.rootfs));
        families.retain(|family| !family.metrics.is_empty());
        let families = families.into();
        Read { families, failed }
    }
}

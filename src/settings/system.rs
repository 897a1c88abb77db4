//! `[system]`: the machine Vitals runs on.

use std::path::PathBuf;
use std::time::Duration;

use serde::Serialize;

use super::table::{Section, Table};
use super::text;

/// `[system]`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct System {
    /// Time from one sample to the next, 100 ms to 1 min.
    #[serde(serialize_with = "text::duration")]
    pub(crate) interval: Duration,
    /// Whether the `node_*` families are exported, as node_exporter has them.
    pub(crate) node_exporter: bool,
    /// Where the proc file system of the machine is; `/host/proc` in many containers.
    #[serde(serialize_with = "text::path")]
    pub(crate) procfs: PathBuf,
    /// Where the root file system of the machine is; `/host` in many containers.
    #[serde(serialize_with = "text::path")]
    pub(crate) rootfs: PathBuf,
    /// Whether filesystems of file servers are watched too.
    pub(crate) network_filesystems: bool,
    /// The label `job` of the `node_*` families where they are told beside others.
    pub(crate) job: String,
}

impl Default for System {
    fn default() -> Self {
        Self {
            interval: Duration::from_secs(1),
            node_exporter: true,
            procfs: PathBuf::from("/proc"),
            rootfs: PathBuf::from("/"),
            network_filesystems: false,
            job: "node".to_owned(),
        }
    }
}

impl Section for System {
    fn read(&mut self, table: &mut Table<'_>) {
        let range = Duration::from_millis(100)..=Duration::from_mins(1);
        table.within("interval", &mut self.interval, range);
        table.value("node_exporter", &mut self.node_exporter);
        table.path("procfs", &mut self.procfs);
        table.path("rootfs", &mut self.rootfs);
        table.value("network_filesystems", &mut self.network_filesystems);
        table.value("job", &mut self.job);
    }
}

//! `node_filesystem_*` and `vitals_host_filesystem_used_ratio`: the mounts, and how full they are.

use std::path::PathBuf;

use exposition::{Labels, MetricFamily};

use super::{
    machine::{Machine, Space},
    mounts,
    remote::{Remote, Told},
    text::Malformed,
    watched::{self, Watched},
};
use crate::collector::CollectError;

/// The mounts as of the last look at the table.
pub(super) struct Filesystems {
    rootfs: PathBuf,
    /// Whether those that could keep us waiting are wanted.
    network: bool,
    table: Vec<u8>,
    watched: Vec<Watched>,
    remote: Remote,
}

impl Filesystems {
    /// The host's `/` is reached as `rootfs`.
    pub(super) fn new(rootfs: PathBuf, network: bool) -> Self {
        Filesystems {
            rootfs,
            network,
            table: Vec::new(),
            watched: Vec::new(),
            remote: Remote::default(),
        }
    }

    /// Takes the table for what is; nearly always it is what it was.
    pub(super) fn follow(&mut self, table: &[u8], machine: &Machine) -> Result<(), Malformed> {
        if self.table == table {
            return Ok(());
        }
        self.table.clear();
        let mounts = mounts::parse(table)?;
        self.watched = watched::choose(&mounts, &self.rootfs, self.network, machine);
        self.table.extend_from_slice(table);
        Ok(())
    }

    /// Asks the remote ones among the mounts of the last look, beside us.
    pub(super) async fn freshen(&mut self, machine: &Machine) {
        let remote = self.watched.iter().filter(|watched| watched.remote);
        let paths = remote.map(|watched| watched.path.as_path());
        self.remote.freshen(paths, machine).await;
    }

    /// The remote ones that do not answer.
    pub(super) fn failures(&self) -> impl Iterator<Item = CollectError> {
        self.remote.failures()
    }

    /// Asks each local filesystem how full it is, and tells what the remote ones answered: the share in
    /// use of those that are judged, and all of each where that is wanted.
    pub(super) fn families(
        &self,
        machine: &Machine,
        node: Option<&mut Vec<MetricFamily>>,
    ) -> MetricFamily {
        let room = if node.is_some() {
            self.watched.len()
        } else {
            0
        };
        let mut families = NodeFamilies::new(room);
        let mut ratio = MetricFamily::gauge(
            "vitals_host_filesystem_used_ratio",
            "Share of the filesystem in use, as df tells it: used / (used + available).",
        );
        for watched in &self.watched {
            let labels = watched.node.as_ref().filter(|_| node.is_some());
            if labels.is_none() && watched.judged.is_none() {
                continue;
            }
            let told = match watched.remote {
                true => self.remote.told(&watched.path),
                false => (machine.space)(&watched.path).map_or(Told::Failure, Told::Space),
            };
            if let (Some(labels), Told::Space(space)) = (&watched.judged, &told)
                && let Some(used) = used_ratio(space)
            {
                ratio.push(labels.clone(), used);
            }
            if let Some(labels) = labels {
                families.push(labels, watched.readonly, told);
            }
        }
        if let Some(node) = node {
            node.extend(families.into_families());
        }
        ratio
    }
}

fn used_ratio(space: &Space) -> Option<f64> {
    let used = space.size - space.free;
    let reachable = used + space.avail;
    (reachable > 0.0).then(|| used / reachable)
}

struct NodeFamilies {
    device_error: MetricFamily,
    readonly: MetricFamily,
    size: MetricFamily,
    free: MetricFamily,
    avail: MetricFamily,
    files: MetricFamily,
    files_free: MetricFamily,
}

impl NodeFamilies {
    fn new(mounts: usize) -> Self {
        let gauge = |name: &'static str, help: &'static str| {
            let mut family = MetricFamily::gauge(name, help);
            family.metrics.reserve(mounts);
            family
        };
        NodeFamilies {
            device_error: gauge(
                "node_filesystem_device_error",
                "Whether an error occurred while getting statistics for the given device.",
            ),
            readonly: gauge("node_filesystem_readonly", "Filesystem read-only status."),
            size: gauge("node_filesystem_size_bytes", "Filesystem size in bytes."),
            free: gauge(
                "node_filesystem_free_bytes",
                "Filesystem free space in bytes.",
            ),
            avail: gauge(
                "node_filesystem_avail_bytes",
                "Filesystem space available to non-root users in bytes.",
            ),
            files: gauge("node_filesystem_files", "Filesystem total file nodes."),
            files_free: gauge(
                "node_filesystem_files_free",
                "Filesystem total free file nodes.",
            ),
        }
    }

    fn push(&mut self, labels: &Labels, readonly: bool, told: Told) {
        match told {
            Told::Nothing => {}
            Told::Failure => self.device_error.push(labels.clone(), 1.0),
            Told::Space(space) => {
                // The table of mounts may be older than an error that has made it so.
                let readonly = f64::from(u8::from(readonly || space.readonly));
                self.device_error.push(labels.clone(), 0.0);
                self.readonly.push(labels.clone(), readonly);
                self.size.push(labels.clone(), space.size);
                self.free.push(labels.clone(), space.free);
                self.avail.push(labels.clone(), space.avail);
                self.files.push(labels.clone(), space.files);
                self.files_free.push(labels.clone(), space.files_free);
            }
        }
    }

    fn into_families(self) -> Vec<MetricFamily> {
        vec![
            self.device_error,
            self.readonly,
            self.size,
            self.free,
            self.avail,
            self.files,
            self.files_free,
        ]
    }
}

#[cfg(test)]
mod tests {
    use exposition::Value;

    use super::*;

    #[test]
    fn ratios_are_those_of_df() {
        let space = |size, free, avail| Space {
            size,
            free,
            avail,
            ..Space::default()
        };
        assert_eq!(used_ratio(&space(100.0, 40.0, 20.0)), Some(0.75));
        assert_eq!(used_ratio(&space(100.0, 0.0, 0.0)), Some(1.0));
        assert_eq!(used_ratio(&space(0.0, 0.0, 0.0)), None);
    }

    #[test]
    fn of_one_that_fails_nothing_else_is_told() {
        let mut node = NodeFamilies::new(1);
        let labels = Labels::new([("device", "/dev/sda1"), ("mountpoint", "/srv")]);
        node.push(&labels, true, Told::Failure);
        node.push(&labels, true, Told::Nothing);
        let told: Vec<_> = node
            .into_families()
            .into_iter()
            .flat_map(|family| family.metrics)
            .map(|metric| metric.value)
            .collect();
        assert_eq!(told, [Value::Number(1.0)]);
    }

    #[test]
    fn one_that_has_made_itself_read_only_is_told_before_the_table_says_so() {
        let mut node = NodeFamilies::new(3);
        for (of_table, of_filesystem) in [(false, false), (true, false), (false, true)] {
            let space = Space {
                readonly: of_filesystem,
                ..Space::default()
            };
            node.push(&Labels::none(), of_table, Told::Space(space));
        }
        let told = node.readonly.metrics.into_iter().map(|metric| metric.value);
        assert!(told.eq([0.0, 1.0, 1.0].map(Value::Number)));
    }
}

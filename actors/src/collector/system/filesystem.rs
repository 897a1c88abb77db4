//! `node_filesystem_*` and `vitals_host_filesystem_used_ratio`: the local mounts, and how full
//! they are.

use std::{io, path::PathBuf};

use exposition::{Labels, MetricFamily};

use super::{
    machine::{Machine, Space},
    mounts,
    procfs::Malformed,
    watched::{self, Watched},
};

/// The mounts as of the last look at the table.
pub(super) struct Filesystems {
    rootfs: PathBuf,
    table: Vec<u8>,
    watched: Vec<Watched>,
}

impl Filesystems {
    /// The host's `/` is reached as `rootfs`.
    pub(super) fn new(rootfs: PathBuf) -> Self {
        Filesystems {
            rootfs,
            table: Vec::new(),
            watched: Vec::new(),
        }
    }

    /// Takes the table for what is; nearly always it is what it was.
    pub(super) fn follow(&mut self, table: &[u8], machine: &Machine) -> Result<(), Malformed> {
        if self.table == table {
            return Ok(());
        }
        self.table.clear();
        self.watched = watched::choose(&mounts::parse(table)?, &self.rootfs, machine);
        self.table.extend_from_slice(table);
        Ok(())
    }

    /// Asks each filesystem how full it is.
    pub(super) fn families(&self, machine: &Machine, node_exporter: bool) -> Vec<MetricFamily> {
        let mut node = NodeFamilies::new(self.watched.len());
        let mut ratio = MetricFamily::gauge(
            "vitals_host_filesystem_used_ratio",
            "Share of the filesystem in use, as df tells it: used / (used + available).",
        );
        for watched in &self.watched {
            let labels = watched.node.as_ref().filter(|_| node_exporter);
            if labels.is_none() && watched.judged.is_none() {
                continue;
            }
            let space = (machine.space)(&watched.path);
            if let (Some(labels), Ok(space)) = (&watched.judged, &space)
                && let Some(used) = used_ratio(space)
            {
                ratio.push(labels.clone(), used);
            }
            if let Some(labels) = labels {
                node.push(labels, watched.readonly, space);
            }
        }
        let mut families = node.into_families();
        families.push(ratio);
        families
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
        let gauge = |name: &str, help: &str| {
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

    fn push(&mut self, labels: &Labels, readonly: bool, space: io::Result<Space>) {
        let readonly = f64::from(u8::from(readonly));
        match space {
            Err(error) => {
                let labels = with_error(labels, &error);
                self.device_error.push(labels.clone(), 1.0);
                self.readonly.push(labels, readonly);
            }
            Ok(space) => {
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

/// node_exporter tells the error in the label `device_error`, in Go's words: the C library's
/// without the capital.
fn with_error(labels: &Labels, error: &io::Error) -> Labels {
    let text = error.to_string();
    let text = text.split(" (os error").next().unwrap_or_default();
    let text = match text.split_at_checked(1) {
        Some((first, rest)) => first.to_ascii_lowercase() + rest,
        None => text.to_owned(),
    };
    let pairs = labels.iter().chain([("device_error", text.as_str())]);
    // The names are those of a good set and one more.
    Labels::try_new(pairs).unwrap_or_else(|_| labels.clone())
}

#[cfg(test)]
mod tests {
    use exposition::Value;
    use rustix::io::Errno;

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
    fn errors_are_told_in_gos_words() {
        let mut node = NodeFamilies::new(1);
        let labels = Labels::new([("device", "/dev/sda1"), ("mountpoint", "/mnt")]);
        node.push(&labels, true, Err(Errno::ACCESS.into()));
        let told = &node.device_error.metrics[0];
        assert_eq!(told.labels.get("device_error"), Some("permission denied"));
        assert_eq!(told.labels.get("device"), Some("/dev/sda1"));
        assert_eq!(told.value, Value::Number(1.0));
        assert_eq!(node.readonly.metrics.len(), 1);
        assert!(node.size.metrics.is_empty());
    }
}

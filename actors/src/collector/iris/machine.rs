//! The machine an IRIS runs on, as its own metrics tell.

use std::collections::BTreeSet;

use super::native::Native;
use crate::collector::told::Told;

pub(super) fn tell(native: &Native, told: &mut Told) {
    let ratio = |family| native.value(family).map(|percent| percent / 100.0);
    if let Some(cpu) = ratio("iris_cpu_usage") {
        told.host_gauge("vitals_host_cpu_used_ratio", "CPU in use.", [], cpu);
    }
    if let Some(memory) = ratio("iris_phys_mem_percent_used") {
        told.host_gauge(
            "vitals_host_memory_used_ratio",
            "Memory in use.",
            [],
            memory,
        );
    }
    // Databases on the same volume are as full, and have as much left: told once, by the shortest
    // of their directories.
    let mut volumes: Vec<(&str, f64)> = Vec::new();
    for (labels, percent) in native.series("iris_disk_percent_full") {
        if let Some(directory) = labels.get("dir") {
            volumes.push((directory, percent));
        }
    }
    volumes.sort_by(|(one, _), (other, _)| (one.len(), one).cmp(&(other.len(), other)));
    let mut told_already = BTreeSet::new();
    for (directory, percent) in volumes {
        let space = native.series("iris_directory_space");
        let mut space = space.filter(|(labels, _)| labels.get("dir") == Some(directory));
        let free = space.next().map(|(_, megabytes)| megabytes.to_bits());
        if told_already.insert((percent.to_bits(), free)) {
            let help = "Space in use, as df has it.";
            let labels = [("mountpoint", directory)];
            told.host_gauge(
                "vitals_host_filesystem_used_ratio",
                help,
                labels,
                percent / 100.0,
            );
        }
    }
}

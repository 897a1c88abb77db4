//! `node_disk_info`: what udev knows of a disk.

use std::{fs::File, io::Read, path::Path};

use exposition::{Labels, MetricFamily};

use crate::collector::system::disk::Disk;

/// udev's properties, and the labels they are.
const LABELS: [(&str, &str); 5] = [
    ("ID_PATH", "path"),
    ("ID_WWN", "wwn"),
    ("ID_MODEL", "model"),
    ("ID_SERIAL_SHORT", "serial"),
    ("ID_REVISION", "revision"),
];

/// No entry is larger.
const LIMIT: u64 = 64 << 10;

/// `udev` is the folder of its database; what it does not know is told without its labels.
pub(super) fn read(udev: &Path, disks: &[Disk]) -> MetricFamily {
    let mut family = MetricFamily::gauge("node_disk_info", "Info of /sys/block/<block_device>.");
    for disk in disks {
        let mut text = String::new();
        let entry = udev.join(format!("b{}:{}", disk.major, disk.minor));
        // In a container, or without udev, there is none.
        let _ = File::open(entry).and_then(|file| file.take(LIMIT).read_to_string(&mut text));
        family.push(labels(disk, &text), 1.0);
    }
    family
}

fn labels(disk: &Disk, entry: &str) -> Labels {
    let mut pairs = vec![
        ("device", disk.name.clone()),
        ("major", disk.major.to_string()),
        ("minor", disk.minor.to_string()),
    ];
    for (property, label) in LABELS {
        let value = entry.lines().rev().find_map(|line| {
            let (name, value) = line.strip_prefix("E:")?.split_once('=')?;
            (name == property).then(|| value.to_owned())
        });
        pairs.push((label, value.unwrap_or_default()));
    }
    Labels::new(pairs)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::collector::system::disk;

    #[test]
    fn udev_tells_what_a_disk_is() {
        let disks = disk::parse(b"8 16 sdb 1 2 3 4 5 6 7 8 9 10 11\n").unwrap();
        // By hand after udev's database format.
        let entry = "S:disk/by-id/wwn-0x5000039a3b1\nE:ID_MODEL=TOSHIBA_MG08\nE:ID_WWN=0x5000039a3b1\nE:ID_SERIAL=no\nnonsense\n";
        let labels = labels(&disks[0], entry);
        let pairs: Vec<_> = labels.iter().collect();
        assert_eq!(
            pairs,
            [
                ("device", "sdb"),
                ("major", "8"),
                ("minor", "16"),
                ("model", "TOSHIBA_MG08"),
                ("wwn", "0x5000039a3b1"),
            ]
        );
        let family = read(Path::new("/nowhere"), &disks);
        assert_eq!(family.metrics[0].labels.len(), 3);
    }
}

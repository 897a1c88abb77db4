//! `node_disk_*`, from `/proc/diskstats`.

use exposition::{Labels, MetricFamily, MetricType};

use super::text::{Malformed, lines, unsigned, words};

/// What a column counts, by what it is told in.
#[derive(Clone, Copy)]
enum Unit {
    Number,
    /// 512 bytes, whatever the device's own are.
    Sectors,
    Milliseconds,
}

/// The columns after the device's name: name and help as node_exporter has them. The last ones came
/// with Linux 4.18 and 5.5.
const COLUMNS: [(&str, &str, Unit); 17] = {
    use Unit::{Milliseconds, Number, Sectors};
    [
        (
            "reads_completed_total",
            "The total number of reads completed successfully.",
            Number,
        ),
        (
            "reads_merged_total",
            "The total number of reads merged.",
            Number,
        ),
        (
            "read_bytes_total",
            "The total number of bytes read successfully.",
            Sectors,
        ),
        (
            "read_time_seconds_total",
            "The total number of seconds spent by all reads.",
            Milliseconds,
        ),
        (
            "writes_completed_total",
            "The total number of writes completed successfully.",
            Number,
        ),
        (
            "writes_merged_total",
            "The number of writes merged.",
            Number,
        ),
        (
            "written_bytes_total",
            "The total number of bytes written successfully.",
            Sectors,
        ),
        (
            "write_time_seconds_total",
            "This is the total number of seconds spent by all writes.",
            Milliseconds,
        ),
        (
            IN_PROGRESS,
            "The number of I/Os currently in progress.",
            Number,
        ),
        (
            "io_time_seconds_total",
            "Total seconds spent doing I/Os.",
            Milliseconds,
        ),
        (
            "io_time_weighted_seconds_total",
            "The weighted # of seconds spent doing I/Os.",
            Milliseconds,
        ),
        (
            "discards_completed_total",
            "The total number of discards completed successfully.",
            Number,
        ),
        (
            "discards_merged_total",
            "The total number of discards merged.",
            Number,
        ),
        (
            "discarded_sectors_total",
            "The total number of sectors discarded successfully.",
            Number,
        ),
        (
            "discard_time_seconds_total",
            "This is the total number of seconds spent by all discards.",
            Milliseconds,
        ),
        (
            "flush_requests_total",
            "The total number of flush requests completed successfully",
            Number,
        ),
        (
            "flush_requests_time_seconds_total",
            "This is the total number of seconds spent by all flush requests.",
            Milliseconds,
        ),
    ]
};
/// The one that also falls.
const IN_PROGRESS: &str = "io_now";
/// As many as the oldest kernels have.
const LEAST: usize = 11;

/// A line that is told of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Disk {
    pub(super) major: u64,
    pub(super) minor: u64,
    pub(super) name: String,
    /// As many columns as this kernel has.
    counters: Vec<u64>,
}

pub(super) fn parse(text: &[u8]) -> Result<Vec<Disk>, Malformed> {
    let mut disks: Vec<Disk> = Vec::new();
    for (line, content) in lines(text) {
        let malformed = Malformed::Line {
            line,
            problem: "not a block device",
        };
        let mut words = words(content);
        let mut number = || words.next().and_then(unsigned).ok_or(malformed);
        let (major, minor) = (number()?, number()?);
        let name = words.next().ok_or(malformed)?;
        let name = String::from_utf8_lossy(name).into_owned();
        if is_excluded(&name) || disks.iter().any(|disk| disk.name == name) {
            continue;
        }
        let counters = words.take(COLUMNS.len()).map(unsigned);
        let counters: Vec<u64> = counters.collect::<Option<_>>().ok_or(malformed)?;
        if counters.len() < LEAST {
            return Err(malformed);
        }
        disks.push(Disk {
            major,
            minor,
            name,
            counters,
        });
    }
    Ok(disks)
}

pub(super) fn families(disks: &[Disk]) -> Vec<MetricFamily> {
    let labels: Vec<Labels> = disks
        .iter()
        .map(|disk| Labels::new([("device", disk.name.as_str())]))
        .collect();
    let family = |(column, (name, help, unit)): (usize, &(&str, &'static str, Unit))| {
        let kind = match *name {
            IN_PROGRESS => MetricType::Gauge,
            _ => MetricType::Counter,
        };
        let mut family = MetricFamily::new(format!("node_disk_{name}"), *help, kind);
        for (disk, labels) in disks.iter().zip(&labels) {
            if let Some(&count) = disk.counters.get(column) {
                family.push(labels.clone(), unit.of(count));
            }
        }
        family
    };
    COLUMNS.iter().enumerate().map(family).collect()
}

impl Unit {
    /// Multiplied where node_exporter multiplies: so the last digit is the same.
    fn of(self, count: u64) -> f64 {
        match self {
            Unit::Number => count as f64,
            Unit::Sectors => count as f64 * 512.0,
            Unit::Milliseconds => count as f64 * 0.001,
        }
    }
}

/// node_exporter's default `--collector.diskstats.device-exclude`: memory disks, loops, floppies,
/// and partitions, whose input and output is that of their disk.
fn is_excluded(name: &str) -> bool {
    let stem = name.trim_end_matches(|c: char| c.is_ascii_digit());
    if stem.len() == name.len() {
        return false;
    }
    let disk_letter = |prefix: &str| {
        let letter = stem.strip_prefix(prefix).map(str::as_bytes);
        matches!(letter, Some([b'a'..=b'z']))
    };
    matches!(stem, "ram" | "loop" | "fd")
        || ["hd", "sd", "vd", "xvd"].into_iter().any(disk_letter)
        || is_nvme_disk(stem)
}

/// `nvme0n1p`, as what is left of a partition's name.
fn is_nvme_disk(stem: &str) -> bool {
    let numbers = |text: &str| !text.is_empty() && text.bytes().all(|c| c.is_ascii_digit());
    stem.strip_prefix("nvme")
        .and_then(|rest| rest.strip_suffix('p'))
        .and_then(|rest| rest.split_once('n'))
        .is_some_and(|(controller, namespace)| numbers(controller) && numbers(namespace))
}

#[cfg(test)]
mod tests {
    use exposition::Value;
    use proptest::prelude::*;

    use super::*;

    /// The first two lines recorded on Linux 6.18, the last from the kernel's documentation of 4.17
    /// and before.
    const RECORDED: &[u8] = b"   7       0 loop0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0
 254       0 vda 267044 34696 15690410 704676 33668 88604 22181320 124250 0 50020 837128 32224 48 6815352 8164 861 36
   3       0 hda 446216 784926 9550688 4382310 424847 312726 5922052 19310380 0 3376340 23705160
";

    #[test]
    fn a_recorded_file() {
        let disks = parse(RECORDED).unwrap();
        let names: Vec<_> = disks.iter().map(|disk| disk.name.as_str()).collect();
        assert_eq!(names, ["vda", "hda"]);
        assert_eq!((disks[0].major, disks[0].minor), (254, 0));
        let families = families(&disks);
        let told = |name: &str| {
            let name = format!("node_disk_{name}");
            let family = families.iter().find(|f| f.name == name).unwrap();
            let values = family.metrics.iter().map(|metric| match metric.value {
                Value::Number(number) => number,
                _ => unreachable!(),
            });
            values.collect::<Vec<_>>()
        };
        assert_eq!(told("reads_completed_total"), [267_044.0, 446_216.0]);
        assert_eq!(told("read_bytes_total")[0], 15_690_410.0 * 512.0);
        assert_eq!(told("io_time_seconds_total"), [50.02, 3376.34]);
        assert_eq!(told("discarded_sectors_total"), [6_815_352.0]);
        // As node_exporter prints it.
        let flushed = told("flush_requests_time_seconds_total");
        assert_eq!(flushed[0].to_string(), "0.036000000000000004");
    }

    #[test]
    fn exclusions_are_node_exporters() {
        for excluded in [
            "ram0",
            "loop12",
            "fd0",
            "hda1",
            "sda1",
            "sdz15",
            "vda1",
            "xvda14",
            "nvme0n1p1",
            "nvme10n12p3",
        ] {
            assert!(is_excluded(excluded), "{excluded}");
        }
        for kept in [
            "sda",
            "sdaa1",
            "dm-0",
            "md127",
            "sr0",
            "zram0",
            "nvme0n1",
            "nvmen1p1",
            "mmcblk0p1",
            "nbd0",
            "loop",
            "0",
        ] {
            assert!(!is_excluded(kept), "{kept}");
        }
    }

    #[test]
    fn what_is_wrong_is_named() {
        for bad in [
            "8 0",
            "8 x sda 1",
            "8 0 sda 1 2 3",
            "8 0 sda 1 2 3 4 5 6 7 8 9 10 -1",
        ] {
            let text = format!("8 16 sdb 1 2 3 4 5 6 7 8 9 10 11\n{bad}\n");
            let error = parse(text.as_bytes()).unwrap_err();
            assert_eq!(error.to_string(), "line 2: not a block device", "{bad}");
        }
    }

    proptest! {
        #[test]
        fn garbage_never_panics(
            garbage: Vec<u8>,
            name in "[a-z0-9-]{0,12}",
            at in 0..RECORDED.len(),
            byte in any::<u8>(),
        ) {
            is_excluded(&name);
            let mut text = RECORDED.to_vec();
            text[at] = byte;
            for text in [garbage.as_slice(), &text, &RECORDED[..at]] {
                if let Ok(disks) = parse(text) {
                    families(&disks);
                }
            }
        }
    }
}

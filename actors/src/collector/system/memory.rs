//! `node_memory_*` and `vitals_host_memory_used_ratio`, from `/proc/meminfo`.

use exposition::{Labels, MetricFamily, is_metric_name};

use super::{
    LOCAL, host,
    text::{Malformed, lines, unsigned, words},
};

/// A line of `/proc/meminfo`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Entry<'a> {
    /// Without the colon: `MemTotal`, `Active(anon)`.
    key: &'a [u8],
    /// Bytes or pages.
    value: f64,
    /// Whether the line says `kB`; without, it counts huge pages.
    bytes: bool,
}

pub(super) fn parse(text: &[u8]) -> Result<Vec<Entry<'_>>, Malformed> {
    let mut entries = Vec::with_capacity(64);
    for (line, content) in lines(text) {
        let malformed = |problem| Malformed::Line { line, problem };
        let mut words = words(content);
        let key = words.next().and_then(|key| key.strip_suffix(b":"));
        let key = key.ok_or(malformed("no key"))?;
        let number = words.next().and_then(unsigned);
        let number = number.ok_or(malformed("not a number"))? as f64;
        let bytes = match words.next() {
            None => false,
            Some(b"kB") => true,
            Some(_) => return Err(malformed("an unknown unit")),
        };
        let value = if bytes { number * 1024.0 } else { number };
        entries.push(Entry { key, value, bytes });
    }
    match value(&entries, b"MemTotal") {
        Some(_) => Ok(entries),
        None => Err(Malformed::Missing("line `MemTotal`")),
    }
}

/// 1 - MemAvailable / MemTotal; kernels before 3.14 do not tell what is available.
pub(super) fn used_ratio(entries: &[Entry<'_>]) -> Option<MetricFamily> {
    let total = value(entries, b"MemTotal").filter(|total| *total > 0.0)?;
    let available = value(entries, b"MemAvailable")?;
    let family = MetricFamily::gauge(
        "vitals_host_memory_used_ratio",
        "Share of memory in use: 1 - MemAvailable / MemTotal.",
    );
    Some(family.with(host(), (1.0 - available / total).max(0.0)))
}

/// Memory set aside for huge pages is not available to anybody else, whether anything lies in it or
/// not: a host whose IRIS has its shared memory there is fuller than it looks, or emptier.
pub(super) fn huge_pages(entries: &[Entry<'_>]) -> Option<MetricFamily> {
    let size = value(entries, b"Hugepagesize")?;
    let pages = |key: &[u8]| value(entries, key);
    let (total, free) = (pages(b"HugePages_Total")?, pages(b"HugePages_Free")?);
    let reserved = pages(b"HugePages_Rsvd").unwrap_or(0.0).min(free);
    let mut family = MetricFamily::gauge(
        "vitals_host_hugepages_bytes",
        "Memory set aside for huge pages of the default size, by state: used, reserved (promised, \
         but not touched yet) or free. All of it is in use to vitals_host_memory_used_ratio.",
    );
    for (state, pages) in [
        ("used", (total - free).max(0.0)),
        ("reserved", reserved),
        ("free", free - reserved),
    ] {
        let labels = Labels::new([("host", LOCAL), ("state", state)]);
        family.push(labels, pages * size);
    }
    Some(family)
}

fn value(entries: &[Entry<'_>], key: &[u8]) -> Option<f64> {
    entries.iter().find(|e| e.key == key).map(|e| e.value)
}

/// The families of the lines as they were last: they hardly ever change.
#[derive(Default)]
pub(super) struct Memory {
    known: Vec<Known>,
    none: Labels,
}

struct Known {
    key: Box<[u8]>,
    bytes: bool,
    /// `None` where the line has no name of its own.
    family: Option<MetricFamily>,
}

impl Memory {
    pub(super) fn families(&mut self, entries: &[Entry<'_>]) -> impl Iterator<Item = MetricFamily> {
        let same = |(known, entry): (&Known, &Entry<'_>)| {
            *known.key == *entry.key && known.bytes == entry.bytes
        };
        let as_before =
            self.known.len() == entries.len() && self.known.iter().zip(entries).all(same);
        if !as_before {
            self.learn(entries);
        }
        self.known.iter().zip(entries).filter_map(|(known, entry)| {
            let family = known.family.clone()?;
            Some(family.with(self.none.clone(), entry.value))
        })
    }

    fn learn(&mut self, entries: &[Entry<'_>]) {
        self.known.clear();
        for entry in entries {
            let family = name(entry)
                .map(|key| {
                    let help = format!("Memory information field {key}.");
                    MetricFamily::gauge(format!("node_memory_{key}"), help)
                })
                .filter(|new| !self.known.iter().any(|k| k.family.as_ref() == Some(new)));
            self.known.push(Known {
                key: entry.key.into(),
                bytes: entry.bytes,
                family,
            });
        }
    }
}

/// node_exporter's rule: `Active(anon)` in kB is `Active_anon_bytes`, `HugePages_Total` stays.
fn name(entry: &Entry<'_>) -> Option<String> {
    let key = std::str::from_utf8(entry.key).ok()?;
    let mut name = key.replace('(', "_").replace(')', "");
    if entry.bytes {
        name.push_str("_bytes");
    }
    is_metric_name(&name).then_some(name)
}

#[cfg(test)]
mod tests {
    use exposition::Value;
    use proptest::prelude::*;

    use super::*;

    /// Recorded on Linux 6.18; half of the lines.
    const RECORDED: &[u8] = b"\
MemTotal:       24684084 kB
MemFree:        23508464 kB
MemAvailable:   24160484 kB
Buffers:           18016 kB
Active(anon):       1520 kB
Committed_AS:      52860 kB
VmallocTotal:   34359738367 kB
HugePages_Total:       0
Hugepagesize:       2048 kB
DirectMap1G:    25165824 kB
";

    fn told(memory: &mut Memory, text: &[u8]) -> Vec<(String, f64)> {
        let families = memory.families(&parse(text).unwrap()).collect::<Vec<_>>();
        families
            .into_iter()
            .map(|family| match family.metrics[0].value {
                Value::Number(number) => (family.name.into_owned(), number),
                _ => unreachable!(),
            })
            .collect()
    }

    #[test]
    fn names_follow_node_exporter() {
        let told = told(&mut Memory::default(), RECORDED);
        let names: Vec<_> = told.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(
            names,
            [
                "node_memory_MemTotal_bytes",
                "node_memory_MemFree_bytes",
                "node_memory_MemAvailable_bytes",
                "node_memory_Buffers_bytes",
                "node_memory_Active_anon_bytes",
                "node_memory_Committed_AS_bytes",
                "node_memory_VmallocTotal_bytes",
                "node_memory_HugePages_Total",
                "node_memory_Hugepagesize_bytes",
                "node_memory_DirectMap1G_bytes",
            ]
        );
        assert_eq!(told[0].1, 25_276_502_016.0);
        assert_eq!(told[7].1, 0.0);
    }

    #[test]
    fn lines_may_change_from_tick_to_tick() {
        let mut memory = Memory::default();
        told(&mut memory, RECORDED);
        let two = b"MemTotal: 2 kB\nNews: 3\nMemTotal: 4 kB\nodd-one: 5\n";
        assert_eq!(
            told(&mut memory, two),
            [
                ("node_memory_MemTotal_bytes".to_owned(), 2048.0),
                ("node_memory_News".to_owned(), 3.0),
            ]
        );
    }

    #[test]
    fn the_ratio_is_absent_where_it_is_unknown() {
        let ratio = |text: &[u8]| {
            let family = used_ratio(&parse(text).unwrap())?;
            Some(family.metrics[0].value.clone())
        };
        let number = |x| Some(Value::Number(x));
        assert_eq!(ratio(b"MemTotal: 4 kB\nMemAvailable: 1 kB\n"), number(0.75));
        assert_eq!(ratio(b"MemTotal: 4 kB\nMemAvailable: 5 kB\n"), number(0.0));
        assert_eq!(ratio(b"MemTotal: 4 kB\n"), None);
        assert_eq!(ratio(b"MemTotal: 0 kB\nMemAvailable: 0 kB\n"), None);
    }

    #[test]
    fn huge_pages_are_a_state_of_their_own() {
        let told = |text: &[u8]| {
            let family = huge_pages(&parse(text).unwrap())?;
            let of = |metric: &exposition::Metric| match metric.value {
                Value::Number(bytes) => (metric.labels.get("state").unwrap().to_owned(), bytes),
                _ => unreachable!(),
            };
            Some(family.metrics.iter().map(of).collect::<Vec<_>>())
        };
        let text = b"MemTotal: 9 kB
HugePages_Total: 10
HugePages_Free: 6
HugePages_Rsvd: 5
Hugepagesize: 2048 kB
";
        let mib = |state: &str, mib: f64| (state.to_owned(), mib * 1_048_576.0);
        let states = [mib("used", 8.0), mib("reserved", 10.0), mib("free", 2.0)];
        assert_eq!(told(text).unwrap(), states);
        assert_eq!(told(b"MemTotal: 9 kB\nHugePages_Total: 1\n"), None);
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (text, expected) in [
            ("", "no line `MemTotal`"),
            ("MemTotal 4 kB\n", "line 1: no key"),
            ("MemTotal: 4 kB\nMemFree: -1 kB\n", "line 2: not a number"),
            ("MemTotal:\n", "line 1: not a number"),
            ("MemTotal: 4 MB\n", "line 1: an unknown unit"),
        ] {
            assert_eq!(parse(text.as_bytes()).unwrap_err().to_string(), expected);
        }
    }

    proptest! {
        #[test]
        fn garbage_never_panics(
            garbage: Vec<u8>,
            at in 0..RECORDED.len(),
            byte in any::<u8>(),
        ) {
            let mut memory = Memory::default();
            let mut text = RECORDED.to_vec();
            text[at] = byte;
            for text in [garbage.as_slice(), &text, &RECORDED[..at]] {
                if let Ok(entries) = parse(text) {
                    let _ = (used_ratio(&entries), huge_pages(&entries));
                    let _ = memory.families(&entries).count();
                }
            }
        }
    }
}

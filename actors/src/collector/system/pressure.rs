//! `node_pressure_*`: the time tasks waited for a resource, from `/proc/pressure`.

use exposition::{Labels, MetricFamily};

use super::text::{Malformed, lines, unsigned, words};

/// A file, and what its lines `some` and `full` are told as. That all tasks of a machine wait for a
/// CPU has no meaning, and is not told.
pub(super) struct Resource {
    pub(super) file: &'static str,
    waiting: (&'static str, &'static str),
    stalled: Option<(&'static str, &'static str)>,
}

pub(super) const RESOURCES: [Resource; 3] = [
    Resource {
        file: "pressure/cpu",
        waiting: (
            "node_pressure_cpu_waiting_seconds_total",
            "Total time in seconds that processes have waited for CPU time",
        ),
        stalled: None,
    },
    Resource {
        file: "pressure/io",
        waiting: (
            "node_pressure_io_waiting_seconds_total",
            "Total time in seconds that processes have waited due to IO congestion",
        ),
        stalled: Some((
            "node_pressure_io_stalled_seconds_total",
            "Total time in seconds no process could make progress due to IO congestion",
        )),
    },
    Resource {
        file: "pressure/memory",
        waiting: (
            "node_pressure_memory_waiting_seconds_total",
            "Total time in seconds that processes have waited for memory",
        ),
        stalled: Some((
            "node_pressure_memory_stalled_seconds_total",
            "Total time in seconds no process could make progress due to memory congestion",
        )),
    },
];

/// Microseconds in all, by line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Pressure {
    some: Option<u64>,
    full: Option<u64>,
}

/// `some avg10=0.00 avg60=0.00 avg300=0.00 total=413202446`
fn parse(text: &[u8]) -> Result<Pressure, Malformed> {
    let mut pressure = Pressure::default();
    for (line, content) in lines(text) {
        let mut words = words(content);
        let slot = match words.next() {
            Some(b"some") => &mut pressure.some,
            Some(b"full") => &mut pressure.full,
            _ => continue,
        };
        let total = words.find_map(|word| word.strip_prefix(b"total="));
        let problem = "no total";
        *slot = Some(
            total
                .and_then(unsigned)
                .ok_or(Malformed::Line { line, problem })?,
        );
    }
    match pressure.some {
        Some(_) => Ok(pressure),
        None => Err(Malformed::Missing("line `some`")),
    }
}

impl Resource {
    pub(super) fn parse(&self, text: &[u8]) -> Result<Vec<MetricFamily>, Malformed> {
        parse(text).map(|pressure| self.families(pressure).collect())
    }

    fn families(&self, pressure: Pressure) -> impl Iterator<Item = MetricFamily> {
        let told = [
            (Some(self.waiting), pressure.some),
            (self.stalled, pressure.full),
        ];
        told.into_iter().filter_map(|(told_as, total)| {
            let (name, help) = told_as?;
            // Divided as node_exporter divides: so the last digit is the same.
            let seconds = total? as f64 / 1000.0 / 1000.0;
            Some(MetricFamily::counter(name, help).with(Labels::none(), seconds))
        })
    }
}

#[cfg(test)]
mod tests {
    use exposition::Value;
    use proptest::prelude::*;

    use super::*;

    /// Linux 6.18.
    const RECORDED: &[u8] = b"some avg10=0.00 avg60=0.10 avg300=0.05 total=25153779
full avg10=0.00 avg60=0.08 avg300=0.04 total=14137792
";

    fn told(resource: &Resource, text: &[u8]) -> Vec<(String, Value)> {
        let families = resource.families(parse(text).unwrap());
        families
            .map(|family| (family.name.into_owned(), family.metrics[0].value.clone()))
            .collect()
    }

    #[test]
    fn waiting_is_told_of_all_and_stalling_of_all_but_the_cpu() {
        let [cpu, io, _] = &RESOURCES;
        let number = Value::Number;
        assert_eq!(
            told(io, RECORDED),
            [
                (
                    "node_pressure_io_waiting_seconds_total".to_owned(),
                    number(25.153779)
                ),
                (
                    "node_pressure_io_stalled_seconds_total".to_owned(),
                    number(14.137792)
                ),
            ]
        );
        assert_eq!(told(cpu, RECORDED).len(), 1);
        // Linux before 5.13 has no such line for the CPU.
        assert_eq!(told(io, b"some total=1\n").len(), 1);
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (text, expected) in [
            ("", "no line `some`"),
            ("full total=1\n", "no line `some`"),
            ("some avg10=0.00\n", "line 1: no total"),
            ("some total=1\nfull total=1.5\n", "line 2: no total"),
        ] {
            assert_eq!(parse(text.as_bytes()).unwrap_err().to_string(), expected);
        }
    }

    proptest! {
        #[test]
        fn garbage_never_panics(garbage: Vec<u8>, at in 0..RECORDED.len(), byte in any::<u8>()) {
            let mut text = RECORDED.to_vec();
            text[at] = byte;
            for text in [garbage.as_slice(), &text, &RECORDED[..at]] {
                if let Ok(pressure) = parse(text) {
                    let _ = RESOURCES[1].families(pressure).count();
                }
            }
        }
    }
}

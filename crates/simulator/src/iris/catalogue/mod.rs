//! Every metric the simulated server has: name, type, unit, help, labels, and where its values
//! come from.
//!
//! Origin: names, types, units and labels are derived from recorded answers of 2024.1 and 2026.1
//! (wrong types included), help texts from those of 2026.1; the values are invented. Families that
//! nobody recorded say so where they stand.

mod custom;
mod databases;
mod ecp;
mod interop;
mod journal;
mod licence;
mod machine;
mod memory;
mod mirror;
mod processes;
mod rates;
mod resources;
mod sql;
mod system;
mod web;
mod work_queues;
mod write_daemon;

use super::{
    noise,
    number::Number,
    options::Version,
    world::{Production, World},
};

/// Which presentations have a family.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shown {
    Always,
    Only2024,
    Only2026,
}

/// What becomes of two series whose labels are the same once a label is left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Merge {
    Sum,
    Greatest,
}

/// A metric family.
pub(crate) struct Family {
    pub(crate) name: &'static str,
    /// What the TYPE line says, right or wrong.
    pub(crate) kind: &'static str,
    pub(crate) unit: Option<&'static str>,
    pub(crate) help: &'static str,
    shown: Shown,
    merge: Merge,
    values: fn(&View<'_>, &mut Series),
}

const fn gauge(
    name: &'static str,
    help: &'static str,
    values: fn(&View<'_>, &mut Series),
) -> Family {
    Family {
        name,
        kind: "gauge",
        unit: None,
        help,
        shown: Shown::Always,
        merge: Merge::Sum,
        values,
    }
}

impl Family {
    const fn counter(mut self) -> Self {
        self.kind = "counter";
        self
    }

    const fn untyped(mut self) -> Self {
        self.kind = "untyped";
        self
    }

    const fn unit(mut self, unit: &'static str) -> Self {
        self.unit = Some(unit);
        self
    }

    const fn only_2024(mut self) -> Self {
        self.shown = Shown::Only2024;
        self
    }

    const fn only_2026(mut self) -> Self {
        self.shown = Shown::Only2026;
        self
    }

    const fn greatest(mut self) -> Self {
        self.merge = Merge::Greatest;
        self
    }

    /// The series there are now: labels as they are written, braces included, and values.
    pub(crate) fn series(&self, view: &View<'_>) -> Vec<(String, Number)> {
        let shown = match self.shown {
            Shown::Always => true,
            Shown::Only2024 => view.version() == Version::V2024,
            Shown::Only2026 => view.version() != Version::V2024,
        };
        let mut series = Series {
            merge: self.merge,
            without: view.without(self.name),
            lines: Vec::new(),
        };
        if shown {
            (self.values)(view, &mut series);
        }
        series.lines
    }
}

/// The series of one family, in the order they are written.
pub(crate) struct Series {
    merge: Merge,
    without: Vec<&'static str>,
    lines: Vec<(String, Number)>,
}

impl Series {
    /// One without labels.
    fn one(&mut self, value: Number) {
        self.push(&[], value);
    }

    fn push(&mut self, labels: &[(&'static str, &str)], value: Number) {
        let mut text = String::new();
        for (name, value) in labels {
            if self.without.contains(name) {
                continue;
            }
            text.push(if text.is_empty() { '{' } else { ',' });
            text.push_str(name);
            text.push_str("=\"");
            for character in value.chars() {
                match character {
                    '\\' => text.push_str("\\\\"),
                    '"' => text.push_str("\\\""),
                    '\n' => text.push_str("\\n"),
                    other => text.push(other),
                }
            }
            text.push('"');
        }
        if !text.is_empty() {
            text.push('}');
        }
        // Two can only be the same where a label was left out: a handful of series.
        let twin = match self.without.is_empty() {
            true => None,
            false => self.lines.iter_mut().find(|(known, _)| *known == text),
        };
        match (twin, self.merge) {
            (None, _) => self.lines.push((text, value)),
            (Some((_, sum)), Merge::Sum) => *sum = sum.plus(value),
            (Some((_, most)), Merge::Greatest) => *most = most.greater(value),
        }
    }
}

/// The server at the moment of the scrape.
pub(crate) struct View<'a> {
    pub(crate) world: &'a World,
    /// Licence units there are.
    pub(crate) units: u32,
    /// Licence units in use.
    pub(crate) used: u32,
    /// Sessions of web clients.
    pub(crate) sessions: u32,
    /// Seconds since the Unix epoch.
    pub(crate) now: i64,
}

impl View<'_> {
    fn version(&self) -> Version {
        self.world.setup.version
    }

    /// The production, where it runs and its metrics are on.
    fn production(&self) -> Option<&Production> {
        let on = self.world.gates.interop;
        self.world.production.as_ref().filter(|_| on)
    }

    /// Labels an administrator has left out of the interoperability metrics.
    fn without(&self, family: &str) -> Vec<&'static str> {
        let gates = self.world.gates;
        if !family.starts_with("iris_interop_") {
            return Vec::new();
        }
        [
            ("host", gates.host_label),
            ("production", gates.production_label),
        ]
        .into_iter()
        .filter(|(_, on)| !on)
        .map(|(label, _)| label)
        .collect()
    }

    /// −1 to 1, slowly; 0 where all is steady.
    fn wave(&self, stream: u64, period: i64) -> f64 {
        let setup = &self.world.setup;
        if setup.steady {
            return 0.0;
        }
        noise::smooth(setup.seed, 2_000 + stream, self.now, period)
    }

    /// What is `quiet` when nothing happens and `busy` more on the mean of a day.
    fn about(&self, stream: u64, quiet: f64, busy: f64) -> Number {
        let value = (quiet + busy * self.world.busy()) * (1.0 + 0.2 * self.wave(stream, 60));
        Number::whole(value.max(0.0) as i64)
    }

    /// Milliseconds with three decimals around `base`.
    fn latency(&self, stream: u64, base: f64) -> Number {
        let busy = 0.7 + 0.3 * self.world.busy();
        let micro = 1_000.0 * base * busy * (1.0 + 0.3 * self.wave(stream, 45));
        Number::Milli(micro.max(1.0) as i64)
    }

    /// Seconds IRIS has been up.
    fn uptime(&self) -> i64 {
        (self.now - self.world.started).max(0)
    }
}

/// All families, in the order IRIS writes them.
pub(crate) fn families() -> impl Iterator<Item = &'static Family> {
    [
        machine::PROCESSOR,
        web::ALL,
        system::CACHE,
        sql::CACHED,
        databases::ALL,
        ecp::ALL,
        rates::GLOBALS,
        system::UPDATERS,
        interop::ALL,
        journal::ALL,
        licence::ALL,
        rates::LOG_READS,
        mirror::ALL,
        rates::OBJECTS,
        machine::MEMORY,
        rates::PHYSICAL,
        processes::ALL,
        resources::ALL,
        rates::ROUTINES,
        sql::ROUTINES,
        system::COST,
        memory::ALL,
        sql::ALL,
        system::STATE,
        write_daemon::ALL,
        work_queues::ALL,
        custom::ALL,
    ]
    .into_iter()
    .flatten()
}

/// All processes, as the metrics count them.
pub(crate) fn process_count(view: &View<'_>) -> u64 {
    processes::count(view)
}

/// Each database: its name, its size and what is free in it, in megabytes.
pub(crate) fn database_sizes(view: &View<'_>) -> Vec<(&'static str, u64, f64)> {
    databases::sizes(view)
}

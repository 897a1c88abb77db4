//! What is measured: subjects, each with its rows and the contenders that can do it.

use std::time::{Duration, Instant};

use crate::stats::quantile;

/// What a row is counted in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Millions per second.
    MillionsPerSecond,
    /// Microseconds.
    Micros,
    /// Milliseconds.
    Millis,
    /// Seconds.
    Seconds,
    /// 1,024 bytes.
    Kib,
    /// Bytes for one sample.
    BytesPerSample,
    /// Hundredths of one CPU.
    PercentOfCpu,
    /// Pieces.
    Count,
}

impl Unit {
    /// As it is written behind a number; empty for pieces.
    pub fn symbol(self) -> &'static str {
        match self {
            Unit::MillionsPerSecond => "M/s",
            Unit::Micros => "µs",
            Unit::Millis => "ms",
            Unit::Seconds => "s",
            Unit::Kib => "KiB",
            Unit::BytesPerSample => "B/sample",
            Unit::PercentOfCpu => "% CPU",
            Unit::Count => "",
        }
    }
}

/// One line of the table.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// What it says, unique within the subject.
    pub name: &'static str,
    /// What it is counted in.
    pub unit: Unit,
}

/// What one contender's process found in one round.
#[derive(Default)]
pub struct Sheet(pub(crate) Vec<(&'static str, f64)>);

impl Sheet {
    /// Writes a row.
    pub fn put(&mut self, row: Row, value: f64) {
        self.0.push((row.name, value));
    }

    /// Writes how many millions per second `count` in the time since `start` are.
    pub fn put_rate(&mut self, row: Row, count: u64, start: Instant) {
        self.put(row, count as f64 / start.elapsed().as_secs_f64() / 1e6);
    }

    /// Writes the median and the 99th percentile of many times, in microseconds.
    pub fn put_times(&mut self, p50: Row, p99: Row, times: &[Duration]) {
        let mut sorted: Vec<_> = times.iter().map(|t| t.as_secs_f64() * 1e6).collect();
        sorted.sort_by(f64::total_cmp);
        for (row, share) in [(p50, 0.5), (p99, 0.99)] {
            if let Some(value) = quantile(&sorted, share) {
                self.put(row, value);
            }
        }
    }
}

type Run = Box<dyn Fn() -> Sheet>;

/// The same work for several contenders.
pub struct Subject {
    pub(crate) name: &'static str,
    pub(crate) rows: Vec<Row>,
    pub(crate) contenders: Vec<(&'static str, Run)>,
}

impl Subject {
    /// Nobody does it yet.
    pub fn new(name: &'static str, rows: impl Into<Vec<Row>>) -> Self {
        Subject {
            name,
            rows: rows.into(),
            contenders: Vec::new(),
        }
    }

    /// One more contender; `run` is called once per round, in a fresh process.
    pub fn contender(mut self, name: &'static str, run: impl Fn() -> Sheet + 'static) -> Self {
        self.contenders.push((name, Box::new(run)));
        self
    }

    pub(crate) fn run_of(&self, contender: &str) -> Option<&Run> {
        let mut contenders = self.contenders.iter();
        contenders.find_map(|(name, run)| (*name == contender).then_some(run))
    }
}

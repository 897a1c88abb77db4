//! What is measured.

use vitals_benches::{Row, Unit};

const fn row(name: &'static str, unit: Unit) -> Row {
    Row { name, unit }
}

pub(crate) const TAKEN: Row = row("samples, no fsync", Unit::MillionsPerSecond);
pub(crate) const INGEST_CPU: Row = row("append and log, of CPU time", Unit::MillionsPerSecond);
pub(crate) const SEALED_CPU: Row = row("all, of CPU time", Unit::MillionsPerSecond);
pub(crate) const INGEST: Row = row("samples, fsync each tick", Unit::MillionsPerSecond);
pub(crate) const SEALED: Row = row("samples, until all is merged", Unit::MillionsPerSecond);
pub(crate) const PER_SAMPLE: Row = row("on disk, labels included", Unit::BytesPerSample);
pub(crate) const OPEN: Row = row("cold open, CPU", Unit::Millis);
pub(crate) const ONE_SERIES: Row = row("one series, 7 d by the minute, CPU", Unit::Millis);
pub(crate) const SUM: Row = row("sum of 100 series, 24 h by the minute, CPU", Unit::Millis);
/// A thousand in as many milliseconds is one in as many microseconds.
pub(crate) const READER: Row = row("a thousand readers", Unit::Millis);
pub(crate) const RSS: Row = row("memory after the reads", Unit::Kib);
pub(crate) const APPEND: Row = row("append with fsync, p50", Unit::Millis);
pub(crate) const LONGEST: Row = row("append with fsync, longest", Unit::Millis);
pub(crate) const IN_MEMORY: Row = row("append to the head, longest", Unit::Millis);
pub(crate) const PEAK: Row = row("memory, peak", Unit::Kib);

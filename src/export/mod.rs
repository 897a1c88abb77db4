//! Writes what is stored as CSV, JSON lines or OpenMetrics, piece by piece in constant memory: for a
//! route and for a command, the same bytes.
//!
//! An [`Order`] is what was asked for, read; [`Order::begin`] looks up which series that are; the
//! [`Export`] writes them. Markers at the ends of series (stale markers) are no numbers: JSON lines
//! have them as `null`, the other formats leave them out.

mod csv;
mod json_lines;
mod moment;
mod number;
mod open_metrics;
mod order;
mod samples;
mod selection;
mod sink;
#[cfg(test)]
mod tests;
mod wide;

use std::io::{self, Write};

use tsdb::{Reader, Scratch};

pub(crate) use order::{Asked, BadOrder, Format, Order, Shape};
use samples::Grid;
use selection::Series;
use sink::Sink;
pub(crate) use sink::Told;

/// Columns of a wide table. Spreadsheets bear few more.
const MOST_COLUMNS: usize = 1_000;

/// What is written: these series, from one time to another, milliseconds since the epoch, both
/// included.
pub(crate) struct Export {
    reader: Reader,
    series: Vec<Series>,
    from: i64,
    to: i64,
    grid: Option<Grid>,
    format: Format,
    shape: Shape,
}

/// More series are selected than a wide table may have columns.
#[derive(Debug, thiserror::Error)]
#[error(
    "{0} series are selected, a wide table has at most {MOST_COLUMNS} columns: narrow match[], or use shape=long"
)]
pub(crate) struct TooManyColumns(usize);

impl Order {
    pub(crate) fn is_wide(&self) -> bool {
        self.shape == Shape::Wide
    }

    /// Looks up what is to be written.
    ///
    /// # Errors
    /// When it is too much for a table.
    pub(crate) fn begin(&self, reader: Reader) -> Result<Export, TooManyColumns> {
        let grid = self.step.map(|step| Grid {
            start: self.from,
            step,
        });
        let first = grid.map_or(self.from, |grid| grid.since(self.from));
        let series = selection::series(&reader, &self.selectors, first, self.to);
        if self.shape == Shape::Wide && series.len() > MOST_COLUMNS {
            return Err(TooManyColumns(series.len()));
        }
        // There is nothing to look for beyond what is stored.
        let (first, last) = reader.span().unwrap_or((self.from, self.to));
        let from = grid.map_or(first, |grid| grid.at_or_before(first));
        let to = grid.map_or(last, |grid| grid.at_or_after(last));
        Ok(Export {
            reader,
            series,
            from: from.max(self.from),
            to: to.min(self.to),
            grid,
            format: self.format,
            shape: self.shape,
        })
    }
}

impl Export {
    /// How many samples that will be; with steps nobody knows. What is appended meanwhile comes to it.
    pub(crate) fn samples(&self) -> Option<u64> {
        let mut scratch = Scratch::default();
        let count = |series: &Series| {
            let reader = &self.reader;
            reader
                .stats(series.id, self.from, self.to, &mut scratch)
                .count
        };
        match self.grid {
            Some(_) => None,
            None => Some(self.series.iter().map(count).sum()),
        }
    }

    /// Writes everything, and says how many samples that were. `told` hears of the progress, now and
    /// then.
    ///
    /// # Errors
    /// What `writer` says: nothing more is read then.
    pub(crate) fn write(
        &self,
        writer: &mut impl Write,
        told: &mut dyn FnMut(Told),
    ) -> io::Result<u64> {
        let mut sink = Sink::new(writer, told);
        match (self.format, self.shape) {
            (Format::Csv, Shape::Long) => csv::write(self, &mut sink)?,
            (Format::Csv, Shape::Wide) => wide::write(self, &mut sink)?,
            (Format::Json, _) => json_lines::write(self, &mut sink)?,
            (Format::OpenMetrics, _) => open_metrics::write(self, &mut sink)?,
        }
        sink.finish()
    }
}

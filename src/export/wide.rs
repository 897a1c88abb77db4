//! A table for spreadsheets (CSV): a line per moment, a column per series, an empty cell where a
//! series has no sample at that moment.
//!
//! It is made window by window, so that no more than a window's samples are held.

use std::io::{self, Write};

use promql::series_text;

use super::{
    Export, csv,
    moment::Calendar,
    samples::{Piece, Samples},
    sink::Sink,
};

/// Samples of a window, if each series has one a second.
const HELD: i64 = 500_000;
/// A window, milliseconds: at least, and at most.
const SHORTEST: i64 = 60_000;
const LONGEST: i64 = 6 * 3_600_000;

/// A series within the window.
#[derive(Default)]
struct Column {
    piece: Piece,
    /// The first sample that is not written.
    next: usize,
}

impl Column {
    fn time(&self) -> Option<i64> {
        self.piece.times.get(self.next).copied()
    }

    fn take_at(&mut self, time: i64) -> Option<f64> {
        (self.time()? == time).then(|| {
            self.next += 1;
            self.piece.values[self.next - 1]
        })
    }
}

pub(super) fn write(export: &Export, sink: &mut Sink<'_, impl Write>) -> io::Result<()> {
    sink.text.push_str("timestamp");
    for series in &export.series {
        sink.text.push(',');
        csv::push_text(&mut sink.text, &series_text(&series.labels));
    }
    sink.text.push_str("\r\n");

    let mut columns: Vec<Column> = Vec::new();
    columns.resize_with(export.series.len(), Column::default);
    let mut calendar = Calendar::default();
    let window = window(export);
    let windows = (export.to - export.from).max(0) / window + 1;
    let mut from = export.from;
    for at in 1..=windows {
        if export.series.is_empty() {
            break;
        }
        let to = (from + window - 1).min(export.to);
        read(export, (from, to), &mut columns);
        while let Some(time) = columns.iter().filter_map(Column::time).min() {
            calendar.push(&mut sink.text, time);
            let mut samples = 0;
            for column in &mut columns {
                sink.text.push(',');
                if let Some(value) = column.take_at(time) {
                    csv::push_number(&mut sink.text, value);
                    samples += 1;
                }
            }
            sink.text.push_str("\r\n");
            sink.wrote(samples)?;
        }
        sink.is_at(at as usize, windows as usize);
        from += window;
    }
    Ok(())
}

/// Milliseconds; whole steps, if there are steps.
fn window(export: &Export) -> i64 {
    let series = export.series.len().max(1) as i64;
    let window = (HELD / series * 1_000).clamp(SHORTEST, LONGEST);
    match export.grid {
        Some(grid) => window.max(grid.step) / grid.step * grid.step,
        None => window,
    }
}

fn read(export: &Export, window: (i64, i64), columns: &mut [Column]) {
    for (series, column) in export.series.iter().zip(columns) {
        column.piece.clear();
        column.next = 0;
        let mut samples = Samples::new(&export.reader, series.id, window, export.grid);
        while samples.append(&mut column.piece) {}
    }
}

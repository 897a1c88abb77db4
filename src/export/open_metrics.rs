//! OpenMetrics 1.0 with timestamps, sorted by family. History knows no types: all are `unknown`.

use std::{
    fmt::Write as _,
    io::{self, Write},
};

use super::{
    Export, csv, number,
    samples::{Piece, Samples},
    selection::Series,
    sink::Sink,
};

/// Samples between two looks at how much text there is.
const ROWS: usize = 512;

pub(super) fn write(export: &Export, sink: &mut Sink<'_, impl Write>) -> io::Result<()> {
    let mut piece = Piece::default();
    let mut family = "";
    for (at, series) in export.series.iter().enumerate() {
        if family != series.name() {
            family = series.name();
            // Writing to a String cannot fail.
            let _ = writeln!(sink.text, "# TYPE {family} unknown");
        }
        let series_text = text(series);
        let range = (export.from, export.to);
        let mut samples = Samples::new(&export.reader, series.id, range, export.grid);
        while samples.append(&mut piece) {
            for (times, values) in piece.times.chunks(ROWS).zip(piece.values.chunks(ROWS)) {
                for (time, value) in times.iter().zip(values) {
                    sink.text.push_str(&series_text);
                    push_value(&mut sink.text, *value);
                    push_time(&mut sink.text, *time);
                }
                sink.wrote(times.len())?;
            }
            piece.clear();
        }
        sink.is_at(at + 1, export.series.len());
    }
    sink.text.push_str("# EOF\n");
    Ok(())
}

/// `up{job="iris"} `
fn text(series: &Series) -> String {
    let mut text = series.name().to_owned();
    let mut next = '{';
    for (name, value) in series.others() {
        text.push(next);
        next = ',';
        text.push_str(name);
        text.push_str("=\"");
        for character in value.chars() {
            match character {
                '\\' => text.push_str("\\\\"),
                '\n' => text.push_str("\\n"),
                '"' => text.push_str("\\\""),
                other => text.push(other),
            }
        }
        text.push('"');
    }
    text.push_str(if next == ',' { "} " } else { " " });
    text
}

fn push_value(out: &mut String, value: f64) {
    match value {
        f64::INFINITY => out.push_str("+Inf"),
        value if value.is_finite() => number::push(out, value),
        value => csv::push_number(out, value),
    }
}

/// In seconds, to the millisecond.
fn push_time(out: &mut String, ms: i64) {
    let sign = if ms < 0 { "-" } else { "" };
    let magnitude = ms.unsigned_abs();
    let (seconds, rest) = (magnitude / 1_000, magnitude % 1_000);
    let _ = writeln!(out, " {sign}{seconds}.{rest:03}");
}

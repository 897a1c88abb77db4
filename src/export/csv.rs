//! CSV (RFC 4180), a line per sample: `timestamp,name,labels…,value`.
//!
//! There is a column for each label of the selection, sorted; a label that is called like one of the
//! other columns is `exported_…`, as Prometheus has it. What spreadsheets would take for a formula is
//! made a text by `'`; numbers stay numbers.

use std::{
    collections::BTreeSet,
    io::{self, Write},
};

use super::{
    Export,
    moment::Calendar,
    number,
    samples::{Piece, Samples},
    sink::Sink,
};

/// The columns that are always there.
const FIXED: [&str; 3] = ["timestamp", "name", "value"];
/// Samples between two looks at how much text there is.
const ROWS: usize = 512;

pub(super) fn write(export: &Export, sink: &mut Sink<'_, impl Write>) -> io::Result<()> {
    let columns: BTreeSet<&str> = export
        .series
        .iter()
        .flat_map(|series| series.others().map(|(name, _)| name))
        .collect();
    header(&columns, &mut sink.text);
    let (mut piece, mut calendar) = (Piece::default(), Calendar::default());
    let mut middle = String::new();
    for (at, series) in export.series.iter().enumerate() {
        middle.clear();
        middle.push(',');
        middle.push_str(series.name());
        for column in &columns {
            middle.push(',');
            push_text(&mut middle, series.labels.get(column).unwrap_or_default());
        }
        middle.push(',');
        let range = (export.from, export.to);
        let mut samples = Samples::new(&export.reader, series.id, range, export.grid);
        while samples.append(&mut piece) {
            for (times, values) in piece.times.chunks(ROWS).zip(piece.values.chunks(ROWS)) {
                for (time, value) in times.iter().zip(values) {
                    calendar.push(&mut sink.text, *time);
                    sink.text.push_str(&middle);
                    push_number(&mut sink.text, *value);
                    sink.text.push_str("\r\n");
                }
                sink.wrote(times.len())?;
            }
            piece.clear();
        }
        sink.is_at(at + 1, export.series.len());
    }
    Ok(())
}

fn header(columns: &BTreeSet<&str>, out: &mut String) {
    out.push_str("timestamp,name");
    let mut taken: BTreeSet<String> = FIXED.map(str::to_owned).into();
    taken.extend(columns.iter().map(|name| (*name).to_owned()));
    for column in columns {
        let mut name = (*column).to_owned();
        if FIXED.contains(column) {
            while taken.contains(&name) {
                name.insert_str(0, "exported_");
            }
            taken.insert(name.clone());
        }
        out.push(',');
        out.push_str(&name);
    }
    out.push_str(",value\r\n");
}

/// Appends a cell of text, harmless to spreadsheets.
pub(super) fn push_text(out: &mut String, text: &str) {
    let formula = text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']);
    let quoted = text.contains(['"', ',', '\r', '\n']);
    if quoted {
        out.push('"');
    }
    if formula {
        out.push('\'');
    }
    match quoted {
        true => {
            for part in text.split_inclusive('"') {
                out.push_str(part);
                if part.ends_with('"') {
                    out.push('"');
                }
            }
            out.push('"');
        }
        false => out.push_str(text),
    }
}

/// Appends a cell with a number. `+Inf` would be a formula.
pub(super) fn push_number(out: &mut String, value: f64) {
    if value.is_nan() {
        out.push_str("NaN");
    } else if value.is_infinite() {
        out.push_str(if value > 0.0 { "Inf" } else { "-Inf" });
    } else {
        number::push(out, value);
    }
}

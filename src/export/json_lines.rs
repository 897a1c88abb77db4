//! JSON lines as VictoriaMetrics' `/api/v1/export` and `/api/v1/import` have them:
//! `{"metric":{…},"values":[…],"timestamps":[…]}`, milliseconds. A long series is several lines.
//!
//! What is not a number is `null`, infinities are the texts `"Infinity"` and `"-Infinity"`.

use std::{
    fmt::Write as _,
    io::{self, Write},
};

use super::{
    Export, number,
    samples::{Piece, Samples},
    sink::Sink,
};

/// Samples of a line.
const ROWS: usize = 8_192;

pub(super) fn write(export: &Export, sink: &mut Sink<'_, impl Write>) -> io::Result<()> {
    let mut piece = Piece::default();
    let mut metric = String::new();
    for (at, series) in export.series.iter().enumerate() {
        metric.clear();
        metric.push_str("{\"metric\":{");
        for (n, (name, value)) in series.labels.iter().enumerate() {
            let comma = if n > 0 { "," } else { "" };
            // Names need no escapes, texts do.
            let value = serde_json::Value::from(value);
            let _ = write!(metric, "{comma}\"{name}\":{value}");
        }
        metric.push_str("},\"values\":[");
        let range = (export.from, export.to);
        let samples = Samples::new(&export.reader, series.id, range, export.grid);
        let mut samples = samples.with_markers();
        let mut more = true;
        while more {
            more = samples.append(&mut piece);
            // Short pieces are put together.
            if piece.times.len() < ROWS && more {
                continue;
            }
            for (times, values) in piece.times.chunks(ROWS).zip(piece.values.chunks(ROWS)) {
                line(&metric, times, values, &mut sink.text);
                sink.wrote(times.len())?;
            }
            piece.clear();
        }
        sink.is_at(at + 1, export.series.len());
    }
    Ok(())
}

fn line(metric: &str, times: &[i64], values: &[f64], out: &mut String) {
    out.push_str(metric);
    for (n, value) in values.iter().enumerate() {
        if n > 0 {
            out.push(',');
        }
        if value.is_nan() {
            out.push_str("null");
        } else if value.is_infinite() {
            out.push_str(if *value > 0.0 {
                "\"Infinity\""
            } else {
                "\"-Infinity\""
            });
        } else {
            number::push(out, *value);
        }
    }
    out.push_str("],\"timestamps\":[");
    for (n, time) in times.iter().enumerate() {
        let comma = if n > 0 { "," } else { "" };
        // Writing to a String cannot fail.
        let _ = write!(out, "{comma}{time}");
    }
    out.push_str("]}\n");
}

//! Our reader of the text format beside what one writes first, on a body like that of an IRIS.
//!
//! A parser from crates.io would be the better peer. The one that is widely used (prometheus-parse)
//! reads about a ninth as fast as the plain reader here, and would bring a calendar and regular expressions.

mod body;
mod naive;

use std::{hint::black_box, process::ExitCode, time::Duration};

use exposition::read::{Item, Limits, read};
use vitals_benches::{Bar, Bench, Results, Row, Sheet, Subject, Unit, process::cpu_time};

const OURS: &str = "exposition";
const NAIVE: &str = "split, parse";

const BODY: &str = "a body of IRIS, 66 kB";
const ALL: Row = Row {
    name: "bytes, every label looked at",
    unit: Unit::MillionsPerSecond,
};
const KEPT: Row = Row {
    name: "bytes, every label kept",
    unit: Unit::MillionsPerSecond,
};

/// How long a contender reads for a row.
const TIME: Duration = Duration::from_millis(500);

fn subjects() -> Vec<Subject> {
    vec![
        Subject::new(BODY, [ALL, KEPT])
            .contender(OURS, || {
                let mut sheet = Sheet::default();
                measure(&mut sheet, ALL, |body| {
                    ours(body, |sample| {
                        sample
                            .labels
                            .iter()
                            .map(|(name, value)| name.len() + value.len())
                            .sum()
                    })
                });
                measure(&mut sheet, KEPT, |body| {
                    ours(body, |sample| black_box(sample.labels.to_labels()).len())
                });
                sheet
            })
            .contender(NAIVE, || {
                let mut sheet = Sheet::default();
                // It keeps whatever it looks at.
                for row in [ALL, KEPT] {
                    measure(&mut sheet, row, |body| black_box(naive::read(body)).len());
                }
                sheet
            }),
    ]
}

fn ours(body: &str, of: impl Fn(exposition::read::Sample<'_>) -> usize) -> usize {
    let mut all = 0;
    read(body.as_bytes(), &Limits::default(), |item| {
        if let Item::Sample(sample) = item {
            all += of(sample);
        }
    });
    all
}

/// By its own CPU time: nothing here waits, and others may be busy.
fn measure(sheet: &mut Sheet, row: Row, read: impl Fn(&str) -> usize) {
    let body = body::body();
    let mut bytes = 0;
    let start = cpu_time();
    let mut spent = Duration::ZERO;
    while spent < TIME {
        for _ in 0..100 {
            black_box(read(black_box(&body)));
            bytes += body.len();
        }
        spent = cpu_time() - start;
    }
    sheet.put(row, bytes as f64 / spent.as_secs_f64() / 1e6);
}

fn bars(results: &Results) -> Vec<Bar> {
    vec![
        Bar::at_least(
            "every label looked at: >= 300 MB/s",
            results.stats((BODY, ALL, OURS)),
            300.0,
        ),
        Bar::at_least(
            "every label looked at: as fast as the plain reader",
            results.ratio((BODY, ALL, OURS), (BODY, ALL, NAIVE)),
            1.0,
        ),
    ]
}

fn main() -> ExitCode {
    Bench {
        name: "exposition",
        contenders: &[OURS, NAIVE],
        subjects: subjects(),
        bars,
    }
    .main()
}

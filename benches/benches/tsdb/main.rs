//! The store beside the servers it stands in for, with the same samples.

mod fill;
mod ours;
mod peers;
mod remote_write;
mod rows;
mod series;
mod server;

use std::process::ExitCode;

use vitals_benches::{Bar, Bench, Results, Subject};

use fill::Fill;
use rows::*;

const OURS: &str = "tsdb";
const VICTORIA: &str = "VictoriaMetrics";
const PROMETHEUS: &str = "Prometheus";

const WEEK: &str = "1,000 series, 7 d at 10 s";
const TEN_THOUSAND: &str = "10,000 series, 14 h at 10 s";
const FIFTY_THOUSAND: &str = "50,000 series, 4 h at 10 s";

fn subjects() -> Vec<Subject> {
    let week = [TAKEN, PER_SAMPLE, OPEN, ONE_SERIES, SUM, READER, RSS];
    let many = [
        INGEST, SEALED, INGEST_CPU, SEALED_CPU, APPEND, LONGEST, IN_MEMORY, PEAK, OPEN,
    ];
    vec![
        // The peers are asked over HTTP, and their figures are those of a clock; ours are of a library.
        Subject::new(WEEK, week)
            .contender(OURS, ours::week)
            .contender(VICTORIA, peers::victoria_metrics)
            .contender(PROMETHEUS, peers::prometheus),
        Subject::new(TEN_THOUSAND, many).contender(OURS, || ours::many(10_000, 5_100)),
        Subject::new(FIFTY_THOUSAND, many).contender(OURS, || ours::many(50_000, 1_500)),
    ]
}

fn bars(results: &Results) -> Vec<Bar> {
    let week = |row| results.stats((WEEK, row, OURS));
    let many = |row| results.stats((TEN_THOUSAND, row, OURS));
    let at_most = Bar::at_most;
    vec![
        Bar::at_least(
            "samples with fsync each tick: >= 10 M/s",
            week(INGEST),
            10.0,
        ),
        Bar::at_least("until all is merged: >= 10 M/s", many(SEALED), 10.0),
        at_most("on disk: <= 1.34 B/sample", week(PER_SAMPLE), 1.34),
        // 2,000 series for 30 days are 518.4 M samples: 0.72 GB.
        at_most(
            "2,000 series for 30 d: <= 0.72 GB, 1.389 B/sample",
            week(PER_SAMPLE),
            0.72e9 / 518.4e6,
        ),
        at_most("cold open of 1,000 series, 7 d: <= 40 ms", week(OPEN), 40.0),
        at_most("one series, 7 d: <= 0.5 ms", week(ONE_SERIES), 0.5),
        at_most("sum of 100 series, 24 h: <= 5.5 ms", week(SUM), 5.5),
        at_most("a reader: <= 1 µs", week(READER), 1.0),
        at_most(
            "memory at 1,000 series, 7 d: <= 13 MiB",
            week(RSS),
            13.0 * 1024.0,
        ),
        at_most(
            "longest append at 10,000 series: <= 15 ms",
            many(LONGEST),
            15.0,
        ),
        at_most(
            "memory at 10,000 series: <= 50 MB",
            many(PEAK),
            50e6 / 1024.0,
        ),
    ]
}

fn main() -> ExitCode {
    if Fill::if_asked() {
        return ExitCode::SUCCESS;
    }
    Bench {
        name: "tsdb",
        contenders: &[OURS, VICTORIA, PROMETHEUS],
        subjects: subjects(),
        bars,
    }
    .main()
}

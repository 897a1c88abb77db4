//! Our store.

use std::{env, fs, hint::black_box, path::PathBuf, process};

use tsdb::{Head, Matcher, Options, Reader, Scratch, SeriesRef};
use vitals_benches::{
    Sheet,
    process::{cpu_time, rss_kib},
};

use crate::{
    fill::Fill,
    rows::*,
    series::{DAY, START, STEP, at},
};

const HOUR: i64 = 3_600_000;
/// How far back a value is taken for the present one.
const LOOKBACK: i64 = 300_000;

fn scratch_dir(name: &str) -> PathBuf {
    env::temp_dir().join(format!("tsdb-bench-{name}-{}", process::id()))
}

/// 1,000 series for a week, then reads from a process that has only opened it.
pub(crate) fn week() -> Sheet {
    let mut sheet = Sheet::default();
    let dir = scratch_dir("week");
    let (series, ticks) = (1000, (7 * DAY / STEP) as usize);
    let fill = Fill {
        dir: dir.clone(),
        series,
        ticks,
        sync: false,
        paced: false,
    };
    let filled = fill.apart();
    let samples = (series * ticks) as f64;
    sheet.put(TAKEN, samples / filled.appending / 1e6);
    sheet.put(PER_SAMPLE, filled.block_bytes / filled.block_samples);
    let start = cpu_time();
    let (head, _journal, recovered) = tsdb::open(&dir, Options::default()).expect("our own");
    sheet.put(OPEN, (cpu_time() - start).as_secs_f64() * 1e3);
    assert_eq!(recovered.damages, []);
    reads(&mut sheet, &head, at(ticks - 1));
    sheet.put(RSS, rss_kib());
    let _ = fs::remove_dir_all(&dir);
    sheet
}

fn reads(sheet: &mut Sheet, head: &Head, end: i64) {
    let reader = head.reader();
    let all = reader.select(&[], i64::MIN, i64::MAX);
    let refs: Vec<SeriesRef> = all.iter().map(|(series, _)| *series).collect();
    let mut scratch = Scratch::default();
    let mut next = 7;
    let week = median(15, || {
        next += 37;
        let mut sums = grid(START, end);
        add(
            &head.reader(),
            refs[next % refs.len()],
            START,
            end,
            &mut scratch,
            &mut sums,
        );
        black_box(sums);
    });
    sheet.put(ONE_SERIES, week);
    let hundred = [Matcher::passes("__name__", |name| {
        ("iris_metric_000".."iris_metric_005").contains(&name)
    })];
    let day = median(15, || {
        let reader = head.reader();
        let from = end - 24 * HOUR;
        let mut sums = grid(from, end);
        let found = reader.select(&hundred, from, end);
        assert_eq!(found.len(), 100);
        for (series, _) in found {
            add(&reader, series, from, end, &mut scratch, &mut sums);
        }
        black_box(sums);
    });
    sheet.put(SUM, day);
    sheet.put(
        READER,
        median(15, || {
            for _ in 0..1000 {
                black_box(head.reader());
            }
        }),
    );
}

/// A step a minute.
fn grid(from: i64, to: i64) -> Vec<f64> {
    vec![0.0; ((to - from) / 60_000 + 1) as usize]
}

/// Adds a series to a sum, step by step.
fn add(
    reader: &Reader,
    series: SeriesRef,
    from: i64,
    to: i64,
    scratch: &mut Scratch,
    sums: &mut [f64],
) {
    reader.read(series, from - LOOKBACK, to, scratch);
    let (times, values) = (&scratch.times, &scratch.values);
    let mut next = 0;
    for (step, sum) in sums.iter_mut().enumerate() {
        let t = from + step as i64 * 60_000;
        while times.get(next).is_some_and(|time| *time <= t) {
            next += 1;
        }
        if next > 0 && times[next - 1] > t - LOOKBACK {
            *sum += values[next - 1];
        }
    }
}

/// Milliseconds of its own CPU time: what is read lies in memory, and others may be busy.
fn median(n: usize, mut run: impl FnMut()) -> f64 {
    let mut times: Vec<f64> = Vec::new();
    for _ in 0..n {
        let start = cpu_time();
        run();
        times.push((cpu_time() - start).as_secs_f64() * 1e3);
    }
    times.sort_by(f64::total_cmp);
    times[n / 2]
}

/// Many series, paced.
pub(crate) fn many(series: usize, ticks: usize) -> Sheet {
    let mut sheet = Sheet::default();
    let dir = scratch_dir("many");
    let filled = Fill {
        dir: dir.clone(),
        series,
        ticks,
        sync: true,
        paced: true,
    }
    .apart();
    let samples = (series * ticks) as f64;
    sheet.put(INGEST, samples / filled.appending / 1e6);
    sheet.put(SEALED, samples / filled.sealed / 1e6);
    sheet.put(INGEST_CPU, samples / filled.appending_cpu / 1e6);
    sheet.put(SEALED_CPU, samples / filled.sealed_cpu / 1e6);
    sheet.put(APPEND, filled.p50 / 1e3);
    sheet.put(LONGEST, filled.longest / 1e3);
    sheet.put(IN_MEMORY, filled.longest_in_memory / 1e3);
    sheet.put(PEAK, filled.peak_rss);
    let start = cpu_time();
    let (head, journal, _) = tsdb::open(&dir, Options::default()).expect("our own");
    sheet.put(OPEN, (cpu_time() - start).as_secs_f64() * 1e3);
    drop((head, journal));
    let _ = fs::remove_dir_all(&dir);
    sheet
}

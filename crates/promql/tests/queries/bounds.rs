//! Limits, deadlines and cancellation.

use std::{
    cell::Cell,
    time::{Duration, Instant},
};

use promql::{
    Cancel, Engine, Error, Hints, Limits, Matcher, MemoryStore, Queryable, RawSeries, SeriesIter,
};

use crate::labels;

/// Far more than a deadline of milliseconds needs, and far less than what it cuts short.
const LONGEST: Duration = Duration::from_secs(30);

/// As many series as one likes, made when they are asked for.
struct Endless {
    series: usize,
    asked: Cell<usize>,
    /// When this many have been asked for.
    cancels: Option<(usize, Cancel)>,
}

impl Endless {
    fn of(series: usize) -> Self {
        Endless {
            series,
            asked: Cell::new(0),
            cancels: None,
        }
    }
}

impl Queryable for Endless {
    fn select<'a>(
        &'a self,
        _: &[Matcher],
        start_ms: i64,
        end_ms: i64,
        _: &Hints,
    ) -> Result<SeriesIter<'a>, Error> {
        let times: Vec<i64> = (start_ms..=end_ms).step_by(60_000).collect();
        Ok(Box::new((0..self.series).map(move |number| {
            self.asked.set(number + 1);
            if let Some((at, cancel)) = &self.cancels
                && number == *at
            {
                cancel.cancel();
            }
            let series = labels(&format!("x{{n=\"{number}\",job=\"{}\"}}", number % 3));
            Ok(RawSeries::new(
                series,
                times.clone(),
                vec![1.0; times.len()],
            ))
        })))
    }
}

fn run(store: &dyn Queryable, text: &str, limits: Limits, cancel: &Cancel) -> Result<u64, Error> {
    let query = Engine::new(limits).parse(text).expect(text);
    let answer = query.range(store, 0, 600_000, 1_000, cancel)?;
    Ok(answer.stats.peak_samples)
}

#[test]
fn samples_are_counted_while_they_are_held() {
    let mut limits = Limits::default();
    limits.samples = 20_000;
    let endless = Endless::of(200);
    let cancel = Cancel::new();
    // 601 cells a series: all of them are too many, a few groups are not.
    for text in [
        "x",
        "-x",
        "topk(1, x)",
        "x + 1",
        "x or y",
        "count_values(\"n\", x)",
    ] {
        let many = run(&endless, text, limits, &cancel);
        let bound = if text.starts_with("count") {
            Ok(())
        } else {
            Err(Error::TooManySamples)
        };
        assert_eq!(many.map(drop), bound, "{text}");
    }
    for text in [
        "sum(x)",
        "avg by (job) (x)",
        "max(rate(x[5m]) * 2 > 0)",
        "count(abs(-x))",
        "sum(max_over_time(x[1m:10s]))",
        "limitk(1, x)",
        "absent(x)",
        "scalar(x)",
    ] {
        let peak = run(&endless, text, limits, &cancel).expect(text);
        assert!(peak > 601 && peak <= limits.samples, "{text}: {peak}");
    }
    // Before any memory is taken.
    let long = run(&endless, "max_over_time(x[1000y:1ms])", limits, &cancel);
    assert_eq!(long, Err(Error::TooManySamples));
}

#[test]
fn series_of_a_selector_are_bounded() {
    let mut limits = Limits::default();
    limits.series = 100;
    let cancel = Cancel::new();
    assert!(run(&Endless::of(100), "sum(x)", limits, &cancel).is_ok());
    let endless = Endless::of(usize::MAX);
    let many = run(&endless, "sum(x)", limits, &cancel);
    assert_eq!(many, Err(Error::TooManySeries { limit: 100 }));
    assert_eq!(endless.asked.get(), 101);
}

#[test]
fn a_query_stops_at_its_deadline() {
    let mut limits = Limits::default();
    limits.timeout = Duration::ZERO;
    let cancel = Cancel::new();
    let late = run(&Endless::of(1), "x", limits, &cancel);
    assert_eq!(late, Err(Error::Timeout));
    // Between series, and within one.
    limits.timeout = Duration::from_millis(20);
    limits.series = usize::MAX;
    let began = Instant::now();
    let late = run(&Endless::of(usize::MAX), "sum(x)", limits, &cancel);
    assert_eq!(late, Err(Error::Timeout));
    let mut store = MemoryStore::new();
    let samples = (0..600_000).map(|nth| (nth, (nth * 7_919 % 10_007) as f64));
    store.append(labels("x"), samples);
    for text in [
        "quantile_over_time(0.5, x[10m])",
        "stddev_over_time(x[10m])",
    ] {
        let late = run(&store, text, limits, &cancel);
        assert_eq!(late, Err(Error::Timeout), "{text}");
    }
    assert!(began.elapsed() < LONGEST);
}

#[test]
fn nobody_waits_for_a_cancelled_one() {
    let cancel = Cancel::new();
    let mut endless = Endless::of(usize::MAX);
    endless.cancels = Some((50, cancel.clone()));
    let stopped = run(&endless, "sum(x)", Limits::default(), &cancel);
    assert_eq!(stopped, Err(Error::Canceled));
    assert_eq!(endless.asked.get(), 51);
    // As when the future of a request is dropped.
    let cancel = Cancel::new();
    drop(cancel.on_drop());
    assert!(cancel.is_cancelled());
    let stopped = run(&Endless::of(1), "x", Limits::default(), &cancel);
    assert_eq!(stopped, Err(Error::Canceled));
}

//! What is answered from what blocks know of their samples is what the samples say.

use std::{path::PathBuf, time::Duration};

use exposition::Labels;
use promql::{
    Cancel, Engine, Error, Hints, METRIC_NAME, Matcher, Queryable, STALE_BITS, SeriesIter, Value,
};
use proptest::{collection::vec, prelude::*};
use tsdb::Options;

use super::Reader;

const STEP_MS: i64 = 10_000;

/// A directory, removed in the end.
struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// The reader of a store that has these values in blocks, and the last ones in memory. Now and then the
/// clock is set back, so that blocks overlap.
fn stored(values: &[(u8, f64)]) -> (Folder, Reader, i64) {
    stored_with(values, Duration::ZERO)
}

/// The same; for so long blocks are still read from memory.
fn stored_with(values: &[(u8, f64)], linger: Duration) -> (Folder, Reader, i64) {
    static NUMBER: std::sync::atomic::AtomicUsize = std::sync::atomic::AtomicUsize::new(0);
    let number = NUMBER.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    let name = format!("vitals-summaries-{}-{number}", std::process::id());
    let folder = Folder(std::env::temp_dir().join(name));
    let options = Options {
        window: Duration::from_millis(8 * STEP_MS as u64),
        merged: Duration::from_millis(24 * STEP_MS as u64),
        max_age: Duration::from_secs(100 * 365 * 86_400),
        linger,
        sync: false,
        ..Options::default()
    };
    let (head, journal, _) = tsdb::open(&folder.0, options).unwrap();
    let (mut writer, mut keeper) = (journal.writer(), journal.keeper());
    let series = head.series("test", &labels()).unwrap();
    let (mut at, mut latest) = (0, 0);
    for (pause, value) in values {
        at += match pause {
            0..=230 => STEP_MS,
            231..=250 => 30 * STEP_MS,
            _ => -20 * STEP_MS,
        };
        latest = latest.max(at);
        head.append(at, &[(series, *value)]);
        writer.write().unwrap();
        keeper.finish().unwrap();
    }
    (folder, Reader::of(&head), latest)
}

fn labels() -> Labels {
    Labels::new([(METRIC_NAME, "x")])
}

/// The same, sample by sample.
struct Plain<'r>(&'r Reader);

impl Queryable for Plain<'_> {
    fn select<'a>(
        &'a self,
        matchers: &[Matcher],
        start_ms: i64,
        end_ms: i64,
        _: &Hints,
    ) -> Result<SeriesIter<'a>, Error> {
        self.0.select(matchers, start_ms, end_ms, &Hints::none())
    }
}

fn samples(value: Value) -> Vec<(i64, f64)> {
    let Value::Matrix(rows) = value else {
        panic!("{value:?} is no matrix")
    };
    rows.into_iter().flat_map(|row| row.samples).collect()
}

fn value() -> impl Strategy<Value = f64> {
    prop_oneof![
        20 => (-1_000i32..1_000).prop_map(f64::from),
        1 => any::<i64>().prop_map(|large| large as f64),
        1 => (-1_000i32..1_000).prop_map(|cents| f64::from(cents) / 100.0),
        1 => Just(f64::NAN),
        1 => Just(f64::from_bits(STALE_BITS)),
        1 => Just(f64::INFINITY),
    ]
}

/// Of samples of one kind for a while: blocks are seldom of all kinds.
fn values() -> impl Strategy<Value = Vec<(u8, f64)>> {
    let whole = vec((any::<u8>(), (-1_000i32..1_000).prop_map(f64::from)), 0..90);
    let mixed = vec((any::<u8>(), value()), 0..40);
    (whole, mixed, vec((any::<u8>(), Just(0.5)), 0..30)).prop_map(|(a, b, c)| [a, b, c].concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn summaries_say_what_the_samples_say(
        values in values(),
        step in 1i64..60,
        range in 1i64..120,
        shift in 0i64..10_000,
    ) {
        let (_folder, reader, latest) = stored(&values);
        let (start, end) = (shift, latest + 20 * STEP_MS + shift);
        for function in ["count", "min", "max", "sum", "avg"] {
            let text = format!("{function}_over_time(x[{}s])", range * 10);
            let query = Engine::default().parse(&text).unwrap();
            let step = step * STEP_MS;
            let ours = query.range(&reader, start, end, step, &Cancel::new()).unwrap();
            let plain = query.range(&Plain(&reader), start, end, step, &Cancel::new()).unwrap();
            let (ours, plain) = (samples(ours.value), samples(plain.value));
            prop_assert_eq!(ours.len(), plain.len(), "{}", text);
            for ((at, ours), (_, plain)) in ours.into_iter().zip(plain) {
                // Parts of a sum may be added in another order than samples are.
                let close = (ours - plain).abs() <= plain.abs() * 1e-15;
                let same = ours == plain || (ours.is_nan() && plain.is_nan());
                let may_be_close = matches!(function, "sum" | "avg");
                prop_assert!(same || (may_be_close && close), "{text} at {at}: {ours}, not {plain}");
            }
        }
    }

    #[test]
    fn memory_lacks_nothing_from_the_moment_it_says(values in values(), lingers in any::<bool>()) {
        let linger = if lingers { Duration::from_hours(1) } else { Duration::ZERO };
        let (_folder, reader, latest) = stored_with(&values, linger);
        let memory = reader.in_memory();
        if let Some(series) = reader.find(&labels()) {
            let read = |from: &Reader, since| {
                let mut scratch = tsdb::Scratch::default();
                from.store().read(series, since, i64::MAX, &mut scratch);
                let bits = scratch.values.iter().map(|value| value.to_bits());
                scratch.times.iter().copied().zip(bits).collect::<Vec<_>>()
            };
            let since = reader.in_memory_since();
            prop_assert_eq!(read(&reader, since), read(&memory, since));
            // And not much later than it could.
            prop_assert!(since <= latest + 1);
            let goes_forward = values.iter().all(|(pause, _)| *pause <= 250);
            if since > i64::MIN && goes_forward {
                prop_assert_ne!(read(&reader, since - 1), read(&memory, since - 1));
            }
        }
    }

    #[test]
    fn statistics_say_what_the_samples_say(values in values(), from in 0i64..60, to in 0i64..200) {
        let (_folder, reader, _) = stored(&values);
        let (from, to) = (from * STEP_MS, to * STEP_MS);
        let series = reader.find(&labels());
        prop_assume!(series.is_some());
        let mut scratch = tsdb::Scratch::default();
        reader.store().read(series.unwrap(), from, to, &mut scratch);
        let numbers: Vec<f64> = scratch.values.iter().copied().filter(|v| !v.is_nan()).collect();
        let stats = reader.stats(series.unwrap(), from, to);
        prop_assert_eq!(stats.count, numbers.len() as u64);
        prop_assert_eq!(stats.min, numbers.iter().copied().fold(f64::INFINITY, f64::min));
        prop_assert_eq!(stats.max, numbers.iter().copied().fold(f64::NEG_INFINITY, f64::max));
        let sum: f64 = numbers.iter().sum();
        let size: f64 = numbers.iter().map(|number| number.abs()).sum();
        prop_assert!(stats.sum == sum || (stats.sum - sum).abs() <= size * 1e-12, "{stats:?} {sum}");
    }
}

/// Whole blocks are not read where they need not be: what cannot be read is not missed.
#[test]
fn a_long_window_is_answered_without_the_samples_of_whole_blocks() {
    let values: Vec<(u8, f64)> = (0..120).map(|nth| (0, f64::from(nth))).collect();
    let (folder, reader, latest) = stored(&values);
    let blocks = folder.0.join("blocks");
    for block in std::fs::read_dir(blocks).unwrap() {
        let path = block.unwrap().path();
        if path.extension().is_some_and(|of| of == "blk") {
            // The first chunk begins behind the frame.
            let mut bytes = std::fs::read(&path).unwrap();
            bytes[36] ^= 0xff;
            std::fs::write(&path, bytes).unwrap();
        }
    }
    let at = |text: &str| {
        let query = Engine::default().parse(text).unwrap();
        let answer = query.instant(&reader, latest, &Cancel::new()).unwrap();
        match answer.value {
            Value::Vector(found) => found.first().map(|sample| sample.value),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(at("max_over_time(x[1d])"), Some(119.0));
    assert_eq!(at("min_over_time(x[1d])"), Some(0.0));
    assert_eq!(at("count_over_time(x[1d])"), Some(120.0));
    assert_eq!(at("sum_over_time(x[1d])"), Some(7_140.0));
    assert_eq!(at("avg_over_time(x[1d])"), Some(59.5));
    // This one needs them.
    assert_ne!(at("quantile_over_time(0, x[1d])"), Some(0.0));
}

//! Samples that come twice, late, too late, or by a clock that jumps: against a plain map.

use std::{collections::BTreeMap, time::Duration};

use proptest::prelude::*;
use tsdb::{Appended, Options, Scratch, SeriesRef};

use crate::stage::{Dir, STEP, Store, all, named, options};

const HOUR: i64 = 3_600_000;
const T0: i64 = 1_790_000_000_000;

#[test]
fn of_two_samples_at_one_time_the_first_stays_and_the_other_is_counted() {
    let dir = Dir::new("twice");
    let mut store = Store::open(dir.path(), options());
    let (a, b) = (store.series(&named("a")), store.series(&named("b")));
    store.append(STEP, &[(a, 1.0), (b, f64::NAN)]);
    let again = store
        .head
        .append(STEP, &[(a, 1.0), (b, f64::NAN), (a, 2.0)]);
    assert_eq!((again.taken, again.duplicates, again.conflicts), (0, 2, 1));
    assert_eq!(again.batch, 1, "no batch of its own");
    store.append(3 * STEP, &[(a, 3.0)]);
    let late = store.head.append(2 * STEP, &[(a, 2.0), (b, 2.0)]);
    assert_eq!((late.taken, late.batch), (2, 3));
    store.writer.write().unwrap();
    let expected: Vec<_> = [1.0, 2.0, 3.0]
        .map(|v: f64| (v as i64 * STEP, v.to_bits()))
        .into();
    assert_eq!(all(&store.head.reader(), a), expected);
    drop(store);
    let store = Store::open(dir.path(), options());
    assert_eq!(
        all(&store.head.reader(), store.series(&named("a"))),
        expected
    );
}

#[test]
fn what_is_older_than_the_head_is_dropped_and_counted() {
    let dir = Dir::new("old");
    let mut store = Store::open(dir.path(), options());
    let series = store.series(&named("m"));
    store.append(T0, &[(series, 1.0)]);
    assert_eq!(store.append(T0 - 2 * HOUR, &[(series, 2.0)]), 1);
    let old = store.head.append(T0 - 2 * HOUR - 1, &[(series, 3.0)]);
    assert_eq!((old.taken, old.too_old), (0, 1));
    let never = store.head.append(i64::MAX, &[(series, 3.0)]);
    assert_eq!((never.taken, never.too_old), (0, 1));
    assert_eq!(store.head.health().counts.too_old, 2);
    assert_eq!(store.head.newest(), Some(T0));
}

/// A year ahead for ten ticks: history is neither stuck there nor forgotten.
#[test]
fn a_clock_that_was_far_ahead_is_believed_again_when_it_is_right() {
    let dir = Dir::new("ahead");
    let month = Duration::from_secs(30 * 86_400);
    let options = Options {
        max_age: month,
        ..options()
    };
    let mut store = Store::open(dir.path(), options);
    let refs: Vec<_> = (0..100)
        .map(|n| store.series(&named(format!("m{n}"))))
        .collect();
    let row: Vec<_> = refs.iter().map(|series| (*series, 1.0)).collect();
    let mut taken = 0;
    for tick in 0..100 {
        taken += store.append(T0 + tick * STEP, &row);
    }
    for tick in 100..110 {
        taken += store.append(T0 + 365 * 24 * HOUR + tick * STEP, &row);
    }
    assert_eq!(taken, 11_000);
    for tick in 110..200 {
        taken += store.append(T0 + tick * STEP, &row);
    }
    assert_eq!(taken, 11_000 + (90 - 2) * 100, "two ticks to be sure");
    let samples = all(&store.head.reader(), refs[7]);
    assert_eq!(samples.len(), 100 + 10 + 88);
    assert_eq!(samples[0].0, T0);
}

#[test]
fn a_clock_that_jumps_back_by_an_hour_costs_no_sample_and_little_memory() {
    let dir = Dir::new("back");
    let hours = Duration::from_secs(7200);
    let options = Options {
        window: hours,
        merged: hours * 3,
        ..options()
    };
    let mut store = Store::open(dir.path(), options);
    let refs: Vec<_> = (0..200)
        .map(|n| store.series(&named(format!("m{n}"))))
        .collect();
    let mut expected = BTreeMap::new();
    let mut t = T0;
    for (ticks, jump) in [(400, -HOUR), (100, HOUR), (30, -HOUR), (500, 0)] {
        for _ in 0..ticks {
            let row: Vec<_> = refs.iter().map(|series| (*series, t as f64)).collect();
            store.append(t, &row);
            expected.entry(t).or_insert((t as f64).to_bits());
            t += STEP;
        }
        t += jump;
    }
    let expected: Vec<_> = expected.into_iter().collect();
    assert_eq!(all(&store.head.reader(), refs[0]), expected);
    assert_eq!(all(&store.head.reader(), refs[199]), expected);
    assert_eq!(store.head.health().counts.too_old, 0);
    drop(store);
    let store = Store::open(dir.path(), self::options());
    assert_eq!(
        all(&store.head.reader(), store.series(&named("m0"))),
        expected
    );
}

#[derive(Clone, Debug)]
enum Act {
    /// So many ticks of all series, or of every other one.
    Ticks(u8, bool),
    /// One sample of one series, so many ticks away from now.
    Stray(u8, i16),
    Jump(i64),
    Work,
    Log,
    Restart,
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        6 => (1u8..40, any::<bool>()).prop_map(|(n, half)| Act::Ticks(n, half)),
        3 => (any::<u8>(), -100i16..10).prop_map(|(n, away)| Act::Stray(n, away)),
        1 => prop_oneof![Just(HOUR), Just(-HOUR), Just(-3 * HOUR), Just(4 * HOUR)].prop_map(Act::Jump),
        2 => Just(Act::Work),
        2 => Just(Act::Log),
        1 => Just(Act::Restart),
    ]
}

const SERIES: usize = 70;

fn value(n: usize, t: i64, act: usize) -> f64 {
    match n % 4 {
        0 => (t / STEP) as f64 + act as f64,
        1 => f64::from_bits(0x7ff0_0000_0000_0002),
        2 => ((t / STEP + n as i64) as f64).sin(),
        _ => -0.0,
    }
}

struct Model {
    store: Option<Store>,
    labels: Vec<exposition::Labels>,
    refs: Vec<SeriesRef>,
    expected: Vec<BTreeMap<i64, u64>>,
}

impl Model {
    fn store(&mut self) -> &mut Store {
        self.store.as_mut().unwrap()
    }

    fn append(&mut self, t: i64, row: &[(usize, f64)]) {
        let samples: Vec<_> = row.iter().map(|(n, v)| (self.refs[*n], *v)).collect();
        let newest = self.store().head.newest();
        let appended = self.store().head.append(t, &samples);
        if appended.too_old > 0 {
            assert!(newest.is_some_and(|newest| t < newest - 2 * HOUR));
            assert_eq!(appended.taken, 0);
            return;
        }
        if appended.forgotten > 0 {
            // Asked for, and without a sample for two generations.
            let store = self.store.as_ref().unwrap();
            self.refs = self
                .labels
                .iter()
                .map(|labels| store.series(labels))
                .collect();
            return self.append_again(t, row, appended.taken);
        }
        self.took(t, row, appended);
    }

    fn append_again(&mut self, t: i64, row: &[(usize, f64)], taken: usize) {
        let samples: Vec<_> = row.iter().map(|(n, v)| (self.refs[*n], *v)).collect();
        let mut appended = self.store().head.append(t, &samples);
        assert_eq!(appended.forgotten, 0);
        let sum = appended.taken + appended.duplicates + appended.conflicts;
        assert_eq!(sum, row.len());
        appended.taken += taken;
        appended.duplicates -= taken;
        self.took(t, row, appended);
    }

    fn took(&mut self, t: i64, row: &[(usize, f64)], appended: Appended) {
        let sum = appended.taken + appended.duplicates + appended.conflicts;
        assert_eq!(sum, row.len());
        let mut new = 0;
        for (n, v) in row {
            let series = &mut self.expected[*n];
            new += usize::from(!series.contains_key(&t));
            series.entry(t).or_insert(v.to_bits());
        }
        assert!(appended.taken >= new);
    }

    fn open(&mut self, dir: &Dir) {
        self.store = None; // lets the directory go
        let store = Store::open(dir.path(), options());
        assert_eq!(store.recovered.damages, []);
        self.refs = self
            .labels
            .iter()
            .map(|labels| store.series(labels))
            .collect();
        self.store = Some(store);
    }

    fn check(&mut self) {
        let reader = self.store().head.reader();
        let mut scratch = Scratch::default();
        for (series, expected) in self.refs.iter().zip(&self.expected) {
            let whole: Vec<_> = expected.iter().map(|(t, v)| (*t, *v)).collect();
            assert_eq!(all(&reader, *series), whole);
            let mut pieces = reader.stream(*series, i64::MIN, i64::MAX);
            let mut streamed = Vec::new();
            while pieces.next(&mut scratch) {
                streamed.extend(scratch.samples().map(|(t, v)| (t, v.to_bits())));
            }
            assert_eq!(streamed, whole);
            let (from, to) = (T0 + 20 * STEP, T0 + HOUR);
            let inside = expected.range(from..=to);
            let stats = reader.stats(*series, from, to, &mut scratch);
            assert_eq!(stats.count, inside.clone().count() as u64);
            let values = inside
                .map(|(_, v)| f64::from_bits(*v))
                .filter(|v| !v.is_nan());
            assert_eq!(stats.max, values.fold(f64::NEG_INFINITY, f64::max));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn whatever_comes_is_what_a_map_would_hold(acts in prop::collection::vec(act(), 1..30)) {
        let dir = Dir::new("model");
        let labels: Vec<_> = (0..SERIES).map(|n| named(format!("m{n}"))).collect();
        let expected = vec![BTreeMap::new(); SERIES];
        let mut model = Model { store: None, labels, refs: Vec::new(), expected };
        model.open(&dir);
        let mut t = T0;
        for (number, act) in acts.into_iter().enumerate() {
            match act {
                Act::Ticks(ticks, half) => {
                    for _ in 0..ticks {
                        let step = if half { 2 } else { 1 };
                        let row: Vec<_> = (0..SERIES).step_by(step).map(|n| (n, value(n, t, number))).collect();
                        model.append(t, &row);
                        t += STEP;
                    }
                }
                Act::Stray(n, away) => {
                    let n = usize::from(n) % SERIES;
                    let t = t + i64::from(away) * STEP;
                    model.append(t, &[(n, value(n, t, number))]);
                }
                Act::Jump(by) => t += by,
                Act::Work => {
                    model.store().writer.write().unwrap();
                    model.store().keeper.finish().unwrap();
                }
                Act::Log => _ = model.store().writer.log().unwrap(),
                Act::Restart => {
                    model.store().writer.log().unwrap();
                    model.open(&dir);
                }
            }
        }
        model.check();
    }
}

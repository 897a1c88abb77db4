use std::{collections::HashMap, fs, path::PathBuf, sync::Arc};

use parking_lot::RwLock;
use proptest::prelude::*;

use super::*;
use crate::{
    naming::{Names, Naming, Pair},
    series::SeriesRef,
};

type Sample = (String, i64, u64);

/// What is told, by name rather than by reference.
#[derive(Default)]
struct Heard {
    names: Names,
    by_series: HashMap<SeriesRef, String>,
    samples: Vec<Sample>,
}

impl Naming for Heard {
    fn intern(&mut self, text: &str) -> Arc<str> {
        self.names.intern(text)
    }

    fn series(&mut self, pairs: &[Pair]) -> Option<SeriesRef> {
        let series = self.names.series(pairs)?;
        self.by_series.insert(series, pairs[0].1.to_string());
        Some(series)
    }
}

impl Listener for Heard {
    fn batch(&mut self, t: i64, samples: &[(SeriesRef, f64)]) {
        for (series, v) in samples {
            self.samples
                .push((self.by_series[series].clone(), t, v.to_bits()));
        }
    }
}

fn name() -> Name {
    Name { seq: 7, part: 3 }
}

fn path(of: &str) -> PathBuf {
    let dir = std::env::temp_dir().join(format!("tsdb-wal-{of}-{}", std::process::id()));
    fs::create_dir_all(&dir).unwrap();
    let path = name().path(&dir);
    let _ = fs::remove_file(&path);
    path
}

fn heard(path: &Path) -> (Vec<Sample>, Replayed) {
    let mut heard = Heard::default();
    let (replayed, _) = replay(path, name(), &mut heard).unwrap();
    (heard.samples, replayed)
}

type Row = (i64, Vec<(usize, u64)>);

/// Batches of these rows; answers what has to be told.
fn written(path: &Path, rows: &[Row]) -> Vec<Sample> {
    let segment = Segment::create(&path.to_owned(), name(), false).unwrap();
    write(segment, Names::default(), rows)
}

fn write(mut segment: Segment, mut names: Names, rows: &[Row]) -> Vec<Sample> {
    let name = |n: usize| format!("m{n}");
    let mut pair = |n| [(names.intern("__name__"), names.intern(&name(n)))];
    let pairs: Vec<_> = (0..20).map(&mut pair).collect();
    let refs: Vec<_> = pairs.iter().map(|one| names.series(one).unwrap()).collect();
    let index = RwLock::new(names.index);
    let (mut expected, mut records) = (Vec::new(), Vec::new());
    for (t, row) in rows {
        let samples = row.iter().map(|(n, v)| (refs[*n], f64::from_bits(*v)));
        let samples: Vec<_> = samples.collect();
        records.clear();
        let all = samples.iter().copied();
        segment
            .encoder
            .encode(*t, all, || index.read(), &mut records);
        segment
            .write(&records)
            .unwrap_or_else(|failed| panic!("{}", failed.error));
        expected.extend(row.iter().map(|(n, v)| (name(*n), *t, *v)));
    }
    expected
}

fn rows() -> impl Strategy<Value = Vec<Row>> {
    let row = prop::collection::vec((0usize..20, any::<u64>()), 1..30);
    prop::collection::vec((-1_000_000i64..1_000_000, row), 1..40)
}

#[test]
fn names_of_files_come_back() {
    let name = Name { seq: 12, part: 345 };
    let path = name.path(Path::new("wal"));
    assert_eq!(path, Path::new("wal/000000000012-000345.wal"));
    assert_eq!(Name::of(&path), Some(name));
    assert_eq!(Name::of(Path::new("wal/12.bad")), None);
}

#[test]
fn a_restart_comes_every_ten_minutes() {
    let path = path("restarts");
    let rows: Vec<_> = (0..200)
        .map(|tick| (tick * 10_000, vec![(3, tick as u64)]))
        .collect();
    written(&path, &rows);
    let bytes = fs::read(&path).unwrap();
    assert_eq!(
        memchr::memmem::find_iter(&bytes, &restart_record()).count(),
        4
    );
}

#[test]
fn a_slot_that_was_given_to_another_series_is_defined_anew() {
    let path = path("slots");
    let mut names = Names::default();
    let named = |names: &mut Names, name: &str| {
        let pair = (names.intern("__name__"), names.intern(name));
        names.series(&[pair]).unwrap()
    };
    let before = named(&mut names, "before");
    let mut segment = Segment::create(&path, name(), false).unwrap();
    let mut write = |names: Names, series, value| {
        let (index, mut records) = (RwLock::new(names.index), Vec::new());
        let samples = [(series, value)].into_iter();
        segment
            .encoder
            .encode(0, samples, || index.read(), &mut records);
        assert!(segment.write(&records).is_ok());
        index.into_inner()
    };
    let mut index = write(names, before, 1.0);
    index.forget(&[before]);
    let mut names = Names::default();
    names.index = index;
    let after = named(&mut names, "after");
    assert_eq!(after.slot(), before.slot());
    write(names, after, 2.0);
    let sample = |name: &str, value: f64| (name.to_owned(), 0, value.to_bits());
    assert_eq!(
        heard(&path).0,
        [sample("before", 1.0), sample("after", 2.0)]
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn whatever_was_written_is_told_and_behind_damage_what_can_be(
        rows in rows(),
        flip in any::<prop::sample::Index>(),
    ) {
        let path = path("whole");
        let expected = written(&path, &rows);
        let (samples, replayed) = heard(&path);
        prop_assert_eq!(&samples, &expected);
        let len = fs::metadata(&path).unwrap().len();
        prop_assert_eq!(replayed, Replayed { good: len, len, gaps: vec![] });

        let mut bytes = fs::read(&path).unwrap();
        let at = flip.index(bytes.len());
        bytes[at] ^= 4;
        fs::write(&path, bytes).unwrap();
        let (samples, replayed) = heard(&path);
        prop_assert!(replayed.good < len || !replayed.gaps.is_empty());
        // All that is told was written, in that order.
        let mut rest = expected.iter();
        for sample in &samples {
            prop_assert!(rest.any(|written| written == sample));
        }
    }

    #[test]
    fn whoever_takes_it_up_anywhere_goes_on_as_if_nothing_had_been(
        rows in rows(),
        cut in any::<prop::sample::Index>(),
    ) {
        let path = path("taken up");
        let expected = written(&path, &rows);
        let whole = fs::read(&path).unwrap();
        let torn = HEADER + cut.index(whole.len() + 1 - HEADER);
        fs::write(&path, &whole[..torn]).unwrap();

        let mut told = Heard::default();
        let (replayed, encoder) = replay(&path, name(), &mut told).unwrap();
        let mut samples = 0;
        let is_told = |(_, row): &&Row| {
            samples += row.len();
            samples <= told.samples.len()
        };
        let done = rows.iter().take_while(is_told).count();
        let left = Left { name: name(), len: replayed.good, encoder };
        let segment = Segment::resume(path.parent().unwrap(), left, false).unwrap();
        write(segment, told.names, &rows[done..]);

        prop_assert_eq!(heard(&path).0, expected);
        // Behind a RESTART that no samples follow there is another.
        let again = fs::read(&path).unwrap();
        let restarts = |bytes| memchr::memmem::find_iter(bytes, &restart_record()).count();
        match restarts(&again) - restarts(&whole) {
            0 => prop_assert_eq!(again, whole, "nothing is defined anew"),
            more => prop_assert_eq!(more, 1, "behind one that no samples follow"),
        }
    }
}

use std::{collections::HashMap, fs, path::PathBuf, sync::Arc};

use exposition::Labels;
use parking_lot::RwLock;
use proptest::prelude::*;

use super::*;
use crate::{
    index::Index,
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
    let replayed = replay(path, name(), &mut heard).unwrap();
    (heard.samples, replayed)
}

/// Batches of these rows; answers what has to be told.
fn written(path: &PathBuf, rows: &[(i64, Vec<(usize, u64)>)]) -> Vec<Sample> {
    let index = RwLock::new(Index::default());
    let labels = |n: usize| Labels::new([("__name__", format!("m{n}"))]);
    let refs: Vec<_> = (0..20).map(|n| index.write().add(&labels(n))).collect();
    let mut segment = Segment::create(path, name(), false).unwrap();
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
        expected.extend(row.iter().map(|(n, v)| (format!("m{n}"), *t, *v)));
    }
    expected
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

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn whatever_was_written_is_told_and_behind_damage_what_can_be(
        rows in prop::collection::vec(
            (-1_000_000i64..1_000_000, prop::collection::vec((0usize..20, any::<u64>()), 1..30)),
            1..40,
        ),
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
}

//! Samples of the past, in any order; checks and repairs.

use std::{collections::BTreeMap, fs};

use tsdb::{Backfill, BackfillError, OpenError, What};

use crate::{
    mix::step,
    stage::{Dir, STEP, Store, all, named, options},
};

#[test]
fn an_import_in_any_order_and_what_is_there_already_stays() {
    let dir = Dir::new("import");
    {
        let mut store = Store::open(dir.path(), options());
        let series = store.series(&named("m0"));
        for tick in 1000..1050 {
            store.append(tick * STEP, &[(series, -1.0)]);
        }
    }
    let mut import = Backfill::begin(dir.path(), &options(), 1 << 20).unwrap();
    let series: Vec<_> = (0..20)
        .map(|n| import.series(&named(format!("m{n}"))).unwrap())
        .collect();
    assert_eq!(import.series(&named("m3")).unwrap(), series[3]);
    let mut expected = vec![BTreeMap::new(); 20];
    let (mut state, mut twice) = (7, 0);
    for n in 0..120_000 {
        let (at, tick) = (
            step(&mut state) as usize % 20,
            step(&mut state) as i64 % 1030,
        );
        let (t, v) = (tick.abs() * STEP, f64::from(n));
        import.push(series[at], t, v).unwrap();
        twice += u64::from(expected[at].contains_key(&t));
        expected[at].entry(t).or_insert(v);
    }
    import.push(series[0], i64::MAX, 1.0).unwrap();
    let done = import.finish().unwrap();
    let samples: usize = expected.iter().map(BTreeMap::len).sum();
    assert_eq!((done.samples, done.duplicates), (samples as u64, twice));
    assert_eq!((done.out_of_range, done.series, done.blocks), (1, 20, 13));
    for (n, series) in expected.iter_mut().enumerate() {
        let live = if n == 0 { 1000..1050 } else { 0..0 };
        series.extend(live.map(|tick| (tick * STEP, -1.0)));
    }
    for _ in 0..2 {
        let mut store = Store::open(dir.path(), options());
        assert_eq!(store.recovered.damages, []);
        store.keeper.finish().unwrap();
        for (n, expected) in expected.iter().enumerate() {
            let series = store.series(&named(format!("m{n}")));
            let whole: Vec<_> = expected.iter().map(|(t, v)| (*t, v.to_bits())).collect();
            assert!(all(&store.head.reader(), series) == whole, "m{n}");
        }
        // Life goes on, and is not taken for part of the import.
        let series = store.series(&named("m0"));
        let at = (2000 + store.recovered.logged_samples as i64) * STEP;
        store.append(at, &[(series, 5.0)]);
        expected[0].insert(at, 5.0);
    }
    assert!(!dir.path().join("import.tmp").exists());
}

#[test]
fn an_import_that_is_given_up_leaves_nothing_and_one_at_a_time() {
    let dir = Dir::new("given-up");
    let mut import = Backfill::begin(dir.path(), &options(), 1 << 20).unwrap();
    let series = import.series(&named("m")).unwrap();
    for tick in 0..100_000 {
        import.push(series, tick, 1.0).unwrap();
    }
    let Err(error) = Backfill::begin(dir.path(), &options(), 1 << 20) else {
        panic!()
    };
    assert!(
        matches!(error, BackfillError::Open(OpenError::Held { .. })),
        "{error}"
    );
    drop(import);
    let store = Store::open(dir.path(), options());
    let names = fs::read_dir(dir.path())
        .unwrap()
        .map(|e| e.unwrap().file_name());
    assert_eq!(names.collect::<Vec<_>>(), ["holder"]);
    assert_eq!(store.recovered.series, 0);
}

#[test]
fn a_check_finds_damage_and_a_repair_makes_good_what_it_can() {
    let dir = Dir::new("verify");
    {
        let mut store = Store::open(dir.path(), options());
        let refs: Vec<_> = (0..5)
            .map(|n| store.series(&named(format!("m{n}"))))
            .collect();
        for tick in 0..50 {
            let row: Vec<_> = refs
                .iter()
                .map(|series| (*series, (tick as f64).sin()))
                .collect();
            store.append(tick * STEP, &row);
        }
    }
    let whole = tsdb::verify(dir.path()).unwrap();
    assert_eq!(
        (whole.files, whole.samples, &whole.damages[..]),
        (3, 250, &[][..])
    );
    let block = dir.path().join("blocks/000000000001-000000000001.blk");
    let good = fs::read(&block).unwrap();
    let index_at = u64::from_le_bytes(good[12..20].try_into().unwrap()) as usize;
    for (at, lost) in [(index_at + 9, 0), (40, 20)] {
        let mut bad = good.clone();
        bad[at] ^= 8;
        fs::write(&block, bad).unwrap();
        let what = if lost == 0 {
            What::Mended
        } else {
            What::Chunks { chunks: 1 }
        };
        for found in [
            tsdb::verify(dir.path()).unwrap(),
            tsdb::repair(dir.path()).unwrap(),
        ] {
            assert_eq!(found.samples, 250 - lost);
            let [damage] = &found.damages[..] else {
                panic!("{found:?}")
            };
            assert_eq!(damage.what, what);
        }
        let after = tsdb::verify(dir.path()).unwrap();
        assert_eq!((after.samples, &after.damages[..]), (250 - lost, &[][..]));
        assert_eq!(block.with_extension("bad").exists(), lost > 0);
    }
}

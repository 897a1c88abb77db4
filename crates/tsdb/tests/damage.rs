//! A flipped bit in every byte of every file, a torn tail at every byte, a block that is missing: the
//! store opens, gives no wrong value, keeps all else, and says what it lost.

use std::{fs, path::Path, time::Duration};

use tsdb::{Options, What};

use crate::stage::{Dir, STEP, Store, all, copy, files, named, options};

const SERIES: usize = 3;

fn value(series: usize, tick: i64) -> f64 {
    match series % 3 {
        0 => (tick * 10 + series as i64) as f64,
        1 => ((tick * 7919) % 1009) as f64 / 100.0,
        _ => (tick as f64 + series as f64).sin(),
    }
}

/// One of them has samples in every other tick only.
fn row(tick: i64) -> impl Iterator<Item = (usize, f64)> {
    let has = move |series: &usize| series % 3 != 1 || tick % 2 == 0;
    (0..SERIES)
        .filter(has)
        .map(move |series| (series, value(series, tick)))
}

fn fill(dir: &Path, ticks: std::ops::Range<i64>) {
    let mut store = Store::open(dir, options());
    let refs: Vec<_> = (0..SERIES)
        .map(|n| store.series(&named(format!("m{n}"))))
        .collect();
    for tick in ticks {
        let samples: Vec<_> = row(tick).map(|(series, v)| (refs[series], v)).collect();
        store.append(tick * STEP, &samples);
    }
}

/// How many samples there are, and what was said. Every one of them is right.
fn inspect(dir: &Path) -> (usize, Vec<What>) {
    let store = Store::open(dir, options());
    let reader = store.head.reader();
    let mut found = 0;
    for n in 0..SERIES {
        let samples = all(&reader, store.series(&named(format!("m{n}"))));
        assert!(samples.is_sorted_by(|a, b| a.0 < b.0));
        for (t, v) in &samples {
            assert_eq!(*v, value(n, t / STEP).to_bits());
        }
        found += samples.len();
    }
    let mut said: Vec<_> = store
        .recovered
        .damages
        .iter()
        .map(|d| d.what.clone())
        .collect();
    let unreadable = store.head.health().counts.unreadable;
    if unreadable > 0 {
        said.push(What::Chunks { chunks: unreadable });
    }
    (found, said)
}

/// A merged block, small blocks, a catalog, the segment of a generation that is to be sealed, the
/// active one.
fn sample(dir: &Path, early: &str) {
    fill(dir, 0..140);
    let early = Dir::new(early);
    copy(dir, early.path());
    fill(dir, 140..150);
    let [(_, segment)] = &files(early.path())
        .into_iter()
        .filter(|(sub, _)| sub == "wal")
        .collect::<Vec<_>>()[..]
    else {
        panic!("one segment")
    };
    let seq = &segment.file_name().unwrap().to_str().unwrap()[..12];
    fs::copy(segment, dir.join("wal").join(segment.file_name().unwrap())).unwrap();
    fs::remove_file(dir.join(format!("blocks/{seq}-{seq}.blk"))).unwrap();
}

#[test]
fn a_flipped_bit_in_one_of_seven_bytes_of_any_file() {
    flip("flip", 7);
}

#[test]
#[ignore = "the same for every byte: minutes"]
fn a_flipped_bit_in_any_byte_of_any_file() {
    flip("flip-all", 1);
}

fn flip(name: &str, stride: usize) {
    let (origin, other) = (Dir::new(name), Dir::new(&format!("{name}-copy")));
    sample(origin.path(), &format!("{name}-early"));
    copy(origin.path(), other.path());
    let (complete, said) = inspect(other.path());
    // The catalog knows of the block that was removed above; its samples are in the log.
    assert_eq!((complete, &said[..]), (375, &[][..]));
    for (sub, path) in files(origin.path()) {
        let name = path.file_name().unwrap();
        let bytes = fs::read(&path).unwrap();
        let mut worst = 0;
        for at in (0..bytes.len()).step_by(stride) {
            copy(origin.path(), other.path());
            let mut bad = bytes.clone();
            bad[at] ^= 1 << (at % 8);
            fs::write(other.path().join(&sub).join(name), bad).unwrap();
            let (found, said) = inspect(other.path());
            assert!(!said.is_empty(), "{name:?}, byte {at}: not a word");
            let loses = said
                .iter()
                .any(|what| what.loses() || matches!(what, What::TornTail { .. }));
            assert!(found == complete || loses, "{name:?}, byte {at}: {said:?}");
            worst = worst.max(complete - found);
        }
        println!(
            "{name:?}: {} bytes, at most {worst} of {complete} samples lost",
            bytes.len()
        );
        // One series of a block, or ten minutes of the log (here: all of a segment).
        let bound = if sub == "wal" { 50 } else { 80 };
        assert!(worst <= bound, "{name:?}: {worst}");
    }
}

#[test]
fn a_damaged_index_or_frame_costs_nothing() {
    let dir = Dir::new("index");
    fill(dir.path(), 0..100);
    let (_, block) = files(dir.path())
        .into_iter()
        .find(|(_, path)| path.extension().unwrap() == "blk")
        .unwrap();
    let bytes = fs::read(&block).unwrap();
    let index_at = u64::from_le_bytes(bytes[12..20].try_into().unwrap()) as usize;
    for at in (0..36).chain(index_at..bytes.len()) {
        let mut bad = bytes.clone();
        bad[at] ^= 0x40;
        fs::write(&block, bad).unwrap();
        let (found, said) = inspect(dir.path());
        assert_eq!(found, 250, "byte {at}");
        assert_eq!(said, [What::Mended], "byte {at}");
    }
}

#[test]
fn a_torn_tail_at_every_byte_of_the_last_records() {
    let (origin, other) = (Dir::new("torn"), Dir::new("torn-copy"));
    fill(origin.path(), 0..30);
    let (_, segment) = files(origin.path()).pop().unwrap();
    let before = fs::metadata(&segment).unwrap().len();
    fill(origin.path(), 30..31); // after a restart: RESTART, SERIES and SAMPLES
    let bytes = fs::read(&segment).unwrap();
    assert!(bytes.len() as u64 > before);
    for cut in before as usize..=bytes.len() {
        copy(origin.path(), other.path());
        let torn = other.path().join("wal").join(segment.file_name().unwrap());
        fs::write(&torn, &bytes[..cut]).unwrap();
        let whole = cut == bytes.len();
        let (found, said) = inspect(other.path());
        assert_eq!(found, if whole { 78 } else { 75 }, "cut at {cut}");
        let is_clean = !said.iter().any(What::loses);
        assert!(is_clean, "cut at {cut}: {said:?}");
        fill(other.path(), if whole { 31 } else { 30 }..50); // and it goes on
        assert_eq!(inspect(other.path()), (125, vec![]), "cut at {cut}");
    }
}

#[test]
fn behind_damage_the_log_goes_on_at_the_next_restart() {
    let dir = Dir::new("restart");
    let long = Options {
        window: Duration::from_secs(1_000_000),
        ..options()
    };
    let labels = named("m");
    {
        let mut store = Store::open(dir.path(), long.clone());
        let series = store.series(&labels);
        for tick in 0..600 {
            store.append(tick * STEP, &[(series, (tick as f64).sin())]);
        }
    }
    let (_, segment) = files(dir.path()).pop().unwrap();
    let mut bytes = fs::read(&segment).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&segment, bytes).unwrap();
    let store = Store::open(dir.path(), long.clone());
    let samples = all(&store.head.reader(), store.series(&labels));
    let lost = 600 - samples.len();
    assert!((1..=60).contains(&lost), "{lost}");
    assert!(
        samples
            .iter()
            .all(|(t, v)| *v == ((t / STEP) as f64).sin().to_bits())
    );
    let [damage] = &store.recovered.damages[..] else {
        panic!()
    };
    assert!(matches!(damage.what, What::Gap { .. }), "{damage}");
    drop(store);
    let store = Store::open(dir.path(), long);
    assert_eq!(store.recovered.damages, [], "told once");
    assert_eq!(
        all(&store.head.reader(), store.series(&labels)).len(),
        600 - lost
    );
}

#[test]
fn a_missing_block_is_told_once() {
    let dir = Dir::new("missing");
    fill(dir.path(), 0..60);
    let blocks: Vec<_> = files(dir.path())
        .into_iter()
        .filter(|(_, p)| p.extension().is_some_and(|e| e == "blk"))
        .collect();
    assert_eq!(blocks.len(), 2);
    fs::remove_file(&blocks[0].1).unwrap();
    let (found, said) = inspect(dir.path());
    let (from_ms, to_ms) = (0, 19 * STEP);
    assert_eq!(
        (found, &said),
        (100, &vec![What::MissingBlock { from_ms, to_ms }])
    );
    assert_eq!(tsdb::verify(dir.path()).unwrap().damages[0].what, said[0]);
    Store::open(dir.path(), options()).keeper.finish().unwrap();
    assert_eq!(inspect(dir.path()), (100, vec![]));
}

#[test]
fn a_merge_takes_over_what_can_be_read_and_sets_the_rest_aside() {
    let dir = Dir::new("merge");
    fill(dir.path(), 0..50);
    let first = dir.path().join("blocks/000000000001-000000000001.blk");
    let mut bytes = fs::read(&first).unwrap();
    bytes[40] ^= 1; // in the chunk of the sparse series: ten samples
    fs::write(&first, bytes).unwrap();
    let mut store = Store::open(dir.path(), options());
    let refs: Vec<_> = (0..SERIES)
        .map(|n| store.series(&named(format!("m{n}"))))
        .collect();
    for tick in 50..120 {
        let samples: Vec<_> = row(tick).map(|(series, v)| (refs[series], v)).collect();
        store.append(tick * STEP, &samples);
    }
    assert_eq!(store.head.health().damages.len(), 1);
    assert_eq!(store.head.health().counts.damages, 1);
    let damage = &store.head.health().damages[0];
    assert_eq!(damage.what, What::Chunks { chunks: 1 });
    assert_eq!(damage.file, "000000000001-000000000001.blk");
    assert!(first.with_extension("bad").exists() && !first.exists());
    drop(store);
    assert_eq!(inspect(dir.path()), (300 - 10, vec![]));
}

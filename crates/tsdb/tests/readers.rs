//! Readers beside the head, sealing, merging and forgetting.

use std::{
    fs,
    sync::atomic::{AtomicBool, Ordering::Relaxed},
    thread,
    time::Duration,
};

use tsdb::{Matcher, Options, Scratch};

use crate::stage::{Dir, STEP, Store, all, named, options};

#[test]
fn a_reader_sees_every_sample_once_while_blocks_are_sealed_and_merged() {
    let dir = Dir::new("readers");
    let mut store = Store::open(dir.path(), options());
    let refs: Vec<_> = (0..40)
        .map(|n| store.series(&named(format!("m{n}"))))
        .collect();
    let (head, ended) = (store.head.clone(), AtomicBool::new(false));
    let read = |first: usize| {
        let (mut scratch, mut seen, mut reads) = (Scratch::default(), vec![0; refs.len()], 0);
        while !ended.load(Relaxed) || reads == 0 {
            let n = (reads * 7 + first) % refs.len();
            head.reader()
                .read(refs[n], i64::MIN, i64::MAX, &mut scratch);
            for (at, (t, v)) in scratch.samples().enumerate() {
                assert_eq!((t, v), (at as i64 * STEP, (at * 3 + n) as f64));
            }
            assert!(scratch.times.len() >= seen[n]);
            seen[n] = scratch.times.len();
            reads += 1;
        }
    };
    thread::scope(|scope| {
        scope.spawn(|| read(0));
        scope.spawn(|| read(1));
        for tick in 0..1500 {
            let row = refs
                .iter()
                .zip(0..)
                .map(|(series, n)| (*series, f64::from(tick * 3 + n)));
            let row: Vec<_> = row.collect();
            assert_eq!(store.append(i64::from(tick) * STEP, &row), 40);
        }
        ended.store(true, Relaxed);
    });
    assert_eq!(store.head.health().counts.unreadable, 0);
}

#[test]
fn old_blocks_go_by_age_and_an_old_reader_has_them_still() {
    let dir = Dir::new("age");
    let max_age = Duration::from_millis(200 * STEP as u64);
    let mut store = Store::open(
        dir.path(),
        Options {
            max_age,
            ..options()
        },
    );
    let (old, new) = (store.series(&named("old")), store.series(&named("new")));
    for tick in 0..60 {
        store.append(tick * STEP, &[(old, tick as f64), (new, 0.0)]);
    }
    let before = store.head.reader();
    for tick in 60..400 {
        store.append(tick * STEP, &[(new, 0.0)]);
    }
    assert_eq!(all(&before, old).len(), 60);
    let reader = store.head.reader();
    assert_eq!(all(&reader, old), []);
    assert_eq!(
        reader.select(&[Matcher::equal("__name__", "old")], i64::MIN, i64::MAX),
        []
    );
    assert_eq!(reader.labels(old), None);
    assert_eq!(reader.series_count(), 1);
    let (first, last) = reader.span().unwrap();
    assert_eq!(last, 399 * STEP);
    assert!(
        (80 * STEP..=180 * STEP).contains(&first),
        "{}",
        first / STEP
    );
    // The reference is refused rather than taken for whoever has its place now.
    let other = store.series(&named("other"));
    let appended = store.head.append(400 * STEP, &[(old, 1.0), (other, 2.0)]);
    assert_eq!((appended.taken, appended.forgotten), (1, 1));
    assert_eq!(
        all(&store.head.reader(), other),
        [(400 * STEP, 2f64.to_bits())]
    );
    assert_eq!(all(&before, other), [], "not what was in its place");
    let again = store.series(&named("old"));
    assert_ne!(again, old);
}

#[test]
fn old_blocks_go_by_size() {
    let dir = Dir::new("size");
    let max_bytes = 60_000;
    let mut store = Store::open(
        dir.path(),
        Options {
            max_bytes,
            ..options()
        },
    );
    let refs: Vec<_> = (0..20)
        .map(|n| store.series(&named(format!("m{n}"))))
        .collect();
    for tick in 0..600 {
        let noise = |n: i32| (f64::from(n) + tick as f64 * 1.1).sin();
        let row: Vec<_> = refs
            .iter()
            .zip(0..)
            .map(|(series, n)| (*series, noise(n)))
            .collect();
        store.append(tick * STEP, &row);
    }
    let counts = store.head.health().counts;
    assert!(
        counts.block_bytes <= max_bytes && counts.blocks > 2,
        "{counts:?}"
    );
    let (first, _) = store.head.reader().span().unwrap();
    assert!(first > 100 * STEP);
}

#[test]
fn metrics_and_labels_are_told() {
    let dir = Dir::new("told");
    let mut store = Store::open(dir.path(), options());
    let (a, b) = (store.series(&named("a")), store.series(&named("b")));
    for tick in 0..50 {
        store.append(tick * STEP, &[(a, 1.0), (b, tick as f64)]);
    }
    store.append(50 * STEP, &[(b, 0.0)]);
    let reader = store.head.reader();
    assert_eq!(reader.label_names(&[], 0, i64::MAX), ["__name__", "job"]);
    assert_eq!(
        reader.label_values("__name__", &[], 0, i64::MAX),
        ["a", "b"]
    );
    assert_eq!(
        reader.label_values("__name__", &[], 50 * STEP, i64::MAX),
        ["b"]
    );
    let metrics = reader.metrics();
    let told = |n: usize| {
        let metric = &metrics[n];
        (
            metric.name.as_str(),
            metric.series,
            metric.samples,
            metric.block_samples,
            metric.blocks,
        )
    };
    assert_eq!(
        (told(0), told(1)),
        (("a", 1, 50, 40, 2), ("b", 1, 51, 40, 2))
    );
    assert_eq!(metrics[1].span_ms, Some((0, 50 * STEP)));
    assert!(metrics[0].bytes > 0);
    let blocks = reader.blocks();
    let [first, _] = &blocks[..] else {
        panic!("{blocks:?}")
    };
    assert_eq!(
        (first.series, first.samples, first.span_ms),
        (2, 40, (0, 19 * STEP))
    );
}

#[test]
fn what_was_sealed_a_while_ago_is_read_without_a_disk() {
    let dir = Dir::new("linger");
    let linger = Duration::from_millis(10 * STEP as u64);
    let mut store = Store::open(
        dir.path(),
        Options {
            linger,
            ..options()
        },
    );
    let series = store.series(&named("m"));
    for tick in 0..25 {
        store.append(tick * STEP, &[(series, 1.0)]);
    }
    let block = dir.path().join("blocks/000000000001-000000000001.blk");
    let length = fs::metadata(&block).unwrap().len();
    fs::write(&block, vec![0; length as usize]).unwrap();
    assert_eq!(all(&store.head.reader(), series).len(), 25);
    assert_eq!(store.head.health().counts.unreadable, 0);
    store.append(29 * STEP, &[(series, 1.0)]);
    store.keeper.finish().unwrap();
    assert_eq!(
        all(&store.head.reader(), series).len(),
        6,
        "the block is read"
    );
    assert_eq!(store.head.health().counts.unreadable, 1);
}

#[test]
fn what_was_set_aside_does_not_pile_up() {
    let dir = Dir::new("aside");
    let mut store = Store::open(
        dir.path(),
        Options {
            max_bytes: 10_000,
            ..options()
        },
    );
    fs::create_dir_all(dir.path().join("wal")).unwrap();
    for n in 0..5 {
        fs::write(dir.path().join(format!("wal/{n}.bad")), [0; 400]).unwrap();
    }
    let series = store.series(&named("m"));
    for tick in 0..25 {
        store.append(tick * STEP, &[(series, 1.0)]);
    }
    let names = fs::read_dir(dir.path().join("wal"))
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let aside = names.filter(|path| path.extension().is_some_and(|extension| extension == "bad"));
    assert_eq!(aside.count(), 2);
}

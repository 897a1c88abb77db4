//! How many series there may be, and how much of what the disk does not take.

use std::{fs, path::Path, thread, time::Duration};

use tsdb::{Head, JournalError, Options, Progress, Refused};

use crate::stage::{Dir, STEP, Store, all, copy, named, options};

#[test]
fn over_the_limit_new_series_are_refused_and_named_and_old_ones_go_on() {
    let options = Options {
        max_series: 5,
        max_series_per_source: 3,
        ..options()
    };
    let head = Head::in_memory(options);
    let series = |source: &str, name: &str| head.series(source, &named(name));
    let kept: Vec<_> = ["a", "b", "c"]
        .map(|name| series("one", name).unwrap())
        .into();
    let Err(Refused::Source { source_name, limit }) = series("one", "d") else {
        panic!()
    };
    assert_eq!((&*source_name, limit), ("one", 3));
    assert_eq!(
        series("one", "b").unwrap(),
        kept[1],
        "known ones are not new"
    );
    series("two", "x").unwrap();
    series("two", "y").unwrap();
    assert_eq!(series("two", "z"), Err(Refused::Total { limit: 5 }));
    let refused = head.refused();
    let told = refused
        .iter()
        .map(|r| (&*r.source, r.times, r.metrics.join(" ")));
    let expected = [("one", 1, "d".to_owned()), ("two", 1, "z".to_owned())];
    assert_eq!(told.collect::<Vec<_>>(), expected);
    let row: Vec<_> = kept.iter().map(|series| (*series, 1.0)).collect();
    assert_eq!(head.append(STEP, &row).taken, 3);
    // Two windows later those that had no samples have made room.
    for tick in [2, 30, 60] {
        assert_eq!(head.append(tick * STEP, &row).taken, 3);
    }
    series("two", "z").unwrap();
    assert_eq!(head.health().counts.active_series, 4);
}

#[test]
fn others_do_not_push_out_what_is_vital() {
    let options = Options {
        max_series: 40,
        vital_sources: vec!["self".into()],
        ..options()
    };
    let head = Head::in_memory(options);
    let series = |source: &str, nth: usize| head.series(source, &named(format!("{source}{nth}")));
    let others: Vec<_> = (0..36).map(|nth| series("other", nth).unwrap()).collect();
    assert_eq!(series("other", 36), Err(Refused::Total { limit: 36 }));
    let row: Vec<_> = others.iter().map(|series| (*series, 1.0)).collect();
    head.append(STEP, &row);
    for nth in 0..4 {
        series("self", nth).unwrap();
    }
    assert_eq!(series("self", 4), Err(Refused::Total { limit: 40 }));
    // Half of the others end: what is vital may have more than what is kept for it, and then they less.
    for tick in [2, 30, 60] {
        head.append(tick * STEP, &row[..18]);
    }
    for nth in 0..12 {
        series("self", nth).unwrap();
    }
    for nth in 18..28 {
        series("other", nth).unwrap();
    }
    assert_eq!(series("other", 28), Err(Refused::Total { limit: 28 }));
    assert_eq!(head.health().counts.active_series, 40);
}

#[test]
fn a_series_that_was_away_is_let_back_in_as_long_as_there_is_room() {
    let head = Head::in_memory(Options {
        max_series: 2,
        ..options()
    });
    let a = head.series("s", &named("a")).unwrap();
    let b = head.series("s", &named("b")).unwrap();
    head.append(0, &[(a, 1.0), (b, 1.0)]);
    for tick in [30, 60, 90] {
        head.append(tick * STEP, &[(a, 1.0)]);
    }
    assert_eq!(head.append(91 * STEP, &[(b, 1.0)]).taken, 1);
    for tick in [120, 150, 180] {
        head.append(tick * STEP, &[(a, 1.0)]);
    }
    head.series("s", &named("c")).unwrap();
    let appended = head.append(181 * STEP, &[(b, 1.0), (a, 1.0)]);
    assert_eq!((appended.taken, appended.refused), (1, 1));
    assert_eq!(head.refused()[0].metrics, ["b"]);
}

#[test]
fn without_a_directory_memory_is_the_bound() {
    let options = Options {
        max_unsealed_bytes: 1 << 20,
        ..options()
    };
    let head = Head::in_memory(options);
    let refs: Vec<_> = (0..50)
        .map(|n| head.series("s", &named(format!("m{n}"))).unwrap())
        .collect();
    for tick in 0..4000 {
        let row: Vec<_> = refs
            .iter()
            .map(|series| (*series, (tick as f64).sin()))
            .collect();
        assert_eq!(head.append(tick * STEP, &row).taken, 50);
    }
    let counts = head.health().counts;
    assert!(counts.generation_bytes < 2 << 20, "{counts:?}");
    assert!(counts.generations > 2);
    let samples = all(&head.reader(), refs[0]);
    assert!(samples.len() > 60);
    assert_eq!(samples.last().unwrap().0, 3999 * STEP);
    let old = Head::in_memory(Options {
        max_age: Duration::from_secs(500),
        ..self::options()
    });
    let series = old.series("s", &named("m")).unwrap();
    (0..400).for_each(|tick| assert_eq!(old.append(tick * STEP, &[(series, 1.0)]).taken, 1));
    assert!(all(&old.reader(), series).len() <= 90);
}

#[test]
fn what_is_larger_than_memory_is_sealed_before_its_window_ends() {
    let dir = Dir::new("large");
    let bounded = Options {
        window: Duration::from_secs(7200),
        merged: Duration::from_secs(7200),
        max_unsealed_bytes: 1_200_000,
        ..options()
    };
    let mut store = Store::open(dir.path(), bounded);
    let refs: Vec<_> = (0..200)
        .map(|n| store.series(&named(format!("m{n}"))))
        .collect();
    let value = |series: usize, tick: i64| ((series as i64 + tick) as f64).sin();
    for tick in 0..1500 {
        let row: Vec<_> = (0..200).map(|n| (refs[n], value(n, tick))).collect();
        assert_eq!(store.append(tick * STEP, &row), 200);
        let counts = store.head.health().counts;
        assert!(counts.generation_bytes < 600_000, "{counts:?}");
    }
    let counts = store.head.health().counts;
    assert_eq!(counts.not_stored, 0, "{counts:?}");
    // Those of a window are joined when it is over.
    assert_eq!(counts.blocks, 2, "{counts:?}");
    for n in [0, 77, 199] {
        let samples = all(&store.head.reader(), refs[n]);
        let expected = (0..1500).map(|tick| (tick * STEP, value(n, tick).to_bits()));
        assert!(samples.into_iter().eq(expected), "m{n}");
    }
}

#[test]
fn a_disk_that_is_away_for_long_costs_the_oldest_and_they_are_counted() {
    let dir = Dir::new("away");
    let bounded = Options {
        max_waiting_bytes: 20_000,
        max_unsealed_bytes: 2_000_000,
        ..options()
    };
    let mut store = Store::open(dir.path(), bounded.clone());
    let refs: Vec<_> = (0..10)
        .map(|n| store.series(&named(format!("m{n}"))))
        .collect();
    let row = |tick: i64| -> Vec<_> { refs.iter().map(|s| (*s, tick as f64)).collect() };
    for tick in 0..500 {
        assert_eq!(store.head.append(tick * STEP, &row(tick)).taken, 10);
    }
    let counts = store.head.health().counts;
    assert!(
        counts.waiting_bytes <= 20_000 && counts.generation_bytes <= 2_200_000,
        "{counts:?}"
    );
    assert!(counts.unlogged > 0 && counts.not_stored > 0, "{counts:?}");
    let held = all(&store.head.reader(), refs[0]);
    assert_eq!(held.last().unwrap().0, 499 * STEP);
    // It is back: what the log can have no more, blocks save.
    store.writer.write().unwrap();
    store.keeper.finish().unwrap();
    store.append(500 * STEP, &row(500));
    let counts = store.head.health().counts;
    assert_eq!((counts.unlogged, counts.generations), (0, 1));
    assert_eq!(
        counts.saved + counts.not_stored,
        10 * 500 - (counts.taken - counts.saved - counts.not_stored - 10)
    );
    drop(store);
    let store = Store::open(dir.path(), bounded);
    let series = store.series(&named("m0"));
    let stored = all(&store.head.reader(), series);
    assert_eq!(stored.len(), held.len() + 1);
}

/// A finite number whose bits have nothing to do with those of its neighbours: nothing makes it
/// smaller (SplitMix64).
fn noise(n: u64) -> f64 {
    let mut bits = n.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    f64::from_bits((bits ^ (bits >> 31)) >> 2)
}

/// Bytes of all files beneath.
fn bytes(dir: &Path) -> u64 {
    let entries = fs::read_dir(dir).unwrap().map(Result::unwrap);
    let size = |entry: fs::DirEntry| match entry.metadata() {
        Ok(metadata) if metadata.is_dir() => bytes(&entry.path()),
        Ok(metadata) => metadata.len(),
        Err(_) => 0,
    };
    entries.map(size).sum()
}

#[test]
fn all_files_together_stay_within_their_bound_while_blocks_are_made_too() {
    let max_bytes = 400_000;
    let options = Options {
        max_bytes,
        ..options()
    };
    let dir = Dir::new("within");
    let mut store = Store::open(dir.path(), options);
    let labels: Vec<_> = (0..50).map(|n| named(format!("m{n}"))).collect();
    let (mut most, mut most_log, mut least) = (0, 0, u64::MAX);
    for tick in 0..2_000 {
        let head = &store.head;
        let value = |n: i64| noise((tick * 50 + n) as u64);
        let series = |n: usize| head.series("s", &labels[n]).unwrap();
        let row: Vec<_> = (0..50).map(|n| (series(n), value(n as i64))).collect();
        head.append(tick * STEP, &row);
        store.writer.write().unwrap();
        loop {
            // One series at a time.
            let progress = store.keeper.work(Duration::ZERO).unwrap();
            let log = bytes(&dir.path().join("wal"));
            most_log = most_log.max(log);
            most = most.max(bytes(dir.path()) - log);
            if progress == Progress::Idle {
                break;
            }
        }
        if tick > 1_000 {
            least = least.min(bytes(dir.path()));
        }
    }
    assert!(
        most + most_log / 2 <= max_bytes,
        "{most} and {most_log} of the log"
    );
    assert!(least >= max_bytes / 2, "{least}");
}

#[test]
#[ignore = "writes gigabytes: measures"]
fn at_its_largest_history_is_within_its_two_gigabytes() {
    // A debug build is slow: there all of it is an eighth.
    let part: u64 = if cfg!(debug_assertions) { 8 } else { 1 };
    let count = 10_000 / part as usize;
    let options = Options {
        sync: false,
        max_bytes: Options::default().max_bytes / part,
        max_series_per_source: count,
        ..Options::default()
    };
    let max_bytes = options.max_bytes;
    let dir = Dir::new("largest");
    let mut store = Store::open(dir.path(), options);
    let series: Vec<_> = (0..count)
        .map(|n| store.head.series("s", &named(format!("m{n}"))).unwrap())
        .collect();
    let (mut most, mut written, mut tick) = (0, 0, 0);
    // Half as much again as there may be, of what nothing makes smaller.
    while written < 3 * max_bytes / 2 {
        let value = |n: usize| noise((tick * count + n) as u64);
        let row: Vec<_> = series
            .iter()
            .enumerate()
            .map(|(n, one)| (*one, value(n)))
            .collect();
        store.head.append(tick as i64 * STEP, &row);
        written += 8 * count as u64;
        tick += 1;
        store.writer.write().unwrap();
        if tick % 10 > 0 {
            continue;
        }
        while store.keeper.work(Duration::from_millis(100)).unwrap() == Progress::More {
            most = most.max(bytes(dir.path()));
        }
        most = most.max(bytes(dir.path()));
    }
    println!("{count} series, {tick} ticks: {most} bytes at most");
    assert!(most * part < 2_000_000_000, "{most}");
    assert!(most * part > 1_000_000_000, "{most}");
}

#[test]
fn a_log_larger_than_memory_is_taken_in_start_by_start() {
    let dir = Dir::new("postponed");
    let bounded = Options {
        max_unsealed_bytes: 800_000,
        ..options()
    };
    {
        // Blocks cannot be written, the log can.
        let (head, journal, _) = tsdb::open(dir.path(), bounded.clone()).unwrap();
        let series = head.series("s", &named("m")).unwrap();
        let mut writer = journal.writer();
        for tick in 0..400 {
            head.append(tick * STEP, &[(series, tick as f64)]);
            writer.write().unwrap();
        }
    }
    let mut starts = 0;
    loop {
        let mut store = Store::open(dir.path(), bounded.clone());
        assert!(store.head.health().counts.generation_bytes <= 1_000_000);
        store.keeper.finish().unwrap();
        starts += 1;
        if store.recovered.damages.is_empty() {
            let samples = all(&store.head.reader(), store.series(&named("m")));
            assert_eq!(samples.len(), 400);
            break;
        }
    }
    assert!((3..6).contains(&starts), "{starts}");
}

#[test]
fn what_only_the_active_generation_holds_is_sealed_early() {
    let dir = Dir::new("early");
    let bounded = Options {
        window: Duration::from_secs(7200),
        max_waiting_bytes: 5_000,
        ..options()
    };
    let mut store = Store::open(dir.path(), bounded.clone());
    let series = store.series(&named("m"));
    for tick in 0..300 {
        store.head.append(tick * STEP, &[(series, tick as f64)]);
    }
    assert!(store.head.health().counts.unlogged > 100);
    store.append(300 * STEP, &[(series, 0.0)]);
    store.append(301 * STEP, &[(series, 0.0)]);
    let counts = store.head.health().counts;
    assert_eq!(
        (counts.unlogged, counts.blocks, counts.not_stored),
        (0, 1, 0)
    );
    drop(store);
    let store = Store::open(dir.path(), bounded);
    assert_eq!(
        all(&store.head.reader(), store.series(&named("m"))).len(),
        302
    );
}

#[test]
fn a_successor_fences_its_predecessor_off_and_nothing_is_lost_or_twice() {
    let dir = Dir::new("fence");
    let mut store = Store::open(dir.path(), options());
    let series = store.series(&named("m"));
    for tick in 0..10 {
        store.append(tick * STEP, &[(series, 1.0)]);
    }
    let mut successor = store.journal.writer();
    store.head.append(10 * STEP, &[(series, 1.0)]);
    assert!(matches!(store.writer.write(), Err(JournalError::Fenced)));
    assert_eq!(store.journal.durable().waiting, 1);
    assert_eq!(successor.write().unwrap().waiting, 0);
    let mut keeper = store.journal.keeper();
    assert!(matches!(
        store.keeper.work(Duration::ZERO),
        Err(JournalError::Fenced)
    ));
    store.head.append(30 * STEP, &[(series, 1.0)]);
    successor.write().unwrap();
    while keeper.work(Duration::ZERO).unwrap() == Progress::More {}
    assert_eq!(store.head.health().counts.blocks, 1);
    drop(store);
    drop((successor, keeper));
    let store = Store::open(dir.path(), options());
    assert_eq!(
        all(&store.head.reader(), store.series(&named("m"))).len(),
        12
    );
}

#[test]
fn what_is_logged_outlives_the_process_and_is_durable_later() {
    let dir = Dir::new("logged");
    let mut store = Store::open(dir.path(), options());
    let series = store.series(&named("m"));
    store.append(0, &[(series, 0.0)]);
    for tick in 1..10 {
        store.head.append(tick * STEP, &[(series, tick as f64)]);
        let durable = store.writer.log().unwrap();
        assert_eq!((durable.at_ms, durable.waiting), (Some(0), tick as usize));
    }
    // As after a kill: the directory as it is now.
    let other = Dir::new("logged-copy");
    copy(dir.path(), other.path());
    let killed = Store::open(other.path(), options());
    let found = all(&killed.head.reader(), killed.series(&named("m")));
    assert_eq!(found.len(), 10);

    // A generation that ends, and a successor, leave nothing behind that is not durable.
    store.head.append(40 * STEP, &[(series, 40.0)]);
    let durable = store.writer.log().unwrap();
    assert_eq!((durable.at_ms, durable.waiting), (Some(9 * STEP), 1));
    let mut successor = store.journal.writer();
    assert!(matches!(store.writer.write(), Err(JournalError::Fenced)));
    let durable = successor.write().unwrap();
    assert_eq!((durable.at_ms, durable.waiting), (Some(40 * STEP), 0));
    drop((store, successor));
    let store = Store::open(dir.path(), options());
    let found = all(&store.head.reader(), store.series(&named("m")));
    assert_eq!(found.len(), 11);
}

#[test]
fn halves_live_on_threads_of_their_own() {
    let dir = Dir::new("threads");
    let (head, journal, _) = tsdb::open(dir.path(), options()).unwrap();
    let series = head.series("s", &named("m")).unwrap();
    thread::scope(|scope| {
        let appending = scope.spawn(|| {
            for tick in 0..500 {
                assert_eq!(head.append(tick * STEP, &[(series, 1.0)]).taken, 1);
            }
        });
        let (mut writer, mut keeper) = (journal.writer(), journal.keeper());
        scope.spawn(move || {
            while !appending.is_finished() {
                writer.write().unwrap();
                keeper.work(Duration::from_millis(1)).unwrap();
            }
            writer.write().unwrap();
            keeper.finish().unwrap();
        });
    });
    assert_eq!(journal.durable().at_ms, Some(499 * STEP));
    assert_eq!(all(&head.reader(), series).len(), 500);
}

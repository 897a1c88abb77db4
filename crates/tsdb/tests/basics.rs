//! What goes in comes out, before and after a restart.

use std::fs;

use tsdb::{Head, Matcher, Options, Scratch, SeriesRef, Stats};

use crate::{
    mix::Mix,
    stage::{Dir, STEP, Store, all, files, named, options},
};

#[test]
fn whoever_writes_on_defines_no_series_anew() {
    let dir = Dir::new("written-on");
    let labels: Vec<_> = (0..100).map(|n| named(format!("m{n}"))).collect();
    let row = |refs: &[SeriesRef]| refs.iter().map(|one| (*one, 1.0)).collect::<Vec<_>>();
    let log = || {
        let mut files = files(dir.path());
        // But for torn tails, set aside.
        files.retain(|(_, path)| path.extension() != Some("bad".as_ref()));
        assert_eq!(files.len(), 1, "{files:?}");
        files.remove(0).1
    };
    let mut sizes = Vec::new();
    for run in 0..4 {
        let mut store = Store::open(dir.path(), options());
        let refs: Vec<_> = labels.iter().map(|labels| store.series(labels)).collect();
        for writer in 0..3 {
            drop(store.writer);
            store.writer = store.journal.writer();
            store.append((run * 3 + writer) * STEP, &row(&refs));
            sizes.push(fs::metadata(log()).unwrap().len());
        }
        // As a process that is killed.
        let torn = [&fs::read(log()).unwrap()[..], &[7; 5]].concat();
        fs::write(log(), torn).unwrap();
    }
    let grown: Vec<_> = sizes.windows(2).map(|two| two[1] - two[0]).collect();
    assert!(grown.iter().all(|bytes| *bytes < 200), "{grown:?}");
    let store = Store::open(dir.path(), options());
    let whole: Vec<_> = (0..12).map(|tick| (tick * STEP, 1f64.to_bits())).collect();
    for labels in &labels {
        assert_eq!(all(&store.head.reader(), store.series(labels)), whole);
    }
}

#[test]
fn what_came_while_a_directory_was_read_is_there_too() {
    let dir = Dir::new("adopted");
    let labels: Vec<_> = (0..5).map(|n| named(format!("m{n}"))).collect();
    let before: Vec<_> = (0..100).map(|tick| tick * STEP).collect();
    let after: Vec<_> = (100..200).map(|tick| tick * STEP).collect();
    let mut store = Store::open(dir.path(), options());
    let refs: Vec<_> = labels[..3].iter().map(|one| store.series(one)).collect();
    for at in &before {
        store.append(*at, &refs.iter().map(|one| (*one, 1.0)).collect::<Vec<_>>());
    }
    drop(store);

    let held = tsdb::hold(dir.path(), options()).unwrap();
    let young = Head::in_memory(options());
    // Others come first, so that no reference is the same.
    let theirs = labels.iter().rev().take(3);
    let theirs: Vec<_> = theirs
        .map(|one| young.series("test", one).unwrap())
        .collect();
    for at in &after {
        young.append(
            *at,
            &theirs.iter().map(|one| (*one, 2.0)).collect::<Vec<_>>(),
        );
    }
    let (head, journal, _) = held.read();
    head.adopt(&young, i64::MIN);
    // Again, as by one who took over from whoever failed at it.
    head.adopt(&young, i64::MIN);
    journal.writer().write().unwrap();
    let expected = |n: usize| {
        let of = |times: &[i64], value: f64| -> Vec<_> {
            times.iter().map(|at| (*at, value.to_bits())).collect()
        };
        let before = of(if n < 3 { &before } else { &[] }, 1.0);
        [before, of(if n > 1 { &after } else { &[] }, 2.0)].concat()
    };
    let is_whole = |head: &Head| {
        for (n, labels) in labels.iter().enumerate() {
            let series = head.series("test", labels).unwrap();
            assert_eq!(all(&head.reader(), series), expected(n), "m{n}");
        }
    };
    is_whole(&head);
    assert_eq!(head.health().counts.conflicts, 0);
    drop((head, journal));
    is_whole(&Store::open(dir.path(), options()).head);
}

#[test]
fn sources_have_their_limits_when_their_series_are_adopted() {
    let limits = || Options {
        max_series_per_source: 2,
        ..options()
    };
    let (head, young) = (Head::in_memory(limits()), Head::in_memory(limits()));
    for (source, name) in [("a", "1"), ("b", "2"), ("a", "3"), ("b", "4")] {
        let series = young.series(source, &named(name)).unwrap();
        young.append(STEP, &[(series, 1.0)]);
    }
    let known = head.series("a", &named("0")).unwrap();
    head.append(0, &[(known, 1.0)]);
    head.adopt(&young, i64::MIN);
    assert_eq!(head.reader().select(&[], 0, i64::MAX).len(), 4);
    let refused = |source| head.series(source, &named("5")).is_err();
    assert!(refused("a") && refused("b") && !refused("c"));
}

#[test]
fn what_came_and_went_meanwhile_takes_no_room_from_what_came_later() {
    let limits = || Options {
        max_series_per_source: 2,
        ..options()
    };
    let (head, young) = (Head::in_memory(limits()), Head::in_memory(limits()));
    // Each is told in three windows of twenty steps, and then no more.
    for (window, names) in [(0, ["1", "2"]), (3, ["3", "4"])] {
        for at in (window..window + 3).map(|window| window * 20 * STEP) {
            // Those before are active for two more windows.
            let series = names
                .iter()
                .filter_map(|name| young.series("a", &named(*name)).ok());
            let row: Vec<_> = series.map(|series| (series, 1.0)).collect();
            young.append(at, &row);
            young.append(at, &[(young.series("b", &named("clock")).unwrap(), 1.0)]);
        }
    }
    head.adopt(&young, i64::MIN);
    let found = head.reader().select(&[], 0, i64::MAX);
    let mut names: Vec<_> = found
        .iter()
        .filter_map(|(_, labels)| labels.get("__name__"))
        .collect();
    names.sort_unstable();
    assert_eq!(names, ["1", "2", "3", "4", "clock"]);
}

#[test]
fn what_goes_in_comes_out_before_and_after_a_restart() {
    let dir = Dir::new("basics");
    let (mut mix, mut row) = (Mix::new(30), Vec::new());
    let mut expected = vec![Vec::new(); 30];
    let labels: Vec<_> = (0..30).map(|n| named(format!("m{n}"))).collect();
    for run in 0..3 {
        let mut store = Store::open(dir.path(), options());
        let refs: Vec<_> = labels.iter().map(|labels| store.series(labels)).collect();
        for tick in run * 70..(run + 1) * 70 {
            mix.tick(&mut row);
            let samples: Vec<_> = refs.iter().copied().zip(row.iter().copied()).collect();
            assert_eq!(store.append(tick * STEP, &samples), 30);
            for (series, v) in expected.iter_mut().zip(&row) {
                series.push((tick * STEP, v.to_bits()));
            }
        }
        for (series, expected) in refs.iter().zip(&expected) {
            assert_eq!(&all(&store.head.reader(), *series), expected);
        }
        assert_eq!(store.recovered.damages, []);
        assert_eq!(store.journal.durable().at_ms, Some((run * 70 + 69) * STEP));
    }
    let store = Store::open(dir.path(), options());
    let counts = store.head.health().counts;
    assert_eq!((counts.blocks, counts.generations), (2 + 2, 1));
    let reader = store.head.reader();
    let found = reader.select(&[Matcher::equal("__name__", "m7")], 0, i64::MAX);
    let [(series, _)] = found[..] else {
        panic!("{found:?}")
    };
    let mut scratch = Scratch::default();
    let stats = reader.stats(series, 30 * STEP, 169 * STEP, &mut scratch);
    let values: Vec<_> = expected[7][30..170]
        .iter()
        .map(|(_, v)| f64::from_bits(*v))
        .collect();
    let min = values.iter().copied().fold(f64::INFINITY, f64::min);
    let max = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let sum: f64 = values.iter().sum();
    assert_eq!((stats.count, stats.min, stats.max), (140, min, max));
    assert!((stats.sum - sum).abs() < 1e-9 * sum.abs());
    assert_eq!(reader.stats(series, 1, 2, &mut scratch), Stats::NONE);
    let mut pieces = reader.stream(series, 15 * STEP, 200 * STEP);
    let (mut streamed, mut n) = (Vec::new(), 0);
    while pieces.next(&mut scratch) {
        streamed.extend(scratch.samples().map(|(t, v)| (t, v.to_bits())));
        n += 1;
    }
    assert_eq!(streamed, expected[7][15..=200]);
    assert!(n > 2, "{n}");
}

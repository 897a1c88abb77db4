//! kill -9 at random points: whatever was told durable is there, once, with its value.

use std::{
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Command, Stdio},
    sync::atomic::{AtomicBool, Ordering::Relaxed},
    thread,
    time::{Duration, Instant},
};

use tsdb::Options;

use crate::{
    mix::step,
    stage::{Dir, STEP, Store, all, named, options},
};

const SERIES: usize = 40;
const CHILD: &str = "TSDB_KILL_DIRECTORY";
const T0: i64 = 1_790_000_000_000;

/// Sparse: every fifth series has every sixth tick only; some begin late.
fn has(series: usize, tick: i64) -> bool {
    let is_sparse = series.is_multiple_of(5);
    let begins_late = series % 10 == 3;
    (!is_sparse || tick % 6 == 0) && (!begins_late || tick >= 100)
}

fn value(series: usize, tick: i64) -> f64 {
    match series % 4 {
        0 => (tick % 100_000 * (series as i64 + 1)) as f64,
        1 => ((tick * 7919 + series as i64) % 10_007) as f64 / 100.0,
        2 => (tick as f64 + series as f64).sin(),
        _ if tick % 97 == 0 => f64::from_bits(0x7ff0_0000_0000_0002),
        _ => -0.0,
    }
}

fn killed_options(sync: bool) -> Options {
    Options { sync, ..options() }
}

/// Not a story: what the other one starts, and kills.
#[test]
#[ignore = "started by the story below"]
fn a_process_to_be_killed() {
    let Ok(dir) = std::env::var(CHILD) else {
        return;
    };
    let (dir, sync) = dir.rsplit_once(' ').unwrap();
    let store = Store::open(Path::new(dir), killed_options(sync == "true"));
    let Store {
        head,
        recovered,
        mut writer,
        mut keeper,
        ..
    } = store;
    let labels: Vec<_> = (0..SERIES).map(|n| named(format!("m{n}"))).collect();
    let ended = AtomicBool::new(false);
    thread::scope(|scope| {
        // On a thread of its own, so that a kill finds both at work.
        scope.spawn(|| {
            while !ended.load(Relaxed) {
                keeper.work(Duration::from_millis(2)).unwrap();
            }
        });
        let next = recovered
            .newest_ms
            .map_or(0, |newest| (newest - T0) / STEP + 1);
        let mut out = std::io::stdout();
        for tick in next.. {
            let present = (0..SERIES).filter(|n| has(*n, tick));
            // Asked for every time: those that begin late would be forgotten before.
            let series = |n: usize| head.series("s", &labels[n]).unwrap();
            let row: Vec<_> = present.map(|n| (series(n), value(n, tick))).collect();
            let appended = head.append(T0 + tick * STEP, &row);
            assert_eq!(appended.taken, row.len());
            let batch = appended.batch;
            // What is written, synced or not, outlives the process.
            if tick % 3 == 0 {
                assert!(writer.write().unwrap().up_to >= batch);
            } else {
                writer.log().unwrap();
            }
            if writeln!(out, "durable {tick}").is_err() {
                break; // nobody listens any more
            }
        }
        ended.store(true, Relaxed);
    });
}

/// Lets it live for a while; the last tick that it told.
fn live_and_die(dir: &Path, life: Duration, sync: bool) -> Option<i64> {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args([
            "kill::a_process_to_be_killed",
            "--exact",
            "--ignored",
            "--nocapture",
        ])
        .env(CHILD, format!("{} {sync}", dir.display()))
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut last = None;
    let mut born: Option<Instant> = None;
    let mut killed = false;
    // What was told before the kill is in the pipe, and counts.
    while let Some(Ok(line)) = lines.next() {
        if let Some((_, tick)) = line.split_once("durable ") {
            last = tick.parse().ok().or(last);
            born.get_or_insert_with(Instant::now);
        }
        if !killed && born.is_some_and(|born| born.elapsed() >= life) {
            child.kill().unwrap();
            killed = true;
        }
    }
    child.wait().unwrap();
    assert!(killed, "it ended by itself");
    last
}

/// Samples that were told durable, all of which are there.
fn check(dir: &Path, durable: i64) -> u64 {
    let store = Store::open(dir, killed_options(false));
    for damage in &store.recovered.damages {
        assert!(!damage.what.loses(), "{damage}");
    }
    let reader = store.head.reader();
    let mut kept = 0;
    for n in 0..SERIES {
        let samples = all(&reader, store.series(&named(format!("m{n}"))));
        let ticks: Vec<_> = samples.iter().map(|(t, _)| (t - T0) / STEP).collect();
        let last = ticks.last().copied().unwrap_or(-1).max(durable);
        let expected: Vec<_> = (0..=last).filter(|tick| has(n, *tick)).collect();
        assert!(
            ticks == expected,
            "m{n}: {} of {} ticks",
            ticks.len(),
            expected.len()
        );
        for (tick, (_, v)) in ticks.iter().zip(&samples) {
            assert_eq!(*v, value(n, *tick).to_bits(), "m{n}, tick {tick}");
        }
        kept += samples.len() as u64;
    }
    assert_eq!(store.head.health().counts.unreadable, 0);
    kept
}

fn kill(name: &str, rounds: u32) {
    let mut state = 88_172_645_463_325_252;
    let (mut durable, mut kept) = (-1, 0);
    let mut dir = Dir::new(name);
    for round in 0..rounds {
        if round % 25 == 0 {
            (dir, durable) = (Dir::new(&format!("{name}-{round}")), -1);
        }
        let life = Duration::from_micros(step(&mut state) % 60_000);
        if let Some(last) = live_and_die(dir.path(), life, round % 2 == 0) {
            durable = last;
        }
        kept = check(dir.path(), durable);
    }
    println!("{rounds} rounds, {durable} ticks and {kept} samples in the last directory");
}

#[test]
fn nothing_that_was_told_durable_is_lost_by_kill_9() {
    kill("kill", 20);
}

#[test]
#[ignore = "two hundred rounds: a minute"]
fn nothing_that_was_told_durable_is_lost_by_two_hundred_kills() {
    kill("kill-long", 200);
}

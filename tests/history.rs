//! What was measured outlives what happens to the process and to its disk.

mod read_beside;

use std::{
    fmt::Write,
    fs,
    path::{Path, PathBuf},
};

use jiff::Timestamp;
use serde_json::Value;
use url::form_urlencoded;

use crate::stage::{
    DEADLINE, Directory, Disk, Process, Samples, Setup, Vitals, command, done, of_csv,
    of_directory, until,
};

const CPU: &str = "vitals_host_cpu_used_ratio{host=\"local\"}";
/// Durable each second, and measured ten times as often.
const BRISK: &str = "collect.interval = \"1s\"\nsystem.interval = \"100ms\"\n";
const MEMORY: &str = "vitals_host_memory_used_ratio{host=\"local\"}";

/// Milliseconds since the epoch up to which all is on disk.
fn durable(vitals: &Vitals) -> Option<i64> {
    let at = vitals
        .page()
        .get("vitals_history_durable_timestamp_seconds")?;
    Some((at * 1e3).round() as i64)
}

/// Waits until all that is in memory now is on disk.
fn all_is_durable(vitals: &Vitals) -> i64 {
    let now = Timestamp::now().as_millisecond();
    until("all on disk", DEADLINE, || {
        durable(vitals).filter(|at| *at > now)
    })
}

/// What it has of some series, up to now.
fn exported(vitals: &Vitals, selector: &str) -> Samples {
    exported_until(vitals, selector, Timestamp::now().as_millisecond())
}

/// The same, up to a time.
fn exported_until(vitals: &Vitals, selector: &str, end: i64) -> Samples {
    let selector: String = form_urlencoded::byte_serialize(selector.as_bytes()).collect();
    let answer = vitals.get(&format!(
        "/vitals/v1/export?match[]={selector}&start=0&end={}",
        end as f64 / 1e3
    ));
    assert_eq!(answer.status, 200, "{}", answer.body);
    of_csv(&answer.body)
}

/// All of these are there.
#[track_caller]
fn has(found: &Samples, expected: &Samples) {
    for (series, samples) in expected {
        let found = found.get(series).unwrap_or_else(|| panic!("no {series}"));
        for (time, value) in samples {
            assert_eq!(found.get(time), Some(value), "{series} at {time}");
        }
    }
}

#[test]
fn nothing_durable_is_lost_by_ten_kills_under_load() {
    let busy = Setup::new().ready();
    let settings = format!(
        "{BRISK}[[scrape]]\nname = \"busy\"\nurl = \"{}\"\ninterval = \"1s\"\n",
        busy.url("/metrics")
    );
    let mut directory = Directory::new();
    let mut before = Samples::new();
    for round in 0..10 {
        let vitals = Setup::in_directory(directory).settings(&settings).ready();
        until("load", DEADLINE, || {
            let scraped = exported(&vitals, "{job=\"busy\"}");
            (scraped.len() > 100).then_some(())
        });
        // What was there at the start is there still.
        let all = exported(&vitals, "{__name__=~\".+\"}");
        has(&all, &before);
        let at = all_is_durable(&vitals);
        directory = vitals.kill();
        let stored = of_directory(&directory.join("data"), i64::MAX);
        has(&stored, &all);
        let newest = stored[MEMORY].keys().next_back().copied();
        // What is scraped at the same moment may be durable a tick earlier.
        assert!(
            newest >= Some(at - 100),
            "round {round}: {newest:?}, {at} was durable"
        );
        let had = before.get(MEMORY).map_or(0, |samples| samples.len());
        assert!(stored[MEMORY].len() > had, "round {round}: nothing new");
        before = stored;
    }
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap();
    let mut files: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

#[test]
fn a_torn_tail_is_cut_and_told() {
    let vitals = Setup::new().settings(BRISK).ready();
    all_is_durable(&vitals);
    let before = exported(&vitals, MEMORY);
    all_is_durable(&vitals);
    let directory = vitals.kill();
    let log = files(&directory.join("data/history/wal")).pop().unwrap();
    let bytes = fs::read(&log).unwrap();
    fs::write(&log, &bytes[..bytes.len() - 3]).unwrap();
    let vitals = Setup::in_directory(directory).settings("").ready();
    let told = vitals.process.says("torn tail");
    assert!(
        told.contains("WARN") && told.contains(log.file_name().unwrap().to_str().unwrap()),
        "{told}"
    );
    has(&exported(&vitals, MEMORY), &before);
    // Whoever is killed while it writes leaves one: no damage, of which alerts would tell.
    assert_eq!(
        vitals.page().value("vitals_history_damaged_parts_total"),
        0.0
    );
    all_is_durable(&vitals);
    // Said once: what is torn is cut.
    let vitals = Setup::in_directory(vitals.kill()).ready();
    has(&exported(&vitals, MEMORY), &before);
    let log = vitals.process.log();
    assert!(
        !log.iter().any(|line| line.contains("torn tail")),
        "{log:?}"
    );
}

#[test]
fn what_a_newer_program_wrote_is_refused_and_not_touched() {
    let vitals = Setup::new().ready();
    all_is_durable(&vitals);
    let directory = vitals.kill();
    let log = files(&directory.join("data/history/wal")).pop().unwrap();
    let mut bytes = fs::read(&log).unwrap();
    // Its version, and the checksum of what stands before.
    bytes[4] = 9;
    let checksum = crc32fast::hash(&bytes[..8]);
    bytes[8..12].copy_from_slice(&checksum.to_le_bytes());
    fs::write(&log, &bytes).unwrap();
    let mut second = Process::start(
        command()
            .current_dir(directory.path())
            .args(["--listen", "127.0.0.1:0"]),
    );
    let told = second.says("has format 9");
    assert!(
        told.contains("this program knows") && told.contains("start a newer one"),
        "{told}"
    );
    assert_eq!(second.ends_within(DEADLINE).code(), Some(1));
    assert_eq!(fs::read(&log).unwrap(), bytes);
}

/// In a directory of a disk of its own; the settings beside it.
fn on(disk: &Disk, settings: &str) -> Setup {
    let data = disk.path().join("data");
    Setup::new()
        .settings(settings)
        .flag("--data")
        .flag(data.to_str().unwrap())
}

/// Vitals does all but write.
#[track_caller]
fn goes_on(vitals: &Vitals) {
    assert_eq!(vitals.get("/health").status, 200);
    let newest = |vitals: &Vitals| exported(vitals, MEMORY)[MEMORY].keys().next_back().copied();
    let before = newest(vitals);
    until("newer samples", DEADLINE, || {
        (newest(vitals) > before).then_some(())
    });
    let page = vitals.page();
    assert!(page.value("vitals_history_waiting_bytes") > 0.0);
}

#[test]
fn a_read_only_directory_is_read_and_written_again_when_it_can_be() {
    let Some(disk) = Disk::small(4_096) else {
        return;
    };
    let vitals = on(&disk, BRISK).ready();
    all_is_durable(&vitals);
    let before = exported(&vitals, MEMORY);
    all_is_durable(&vitals);
    drop(vitals.kill());
    disk.make_read_only();
    let vitals = on(&disk, BRISK).ready();
    vitals
        .process
        .says("cannot be written; going on with what is in it");
    vitals.process.says("samples wait in memory");
    has(&exported(&vitals, MEMORY), &before);
    goes_on(&vitals);
    disk.make_writable();
    vitals.process.says("written again, nothing lost");
    all_is_durable(&vitals);
    let all = exported(&vitals, MEMORY);
    all_is_durable(&vitals);
    drop(vitals.kill());
    has(&of_directory(&disk.path().join("data"), i64::MAX), &all);
}

#[test]
fn a_full_disk_stops_nothing_and_is_made_up_for() {
    let Some(disk) = Disk::small(1_024) else {
        return;
    };
    let filler = disk.path().join("filler");
    let vitals = on(&disk, BRISK).ready();
    all_is_durable(&vitals);
    // As much as there is room for.
    let mut zeros = 1_024 << 10;
    while zeros > 0 {
        let before = fs::metadata(&filler).map_or(0, |file| file.len());
        let file = fs::File::options()
            .create(true)
            .append(true)
            .open(&filler)
            .unwrap();
        let written = std::io::Write::write_all(&mut &file, &vec![0; zeros]);
        if written.is_err() && fs::metadata(&filler).unwrap().len() == before {
            zeros /= 2;
        }
    }
    let told = vitals.process.says("samples wait in memory");
    assert!(
        told.contains("ERROR") && told.contains("No space left"),
        "{told}"
    );
    goes_on(&vitals);
    fs::remove_file(&filler).unwrap();
    vitals.process.says("written again, nothing lost");
    all_is_durable(&vitals);
    let all = exported(&vitals, MEMORY);
    let dropped = "vitals_history_dropped_samples_total{reason=\"not_stored\"}";
    assert_eq!(vitals.page().value(dropped), 0.0);
    all_is_durable(&vitals);
    drop(vitals.kill());
    has(&of_directory(&disk.path().join("data"), i64::MAX), &all);
}

/// Its disk is frozen in the kernel: see `stage/disk.rs`.
#[test]
#[ignore = "mounts and freezes a file system"]
fn a_disk_that_hangs_hangs_nobody_else_and_is_made_up_for() {
    let Some(disk) = Disk::freezable() else {
        return;
    };
    let vitals = on(
        &disk,
        "system.interval = \"100ms\"\nhealth.interval = \"1s\"",
    )
    .ready();
    all_is_durable(&vitals);
    let frozen = disk.freeze();
    vitals.process.says("the disk has not answered for");
    goes_on(&vitals);
    // Nobody was started anew for it.
    let tree = vitals.tree();
    assert!(
        tree.0
            .iter()
            .all(|node| (node.generation, &*node.state) == (1, "running")),
        "{tree:?}"
    );
    drop(frozen);
    vitals.process.says("the disk answers again");
    all_is_durable(&vitals);
    let all = exported(&vitals, MEMORY);
    let times: Vec<_> = all[MEMORY].keys().copied().collect();
    let gap = times
        .windows(2)
        .map(|pair| pair[1] - pair[0])
        .max()
        .unwrap();
    assert!(gap < 5_000, "a gap of {gap} ms");
    all_is_durable(&vitals);
    drop(vitals.kill());
    has(&of_directory(&disk.path().join("data"), i64::MAX), &all);
}

#[test]
fn uptimes_survive_a_restart() {
    let dependency = Setup::new().ready();
    let settings = format!(
        "collect.interval = \"1s\"\nsummary.interval = \"1s\"\n[[scrape]]\nname = \"other\"\nurl = \"{}\"\n",
        dependency.url("/metrics")
    );
    let mut vitals = Setup::new().settings(&settings).ready();
    let of = |vitals: &Vitals| {
        let summary = vitals.get("/summary").json();
        let uptime = summary["uptime"]
            .as_array()?
            .iter()
            .find(|row| row["target"] == "scrape/other")?
            .clone();
        let (ratio, coverage) = (
            uptime["ratio"]["24h"].as_f64()?,
            uptime["coverage"]["24h"].as_f64()?,
        );
        Some((ratio, coverage))
    };
    // Some seconds of uptime, of a day.
    let (ratio, coverage) = until("uptime", DEADLINE, || {
        of(&vitals).filter(|(_, coverage)| *coverage > 2.5 / 86_400.0)
    });
    assert_eq!(ratio, 1.0);
    assert_eq!(vitals.stop().code(), Some(0));
    // Down now: without its past it would have been up for no time at all.
    drop(dependency);
    let vitals = Setup::in_directory(vitals.directory)
        .settings(&settings)
        .ready();
    let (ratio, after) = until("downtime", DEADLINE, || {
        of(&vitals).filter(|(ratio, _)| *ratio < 1.0)
    });
    assert!(
        ratio > 0.0 && after > coverage,
        "{ratio}, {coverage} and {after}"
    );
}

#[test]
fn what_was_imported_is_what_trends_are_against() {
    let now = Timestamp::now().as_second();
    let mut text = String::new();
    // The hours around this one, yesterday and a week ago.
    for (days, value) in [(1, 0.25), (7, 0.75)] {
        for minute in -90..90 {
            let at = now - days * 86_400 + minute * 60;
            writeln!(text, "{CPU} {value} {at}.000").unwrap();
        }
    }
    let directory = Directory::new();
    directory.write("past.om", &format!("{text}# EOF\n"));
    done(directory.path(), &["import", "past.om"]);
    let vitals = Setup::in_directory(directory)
        .settings("summary.interval = \"1s\"")
        .ready();
    let trend = until("a trend", DEADLINE, || {
        let summary = vitals.get("/summary").json();
        let targets = summary["targets"].as_array()?;
        let cpu = targets.iter().find(|target| target["id"] == "cpu")?;
        Some(cpu["trend"].clone()).filter(|trend| trend["change_vs_yesterday"].is_number())
    });
    let figure = |name: &str| trend[name].as_f64().unwrap();
    let mean = figure("mean_1h");
    assert!(
        (figure("change_vs_yesterday") - (mean - 0.25)).abs() < 1e-9,
        "{trend}"
    );
    assert!(
        (figure("change_vs_last_week") - (mean - 0.75)).abs() < 1e-9,
        "{trend}"
    );
    assert_eq!(trend["change_vs_previous_hour"], Value::Null);
}

/// A clock of its own, which jumps when it is told to; `None`, and a word, where there is none.
fn jumping() -> Option<(Setup, PathBuf)> {
    let entries = fs::read_dir("/usr/lib").unwrap().flatten();
    let libraries = entries.map(|entry| entry.path().join("faketime/libfaketime.so.1"));
    let Some(library) = libraries.into_iter().find(|library| library.exists()) else {
        println!("skipped: no libfaketime");
        return None;
    };
    let directory = Directory::new();
    let clock = directory.write("clock", "+0");
    let setup = Setup::in_directory(directory)
        .variable("LD_PRELOAD", library.to_str().unwrap())
        .variable("FAKETIME_TIMESTAMP_FILE", clock.to_str().unwrap())
        .variable("FAKETIME_NO_CACHE", "1")
        .variable("FAKETIME_DONT_FAKE_MONOTONIC", "1");
    Some((setup, clock))
}

#[test]
fn a_clock_that_jumps_by_an_hour_back_and_forth_loses_nothing() {
    const HOUR: i64 = 3_600_000;
    let Some((setup, clock)) = jumping() else {
        return;
    };
    let vitals = setup.settings(BRISK).ready();
    let now = Timestamp::now().as_millisecond();
    // Samples of some seconds around a moment, in hours from now.
    let around = |hours: i64| {
        let at = now + hours * HOUR;
        let samples = exported_until(&vitals, MEMORY, now + 2 * HOUR);
        let found = samples.get(MEMORY).cloned().unwrap_or_default();
        found.range(at - HOUR / 4..at + HOUR / 4).count()
    };
    let mut counts = [0; 3];
    for hours in [0, -1, 0, 1, 0, -1, 1] {
        fs::write(&clock, format!("{hours:+}h")).unwrap();
        let count = &mut counts[(hours + 1) as usize];
        let more = until("samples of this time", DEADLINE, || {
            Some(around(hours)).filter(|more| *more > *count + 5)
        });
        *count = more;
        assert_eq!(vitals.get("/health").status, 200);
    }
    for (hours, count) in (-1..=1).zip(counts) {
        assert!(around(hours) >= count, "{hours}: {count}");
    }
    let all = exported_until(&vitals, MEMORY, now + 2 * HOUR);
    let before = durable(&vitals);
    until("all on disk", DEADLINE, || {
        (durable(&vitals) > before).then_some(())
    });
    vitals.nothing_panicked_unguarded();
    let stored = of_directory(&vitals.kill().join("data"), i64::MAX);
    has(&stored, &all);
}

#[test]
fn a_directory_that_history_cannot_be_in_leaves_it_in_memory() {
    let directory = Directory::new();
    fs::create_dir(directory.join("data")).unwrap();
    directory.write("data/history", "a file");
    let vitals = Setup::in_directory(directory).ready();
    let told = vitals.process.says("it is kept in memory only");
    assert!(told.contains("ERROR"), "{told}");
    until("samples", DEADLINE, || {
        (exported(&vitals, MEMORY).get(MEMORY)?.len() > 1).then_some(())
    });
}

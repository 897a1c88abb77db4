//! Samples of the past come in from files of others, whatever their order, size and mistakes.

use std::{
    fs::File,
    io::{BufWriter, Write},
};

use flate2::{Compression, write::GzEncoder};
use serde_json::Value;

use crate::{
    export::{imported, yesterday},
    stage::{DEADLINE, Directory, Setup, count, done, of_csv, of_directory, run, until},
};

const ALL: &str = "{__name__=~\".+\"}";

#[test]
fn what_is_wrong_is_named_and_the_rest_is_taken_in_any_order() {
    let (text, expected, begin) = yesterday(4, 200);
    let mut lines: Vec<_> = text.lines().map(str::to_owned).collect();
    lines.pop();
    lines.reverse();
    lines.insert(10, "not a sample".to_owned());
    lines.insert(20, "test_0{job=\"j0\"} 1".to_owned());
    lines.insert(30, lines[29].clone());
    let directory = Directory::new();
    directory.write("in.om", &format!("{}\n# EOF\n", lines.join("\n")));
    let ran = done(directory.path(), &["import", "in.om"]);
    let first = format!("imported {} samples of 4 series, from ", count(&expected));
    assert!(ran.out.starts_with(&first), "{ran:?}");
    for part in [
        "1 samples were there twice",
        "2 of 804 lines were dropped:\n  line 11: not a line of the text format\n  line 21: no timestamp\n",
    ] {
        assert!(ran.out.contains(part), "{}", ran.out);
    }
    assert!(!ran.out.contains("warning"), "{}", ran.out);
    assert!(of_directory(&directory.join("data"), i64::MAX) == expected);

    // Once more, with other values: what is there stays. For machines, and packed.
    let other = text.replace(" -0.0 ", " 7 ");
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    packed
        .write_all(other.replace("# EOF\n", "").as_bytes())
        .unwrap();
    std::fs::write(directory.join("in.om.gz"), packed.finish().unwrap()).unwrap();
    let ran = done(
        directory.path(),
        &["import", "in.om.gz", "--output", "json"],
    );
    let answer: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(
        (&answer["samples"], &answer["dropped_lines"]),
        (&800.into(), &0.into())
    );
    assert!(
        answer["warnings"][0]
            .as_str()
            .unwrap()
            .contains("may be cut off")
    );
    assert!(of_directory(&directory.join("data"), i64::MAX) == expected);
    let start = (begin - 1).to_string();
    let again = done(
        directory.path(),
        &[
            "export", "--data", "data", "--match", ALL, "--start", &start,
        ],
    );
    assert!(of_csv(&again.out) == expected);

    // What is older than is kept, is said to be.
    directory.write("old.om", "test 1 1000000000.000\n# EOF\n");
    let old = done(directory.path(), &["import", "old.om"]);
    assert!(
        old.out.contains("older than [history] retention = \"30d\""),
        "{}",
        old.out
    );
}

#[test]
fn nothing_to_import_is_a_failure_and_so_is_a_directory_that_is_held() {
    let directory = Directory::new();
    directory.write("empty", "");
    directory.write("bad", "x\ny\n# EOF\n");
    let ran = |file| {
        let ran = run(directory.path(), &["import", file]);
        (ran.code, ran.out, ran.err)
    };
    assert_eq!(ran("empty").0, Some(1));
    let (code, out, _) = ran("bad");
    assert_eq!(code, Some(1));
    assert!(
        out.starts_with("nothing was imported\n2 of 3 lines were dropped:\n"),
        "{out}"
    );
    let (code, _, err) = ran("nowhere");
    assert!(
        code == Some(1) && err.starts_with("vitals: nowhere: "),
        "{err}"
    );
    std::fs::write(directory.join("cut.gz"), [0x1f, 0x8b, 8, 0]).unwrap();
    let (code, _, err) = ran("cut.gz");
    assert!(code == Some(1) && err.contains("cut.gz: line 1: "), "{err}");
    assert_eq!(run(directory.path(), &["import"]).code, Some(2));

    let vitals = Setup::in_directory(directory).ready();
    let held = run(vitals.directory.path(), &["import", "bad"]);
    let holder = format!("is held by process {}", vitals.process.id());
    assert!(
        held.code == Some(1) && held.err.contains(&holder),
        "{held:?}"
    );
}

#[test]
fn history_tells_what_is_there_and_whether_it_is_whole() {
    let (text, expected, _) = yesterday(4, 200);
    let directory = imported(&text);
    let place = directory.path();
    let text = done(place, &["history"]).out;
    assert!(text.starts_with("data: 4 series, from "), "{text}");
    let row = text
        .lines()
        .find(|line| line.starts_with("test_0 "))
        .unwrap();
    let row: Vec<_> = row.split_whitespace().collect();
    assert_eq!(row[..3], ["test_0", "2", "400"]);
    let json: Value =
        serde_json::from_str(&done(place, &["history", "--output", "json"]).out).unwrap();
    assert_eq!(
        (&json["series"], &json["log_samples"]),
        (&4.into(), &0.into())
    );
    let blocks = json["blocks"].as_array().unwrap();
    let samples = blocks
        .iter()
        .map(|block| block["samples"].as_u64().unwrap())
        .sum::<u64>();
    assert_eq!(samples, count(&expected) as u64);
    let metrics = json["metrics"].as_array().unwrap();
    assert_eq!(metrics.len(), 3);
    assert!(
        metrics
            .iter()
            .all(|metric| metric["bytes_per_sample"].as_f64().unwrap() > 0.0)
    );
    assert!(
        done(place, &["history", "--verify"])
            .out
            .contains("all is whole")
    );

    // One bit.
    let block = place
        .join("data/history/blocks")
        .join(blocks[0]["file"].as_str().unwrap());
    let mut bytes = std::fs::read(&block).unwrap();
    bytes[40] ^= 8;
    std::fs::write(&block, bytes).unwrap();
    let found = run(place, &["history", "--verify"]);
    assert_eq!(found.code, Some(1));
    assert!(found.out.contains("series are damaged in it"), "{found:?}");
    let json = run(place, &["history", "--verify", "--output", "json"]);
    let json: Value = serde_json::from_str(&json.out).unwrap();
    assert_eq!(
        (&json["whole"], &json["damages"][0]["loses"]),
        (&false.into(), &true.into())
    );
    let repaired = done(place, &["history", "--repair"]).out;
    assert!(
        repaired.contains("1 blocks were written anew"),
        "{repaired}"
    );
    assert!(
        done(place, &["history", "--verify"])
            .out
            .contains("all is whole")
    );

    // Beside a service its files can be checked, and nothing else.
    let vitals = Setup::in_directory(directory).ready();
    let place = vitals.directory.path();
    until("a check while samples are written", DEADLINE, || {
        let checked = run(place, &["history", "--verify", "--output", "json"]);
        let json: Value = serde_json::from_str(&checked.out).ok()?;
        json["whole"].as_bool().filter(|whole| *whole)
    });
    for args in [&["history"][..], &["history", "--repair"]] {
        let held = run(place, args);
        assert!(
            held.code == Some(1) && held.err.contains("is held by process"),
            "{held:?}"
        );
        assert!(held.err.contains("/api/v1/status/tsdb"), "{held:?}");
    }
}

/// Samples of series in turn, as a dump by time has them.
fn dump(path: &std::path::Path, samples: u64, series: u64) {
    let begin = jiff::Timestamp::now().as_second() as u64 - samples / series * 10 - 3_600;
    let mut out = BufWriter::new(File::create(path).unwrap());
    for n in 0..samples {
        let (of, at) = (n % series, n / series);
        writeln!(
            out,
            "dump{{of=\"{of}\"}} {} {}.000",
            at * of % 1_000,
            begin + at * 10
        )
        .unwrap();
    }
    out.write_all(b"# EOF\n").unwrap();
}

#[test]
fn a_million_samples_take_no_more_memory_than_they_may() {
    const SAMPLES: u64 = 1_000_000;
    let directory = Directory::new();
    dump(&directory.join("in.om"), SAMPLES, 100);
    let ran = done(directory.path(), &["import", "in.om", "--output", "json"]);
    let answer: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(
        (&answer["samples"], &answer["series"]),
        (&SAMPLES.into(), &100.into())
    );
    // What sorts them has 64 MiB, and they are 28 MB.
    assert!(ran.peak < 200 << 20, "{} bytes", ran.peak);
    let last: Value =
        serde_json::from_str(&done(directory.path(), &["history", "--output", "json"]).out)
            .unwrap();
    assert_eq!(last["metrics"][0]["samples"], SAMPLES);
}

#[test]
#[ignore = "takes minutes and gigabytes: measures, with VITALS_PROFILE=release"]
fn a_hundred_million_samples_in_constant_memory() {
    const SAMPLES: u64 = 100_000_000;
    let directory = Directory::new();
    dump(&directory.join("in.om"), SAMPLES, 1_000);
    let began = std::time::Instant::now();
    let ran = done(directory.path(), &["import", "in.om", "--output", "json"]);
    let answer: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(answer["samples"], SAMPLES);
    println!(
        "imported {SAMPLES} samples in {:.0?}, {} MB resident at most, {} bytes of blocks",
        began.elapsed(),
        ran.peak / 1_000_000,
        answer["bytes"]
    );
    assert!(ran.peak < 300 << 20, "{} bytes", ran.peak);
}

/// 7 days of 100 series, every 10 s.
#[test]
#[ignore = "measures, with VITALS_PROFILE=release"]
fn a_week_of_a_hundred_series_is_exported_fast_and_in_constant_memory() {
    const SAMPLES: u64 = 7 * 8_640 * 100;
    let directory = Directory::new();
    dump(&directory.join("in.om"), SAMPLES, 100);
    done(directory.path(), &["import", "in.om"]);
    for (name, more) in [
        ("CSV", &[][..]),
        ("CSV, wide", &["--shape", "wide"]),
        ("JSON lines", &["--format", "json"]),
        ("OpenMetrics", &["--format", "openmetrics"]),
    ] {
        let all = [
            "export", "--data", "data", "--match", ALL, "--last", "10d", "--output",
        ];
        let began = std::time::Instant::now();
        let ran = run(directory.path(), &[&all[..], &["out"], more].concat());
        let took = began.elapsed();
        assert_eq!(ran.code, Some(0), "{ran:?}");
        let bytes = std::fs::metadata(directory.join("out")).unwrap().len();
        println!(
            "{name}: {SAMPLES} samples, {bytes} bytes in {took:.2?}: {:.2} M samples/s, {} MB resident at most",
            SAMPLES as f64 / took.as_secs_f64() / 1e6,
            ran.peak / 1_000_000
        );
        assert!(ran.peak < 100 << 20, "{} bytes", ran.peak);
    }
}

//! What is exported is what was stored, in every form, whoever reads it.

use std::{
    fmt::Write as _,
    fs,
    io::{Read, Write},
    net::TcpStream,
    process::Command,
    time::Duration,
};

use jiff::Timestamp;
use url::form_urlencoded;

use crate::stage::{
    Answer, Connection, DEADLINE, Directory, Prometheus, Samples, Setup, Vitals, bits, count, done,
    finish, get, of_csv, of_directory, of_json_lines, of_open_metrics, records, run, until,
};

const ALL: &str = "{__name__=~\".+\"}";

fn path(pairs: &[(&str, &str)]) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(pairs);
    format!("/vitals/v1/export?{}", query.finish())
}

#[track_caller]
fn export(vitals: &Vitals, pairs: &[(&str, &str)]) -> Answer {
    vitals.get(&path(pairs))
}

/// Everything up to a moment, as CSV.
#[track_caller]
fn all_until(vitals: &Vitals, end: i64) -> String {
    let end = format!("{}.{:03}", end / 1_000, end % 1_000);
    let answer = export(vitals, &[("match[]", ALL), ("start", "0"), ("end", &end)]);
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.body
}

/// Milliseconds since the epoch up to which all is on disk.
fn durable(vitals: &Vitals) -> i64 {
    until("something on disk", DEADLINE, || {
        let at = vitals
            .page()
            .get("vitals_history_durable_timestamp_seconds")?;
        Some((at * 1e3) as i64)
    })
}

/// Some series of an hour of yesterday, with values of every kind: their text, and what they are.
pub(crate) fn yesterday(series: usize, samples: i64) -> (String, Samples, i64) {
    let begin = Timestamp::now().as_second() / 3_600 * 3_600 - 25 * 3_600;
    let (mut text, mut expected) = (String::new(), Samples::new());
    for n in 0..series {
        let name = format!("test_{}{{job=\"j{}\",n=\"{n}\"}}", n % 3, n % 2);
        for at in 0..samples {
            let time = begin * 1_000 + at * 1_000 * 3_600 / samples;
            let value = match (n, at % 50) {
                (1, 7) => f64::NAN,
                (1, 8) => f64::INFINITY,
                (1, 9) => f64::NEG_INFINITY,
                (2, at) => 1e300 / (at + 1) as f64,
                (3, _) => -0.0,
                (4, at) => (at * 1_000_003) as f64,
                (n, at) => (at as f64 / 7.0).sin() * n as f64,
            };
            expected
                .entry(name.clone())
                .or_default()
                .insert(time, bits(value));
            let value = match value {
                f64::INFINITY => "+Inf".to_owned(),
                value => format!("{value:?}").replace("inf", "Inf"),
            };
            writeln!(text, "{name} {value} {}.{:03}", time / 1_000, time % 1_000).unwrap();
        }
    }
    text.push_str("# EOF\n");
    (text, expected, begin)
}

/// A directory whose data are of yesterday.
pub(crate) fn imported(text: &str) -> Directory {
    let directory = Directory::new();
    directory.write("in.om", text);
    done(directory.path(), &["import", "in.om", "--data", "data"]);
    directory
}

#[test]
fn what_a_service_exports_is_what_it_stores_and_a_kill_changes_nothing() {
    let settings = "collect.interval = \"1s\"\nsystem.interval = \"100ms\"";
    let vitals = Setup::new().settings(settings).ready();
    let first = durable(&vitals);
    let end = until("some seconds on disk", DEADLINE, || {
        Some(durable(&vitals)).filter(|at| *at > first + 2_000)
    });
    // Whatever is still on its way for a moment before.
    until("another second", DEADLINE, || {
        Some(()).filter(|()| durable(&vitals) > end + 1_000)
    });
    let before = of_csv(&all_until(&vitals, end));
    assert!(count(&before) > 500, "{}", count(&before));
    let ticks = before["vitals_host_memory_used_ratio{host=\"local\"}"].len();
    assert!(ticks >= 10, "{ticks}");

    let directory = vitals.kill();
    let stored = of_directory(&directory.join("data"), end);
    for (series, samples) in &before {
        let stored = &stored[series];
        assert!(
            samples
                .iter()
                .all(|(time, bits)| stored.get(time) == Some(bits)),
            "{series}"
        );
    }
    // The next process gives the same, and so do the other forms, and the command.
    let vitals = Setup::in_directory(directory).ready();
    let after = all_until(&vitals, end);
    assert!(of_csv(&after) == stored);
    let seconds = (end as f64 / 1e3).to_string();
    let of = |format| {
        let pairs = [
            ("match[]", ALL),
            ("start", "0"),
            ("end", &*seconds),
            ("format", format),
        ];
        export(&vitals, &pairs).body
    };
    let json = of("json");
    let open_metrics = of("openmetrics");
    assert!(of_json_lines(&json) == without_nan(&stored));
    assert!(of_open_metrics(&open_metrics) == stored);
    let listen = vitals.address.to_string();
    let command = [
        "export", "--listen", &listen, "--match", ALL, "--start", "0", "--end", &seconds,
    ];
    assert!(done(vitals.directory.path(), &command).out == after);
    // And a second Vitals that takes either in.
    for (file, text) in [("a.jsonl", &json), ("a.om", &open_metrics)] {
        let second = Directory::new();
        second.write(file, text);
        done(second.path(), &["import", file]);
        let command = ["export", "--data", "data", "--match", ALL, "--start", "0"];
        let out = done(second.path(), &command).out;
        let expected = if file == "a.om" {
            stored.clone()
        } else {
            without_nan(&stored)
        };
        assert!(of_csv(&out) == expected, "{file}");
    }
    vitals.nothing_panicked_unguarded();
}

/// In JSON there is none.
fn without_nan(samples: &Samples) -> Samples {
    let mut samples = samples.clone();
    samples
        .values_mut()
        .for_each(|of| of.retain(|_, value| *value != f64::NAN.to_bits()));
    samples.retain(|_, of| !of.is_empty());
    samples
}

#[test]
fn prometheus_and_a_second_vitals_give_back_the_same_numbers() {
    let (text, expected, begin) = yesterday(20, 500);
    let first = imported(&text);
    let vitals = Setup::in_directory(first).ready();
    let end = (begin + 3_600).to_string();
    let pairs = [
        ("match[]", ALL),
        ("start", "0"),
        ("end", &*end),
        ("format", "openmetrics"),
    ];
    let exported = export(&vitals, &pairs).body;
    assert!(of_open_metrics(&exported) == expected);

    let place = Directory::new();
    place.write("out.om", &exported);
    let blocks = place.join("prometheus");
    let ran = finish(
        Command::new("promtool")
            .args(["tsdb", "create-blocks-from", "openmetrics", "out.om"])
            .arg(&blocks)
            .current_dir(place.path()),
        DEADLINE * 4,
    );
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let prometheus = Prometheus::over(&blocks);
    let query = form_urlencoded::byte_serialize(b"{__name__=~\"test_.+\"}[2h]");
    let query: String = query.collect();
    let answer = prometheus.api(&format!("/api/v1/query?time={end}&query={query}"));
    let mut found = Samples::new();
    for series in answer["result"].as_array().unwrap() {
        let label = |name: &str| series["metric"][name].as_str().unwrap().to_owned();
        let name = format!(
            "{}{{job=\"{}\",n=\"{}\"}}",
            label("__name__"),
            label("job"),
            label("n")
        );
        let of = found.entry(name).or_default();
        for sample in series["values"].as_array().unwrap() {
            let value: f64 = sample[1].as_str().unwrap().parse().unwrap();
            of.insert(
                (sample[0].as_f64().unwrap() * 1e3).round() as i64,
                bits(value),
            );
        }
    }
    assert!(found == expected);
}

#[test]
fn a_wide_table_is_for_spreadsheets_and_steps_make_it_short() {
    let (text, expected, begin) = yesterday(6, 360);
    let vitals = Setup::in_directory(imported(&text)).ready();
    let (start, end) = (begin.to_string(), (begin + 3_600).to_string());
    let pairs = [
        ("match[]", "{job=~\"j.\"}"),
        ("start", &start),
        ("end", &end),
        ("shape", "wide"),
    ];
    let whole = records(&export(&vitals, &pairs).body);
    assert_eq!((whole.len(), whole[0].len()), (361, 7));
    assert_eq!(whole[0][1], "test_0{job=\"j0\", n=\"0\"}");
    let column = whole[0]
        .iter()
        .position(|name| name.contains("n=\"4\""))
        .unwrap();
    let of: Vec<_> = expected["test_1{job=\"j0\",n=\"4\"}"]
        .values()
        .copied()
        .collect();
    let told = whole[1..]
        .iter()
        .map(|row| row[column].parse::<f64>().unwrap().to_bits());
    assert!(told.eq(of.iter().copied()));

    // Every minute: the last of six. At the first moment only what is of that moment.
    let pairs = [&pairs[..], &[("step", "1m")]].concat();
    let minutes = records(&export(&vitals, &pairs).body);
    assert_eq!(minutes.len(), 62);
    let told: Vec<_> = minutes[1..]
        .iter()
        .map(|row| row[column].parse::<f64>().unwrap().to_bits())
        .collect();
    let sixth: Vec<_> = of.iter().copied().step_by(6).collect();
    assert_eq!((&told[..60], told[60]), (&sixth[..], of[359]));
}

#[test]
fn what_is_asked_wrongly_is_told_what_is_wrong() {
    let vitals = Setup::new().ready();
    for (pairs, code, part) in [
        (
            &[("match[]", "{a=")][..],
            "bad_match",
            "match[]={a=: 1:4: parse error",
        ),
        (
            &[("start", "yesterday")],
            "bad_parameter",
            "start=yesterday: is neither",
        ),
        (
            &[("end", "1"), ("start", "2")],
            "bad_parameter",
            "end is before start",
        ),
        (
            &[("step", "0")],
            "bad_parameter",
            "step=0: has to be from 1ms",
        ),
        (
            &[("format", "xls")],
            "bad_parameter",
            "is none of csv, json, openmetrics",
        ),
        (
            &[("format", "json"), ("shape", "wide")],
            "bad_shape",
            "takes format=csv",
        ),
    ] {
        let answer = export(&vitals, pairs);
        assert_eq!(
            (answer.status, &*answer.error_code()),
            (400, code),
            "{pairs:?}"
        );
        assert!(
            answer.json()["error"]["message"]
                .as_str()
                .unwrap()
                .contains(part),
            "{answer:?}"
        );
    }
    let many = export(&vitals, &[("match[]", "up"); 65]);
    assert_eq!(
        (many.status, &*many.error_code()),
        (400, "too_many_matches")
    );

    // Without anything: the targets in the last hour.
    let plain = until("something stored", DEADLINE, || {
        Some(export(&vitals, &[]))
            .filter(|answer| answer.body.contains("vitals_host_memory_used_ratio"))
    });
    assert_eq!(
        plain.header("content-type"),
        Some("text/csv; charset=utf-8; header=present")
    );
    assert_eq!(
        plain.header("content-disposition"),
        Some("attachment; filename=\"vitals.csv\"")
    );
    let names: Vec<_> = records(&plain.body)
        .into_iter()
        .skip(1)
        .map(|row| row[1].clone())
        .collect();
    assert!(
        names.iter().all(|name| name.starts_with("vitals_")),
        "{names:?}"
    );
    let end = "1";
    let packed = get(
        &vitals.url(&path(&[("end", end)])),
        &[("accept-encoding", "gzip")],
    );
    assert_eq!(packed.body, "timestamp,name,value\r\n");
    let mut connection = Connection::open(vitals.address).unwrap();
    let ask = format!(
        "HEAD {} HTTP/1.1\r\nHost: localhost\r\nAccept-Encoding: gzip\r\n\r\n",
        path(&[])
    );
    connection.send(ask.as_bytes()).unwrap();
    let head = connection.receive_for("HEAD").unwrap().head;
    assert!(
        head.contains("content-encoding: gzip\r\n") && head.contains("x-vitals-samples: "),
        "{head}"
    );
    assert_eq!(connection.get("/livez").unwrap().status, 200);
}

#[test]
fn two_at_once_and_whoever_leaves_makes_room() {
    let padding = "x".repeat(3_000);
    let mut text = String::new();
    let now = Timestamp::now().as_second();
    for at in 0..10_000 {
        writeln!(
            text,
            "test{{padding=\"{padding}\"}} {at} {}.000",
            now - 10_000 + at
        )
        .unwrap();
    }
    let vitals = Setup::in_directory(imported(&text.replace("# EOF\n", ""))).ready();
    let path = path(&[("match[]", "test"), ("start", "0")]);
    let stuck = || {
        let mut stream = TcpStream::connect(vitals.address).unwrap();
        stream
            .set_read_timeout(Some(Duration::from_secs(20)))
            .unwrap();
        stream
            .write_all(format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n").as_bytes())
            .unwrap();
        let mut first = [0; 12];
        stream.read_exact(&mut first).unwrap();
        assert_eq!(&first, b"HTTP/1.1 200");
        stream
    };
    let (one, _two) = (stuck(), stuck());
    let refused = vitals.get(&path);
    assert_eq!(
        (refused.status, &*refused.error_code()),
        (503, "overloaded")
    );
    assert_eq!(vitals.get("/metrics").status, 200);
    drop(one);
    let answer = until("the room of one that has left", DEADLINE, || {
        Some(vitals.get(&path)).filter(|answer| answer.status == 200)
    });
    assert_eq!(answer.body.lines().count(), 10_001);
}

#[test]
fn the_command_says_what_is_wrong_and_by_its_exit_code_whose_fault_it_is() {
    let (text, expected, _) = yesterday(3, 100);
    let directory = imported(&text);
    let place = directory.path();
    let ran = |args: &[&str]| {
        let ran = run(place, args);
        (ran.code, ran.err)
    };
    let (code, err) = ran(&["export", "--data", "data", "--match", "{"]);
    assert_eq!(code, Some(2), "{err}");
    assert!(err.starts_with("vitals: match[]={: "), "{err}");
    assert_eq!(ran(&["export", "--last", "1h", "--start", "0"]).0, Some(2));
    let (code, err) = ran(&["export", "--data", "nowhere"]);
    assert_eq!(code, Some(1));
    assert!(
        err.starts_with("vitals: nowhere has no history in it"),
        "{err}"
    );
    let (code, err) = ran(&["export", "--listen", "127.0.0.1:1"]);
    assert_eq!(code, Some(1));
    assert!(
        err.contains("127.0.0.1:1 does not answer") && err.contains("--data"),
        "{err}"
    );
    let (code, err) = ran(&["export", "--data", "data", "--output", "no/such/place.csv"]);
    assert!(
        code == Some(1) && err.contains("no/such/place.csv"),
        "{err}"
    );

    // Into a file, packed by its name; whole or not at all.
    let args = [
        "export", "--data", "data", "--match", ALL, "--last", "3d", "--output", "a.csv.gz",
    ];
    assert_eq!(done(place, &args).out, "");
    let unpacked = Command::new("gzip")
        .arg("-dc")
        .arg(place.join("a.csv.gz"))
        .output()
        .unwrap();
    assert!(of_csv(std::str::from_utf8(&unpacked.stdout).unwrap()) == expected);
    assert!(!place.join("a.csv.gz.tmp").exists());

    // What is no file is not replaced by one.
    std::os::unix::fs::symlink("/dev/null", place.join("null")).unwrap();
    done(place, &["export", "--data", "data", "--output", "null"]);
    assert!(
        fs::symlink_metadata(place.join("null"))
            .unwrap()
            .is_symlink()
    );

    // A terminal sees how far it is; `done` has seen that nobody else does.
    let program = env!("CARGO_BIN_EXE_vitals");
    let line = format!("{program} export --data data --match '{ALL}' --last 3d --output b.csv");
    let seen = finish(
        Command::new("script")
            .args(["-qec", &line, "/dev/null"])
            .current_dir(place),
        DEADLINE,
    );
    assert_eq!(seen.code, Some(0), "{seen:?}");
    assert!(seen.out.contains("\r\u{1b}[K"), "{seen:?}");
    assert!(of_csv(&fs::read_to_string(place.join("b.csv")).unwrap()) == expected);

    // What a service holds is its own, and it can be asked.
    let vitals = Setup::in_directory(directory).ready();
    let listen = vitals.address.to_string();
    let held = run(vitals.directory.path(), &["export", "--data", "data"]);
    let holder = format!("process {}", vitals.process.id());
    assert_eq!(held.code, Some(1));
    assert!(
        held.err.contains(&holder) && held.err.contains("leave --data out"),
        "{held:?}"
    );
    let asked = done(
        vitals.directory.path(),
        &[
            "export",
            "--listen",
            &listen,
            "--match",
            "{job=\"j0\"}",
            "--last",
            "3d",
        ],
    );
    assert_eq!(count(&of_csv(&asked.out)), 200);
    let refused = run(
        vitals.directory.path(),
        &[
            "export", "--listen", &listen, "--match", "up", "--shape", "wide", "--format", "json",
        ],
    );
    assert_eq!(refused.code, Some(2), "{refused:?}");
}

#[test]
#[ignore = "needs LibreOffice"]
fn libre_office_opens_it_with_the_right_number_of_rows() {
    let (text, expected, _) = yesterday(6, 360);
    let directory = imported(&text);
    let place = directory.path();
    let all = [
        "export", "--data", "data", "--match", ALL, "--last", "3d", "--output",
    ];
    done(place, &[&all[..], &["long.csv"]].concat());
    done(
        place,
        &[&all[..], &["wide.csv", "--shape", "wide"]].concat(),
    );
    let profile = format!("-env:UserInstallation=file://{}/profile", place.display());
    for (file, rows) in [("long.csv", count(&expected) + 1), ("wide.csv", 361)] {
        let name = file.replace(".csv", ".back.csv");
        // There and back, as its spreadsheet understands it.
        for (from, to) in [
            (file, "ods"),
            (
                &*file.replace(".csv", ".ods"),
                "csv:Text - txt - csv (StarCalc):44,34,76,1",
            ),
        ] {
            let ran = finish(
                Command::new("soffice")
                    .args(["--headless", profile.as_str(), "--convert-to", to])
                    .args(["--outdir", if to == "ods" { "." } else { "back" }, from])
                    .current_dir(place)
                    .env("HOME", place),
                DEADLINE * 10,
            );
            assert_eq!(ran.code, Some(0), "{ran:?}");
        }
        let back = fs::read_to_string(place.join("back").join(file)).unwrap();
        assert_eq!(back.lines().count(), rows, "{name}");
        assert!(!back.contains("#NAME?") && !back.contains("Err:"), "{name}");
    }
}

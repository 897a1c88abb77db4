//! A piece of a message wherever IRIS and its gateway could let one slip: in pages of errors, in lines
//! that are broken, in labels, in alerts. It gets no further.

use std::{fs, path::Path};

use serde_json::json;

use crate::stage::{DEADLINE, Simulated, Watched, until};

/// A segment with all that separates fields, and what it must be found by.
const SEGMENT: &str = "PID|1||CANARY^^^HOSPITAL&1.2.3~X||CANARY^JANE\\T\\";
const CANARY: &str = "canary";

/// The log says all there is to say.
const TALKATIVE: &str = "log.level = \"trace\"";

/// Faults with a text in them, and the reason that is told instead.
const PLANTED: [(&str, &str); 10] = [
    ("unauthorized", "auth"),
    ("forbidden", "forbidden"),
    ("not_found", "disabled"),
    ("bad_gateway", "unavailable"),
    ("gateway_timeout", "unavailable"),
    ("licences", "licence"),
    ("redirect", "redirect"),
    ("wrong_content_type", "not_prometheus"),
    ("garbage", "parse"),
    ("labels", "parse"),
];

#[test]
fn it_is_found_nowhere() {
    let iris = Simulated::start(&["--steady", "--auth", "all"]);
    let account = "username = \"_SYSTEM\"\npassword = \"SYS\"";
    let watched = Watched::start(iris.url(), TALKATIVE, account);
    watched.has_data();
    let alert = json!({ "message": SEGMENT, "severity": 2 });
    iris.command("POST", "/alert", Some(alert));
    for (fault, reason) in PLANTED {
        let errors = watched.errors(reason);
        iris.fault_with(json!({ "kind": fault, "plant": SEGMENT }));
        until(fault, DEADLINE, || {
            (watched.errors(reason) > errors).then_some(())
        });
        until(&format!("{fault} in the health"), DEADLINE, || {
            let told = format!("({reason})");
            let check = watched.check();
            check["output"].as_str()?.contains(&told).then_some(())
        });
        is_nowhere(&watched, fault);
        iris.cure();
        watched.has_data();
    }
    is_nowhere(&watched, "in the end");
    watched.nobody_was_touched();
}

#[track_caller]
fn is_nowhere(watched: &Watched, fault: &str) {
    let vitals = &watched.vitals;
    for path in [
        "/",
        "/metrics",
        "/summary",
        "/health",
        "/vitals/v1/tree",
        "/federate?match%5B%5D=%7B__name__=~%22.%2B%22%7D",
    ] {
        let answer = vitals.get(path);
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        let body = answer.body.to_ascii_lowercase();
        assert!(!body.contains(CANARY), "{fault}: {path}: {body}");
    }
    let log = vitals.process.log();
    let line = log
        .iter()
        .find(|line| line.to_ascii_lowercase().contains(CANARY));
    assert_eq!(line, None, "{fault}");
    let files = files_with_it(vitals.directory.path());
    assert_eq!(files, [""; 0], "{fault}");
}

/// All files below a directory that have it in them.
fn files_with_it(directory: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files_with_it(&path));
        } else if let Ok(bytes) = fs::read(&path)
            && String::from_utf8_lossy(&bytes)
                .to_ascii_lowercase()
                .contains(CANARY)
        {
            found.push(path.display().to_string());
        }
    }
    found
}

//! Settings that cannot be used end the start with 2 and say where; the log has two forms.

use serde_json::Value;

use crate::stage::{Directory, Setup, command};

#[test]
fn a_mistake_is_named_with_its_place() {
    let directory = Directory::new();
    directory.write("v.toml", "[system]\ninterval = \"soon\"\n[sytem]\n");
    let output = command()
        .current_dir(directory.path())
        .args(["--config", "v.toml"])
        .env("VITALS__HEALTH__INTERVAL", "1y")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8(output.stderr).unwrap();
    for part in [
        "v.toml:2:12: system.interval = \"soon\"",
        "v.toml:3:",
        "sytem",
        "VITALS__HEALTH__INTERVAL",
    ] {
        assert!(said.contains(part), "{part} in {said}");
    }
}

#[test]
fn check_says_what_would_run() {
    let output = command()
        .args(["check", "--output", "json"])
        .output()
        .unwrap();
    assert!(output.status.success());
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(answer["ok"], true);
    assert_eq!(answer["settings"]["server"]["address"], "127.0.0.1:9090");
    let runs = answer["runs"].as_array().unwrap();
    assert!(runs.iter().any(|part| part["actor"] == "collectors/system"));
    let broken = command()
        .args(["check", "--config", "/nonexistent"])
        .output()
        .unwrap();
    assert_eq!(broken.status.code(), Some(2));
}

#[test]
fn healthcheck_tells_whether_a_service_is_well() {
    let mut vitals = Setup::new().ready();
    let address = vitals.address.to_string();
    let ask = || {
        command()
            .args(["healthcheck", "--listen", &address])
            .status()
            .unwrap()
    };
    assert_eq!(ask().code(), Some(0));
    assert!(vitals.stop().success());
    assert_eq!(ask().code(), Some(1));
}

#[test]
fn the_log_is_json_for_machines() {
    let mut vitals = Setup::new().flag("--log-format").flag("json").ready();
    assert!(vitals.stop().success());
    let log = vitals.process.log();
    assert!(log.len() >= 3, "{log:?}");
    for line in log {
        let line: Value = serde_json::from_str(&line).unwrap_or_else(|e| panic!("{e}: {line}"));
        let names: Vec<_> = line.as_object().unwrap().keys().cloned().collect();
        assert_eq!(names, ["level", "message", "target", "time"]);
    }
}

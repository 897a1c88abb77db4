//! `vitals doctor` says what is wrong, what to do about it, and by its exit code whether anything is.

use std::{fs, net::TcpListener, os::unix::fs::PermissionsExt, process::Output};

use serde_json::Value;

use crate::stage::{DEADLINE, Pages, Redis, SOON, Setup, Simulated, Vitals, command, until};

fn examine(vitals: &Vitals, flags: &[&str]) -> Output {
    let settings = vitals.directory.join("vitals.toml");
    let mut doctor = command();
    doctor.current_dir(vitals.directory.path());
    doctor.args(["doctor", "--config", settings.to_str().unwrap()]);
    doctor
        .args(["--listen", &vitals.address.to_string()])
        .args(flags);
    doctor.output().unwrap()
}

/// The finding of one thing.
fn found(vitals: &Vitals, check: &str) -> Option<(String, String, String)> {
    let output = examine(vitals, &["--output", "json"]);
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
    let checks = answer["checks"].as_array().unwrap();
    let failed = checks.iter().any(|check| check["verdict"] == "fail");
    assert_eq!(answer["ok"], !failed, "{answer}");
    assert_eq!(output.status.code(), Some(i32::from(failed)), "{answer}");
    let found = checks.iter().find(|found| found["check"] == check)?;
    let text = |key: &str| found[key].as_str().unwrap_or_default().to_owned();
    Some((text("verdict"), text("detail"), text("remedy")))
}

#[test]
fn a_service_that_is_well_is_said_to_be() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let target = listener.local_addr().unwrap().to_string();
    let settings = format!("health.interval = \"1s\"\nnetwork.targets = [\"{target}\"]");
    let vitals = Setup::new().settings(&settings).ready();
    let verdict = |check: &str| until(check, DEADLINE, || found(&vitals, check)).0;
    for check in [
        "GET /health",
        "GET /readyz",
        "GET /metrics",
        "GET /vitals/v1/tree",
        "GET /federate",
        "GET /openapi.json",
        "memory_MemTotal_bytes",
        "memory_MemAvailable_bytes",
        "boot_time_seconds",
        &format!("connect {target}"),
        "system",
        "network",
        "data directory",
        "disk",
        "proc file system",
        "clock",
    ] {
        assert_eq!(verdict(check), "ok", "{check}");
    }
    // Nobody has configured what is to be watched: that is worth a word, and no failure.
    let (verdict, detail, remedy) = found(&vitals, "GET /summary").unwrap();
    assert_eq!(verdict, "warn");
    assert!(detail.ends_with(" of 12 targets known"), "{detail}");
    assert!(
        remedy.contains("query_time: no IRIS is configured: set IRIS_HOST"),
        "{remedy}"
    );
    let text = String::from_utf8(examine(&vitals, &[]).stdout).unwrap();
    assert!(text.contains("\nok    GET /readyz "), "{text}");
    assert!(text.trim_end().ends_with(" warnings, 0 failed"), "{text}");
}

#[test]
fn what_is_down_fails_with_its_reason_and_a_remedy() {
    let iris = Simulated::start(&["--steady"]);
    let settings = format!(
        "health.interval = \"1s\"\ncollect.interval = \"1s\"\n[[iris]]\nname = \"main\"\nurl = \"{}\"",
        iris.url()
    );
    let vitals = Setup::new().settings(&settings).ready();
    until("IRIS is well", DEADLINE, || {
        (found(&vitals, "iris/main")?.0 == "ok").then_some(())
    });
    assert_eq!(found(&vitals, "simulated").unwrap().0, "warn");
    iris.fault("unauthorized");
    let (_, detail, _) = until("IRIS refuses us", DEADLINE, || {
        found(&vitals, "iris/main").filter(|(verdict, ..)| verdict == "fail")
    });
    assert!(
        detail.contains("(auth)") && detail.contains("set username and password"),
        "{detail}"
    );
    assert_eq!(found(&vitals, "GET /health").unwrap().0, "warn");
    let connect = format!("connect {}", iris.host());
    assert_eq!(found(&vitals, &connect).unwrap().0, "ok");
    drop(iris);
    let (verdict, detail, remedy) = found(&vitals, &connect).unwrap();
    assert_eq!(verdict, "fail");
    assert!(
        detail.contains("Connection refused") && remedy.contains("firewall"),
        "{detail}"
    );
}

#[test]
fn each_kind_of_dependency_is_examined() {
    let redis = Redis::with_password("right");
    let grafana = Pages::start(r#"{"database":"failing"}"#);
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap();
    let postgres = nobody.local_addr().unwrap();
    drop(nobody);
    let settings = format!(
        "{SOON}\nredis.url = \"redis://{}\"\ngrafana.url = \"http://{}\"\n\
         [[postgres]]\nname = \"main\"\nurl = \"postgres://{postgres}/app\"\n",
        redis.host(),
        grafana.address
    );
    let vitals = Setup::new().settings(&settings).ready();
    for (check, words, remedy) in [
        (
            "redis",
            "set password (auth)",
            "correct username and password",
        ),
        (
            "grafana",
            "its database does not work",
            "look into its own log",
        ),
        ("postgres/main", "Connection refused (connect)", "start it"),
    ] {
        let found = until(check, DEADLINE, || {
            found(&vitals, check).filter(|(verdict, ..)| verdict == "fail")
        });
        assert!(
            found.1.contains(words) && found.2.contains(remedy),
            "{found:?}"
        );
    }
    let connect = |host: &str| found(&vitals, &format!("connect {host}")).unwrap().0;
    assert_eq!(connect(&redis.host()), "ok");
    assert_eq!(connect(&grafana.address.to_string()), "ok");
    assert_eq!(connect(&postgres.to_string()), "fail");
}

#[test]
fn a_service_that_does_not_run_fails() {
    let mut vitals = Setup::new().settings("").ready();
    vitals.stop();
    let (verdict, detail, remedy) = found(&vitals, "service").unwrap();
    assert_eq!(verdict, "fail");
    assert!(detail.contains("does not answer"), "{detail}");
    assert!(remedy.contains("start it"), "{remedy}");
    // And a directory that is none.
    let data = vitals.directory.join("data");
    fs::remove_dir_all(&data).unwrap();
    fs::write(&data, "a file").unwrap();
    fs::set_permissions(&data, fs::Permissions::from_mode(0o400)).unwrap();
    assert_eq!(found(&vitals, "data directory").unwrap().0, "fail");
}

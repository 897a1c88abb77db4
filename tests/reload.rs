//! Settings are loaded anew while it runs, all or nothing, by who may; and every change is on record.

use std::{fs, os::unix::fs::PermissionsExt};

use rustix::process::Signal;
use serde_json::{Value, json};

use crate::stage::{Answer, DEADLINE, Scraper, Setup, Vitals, request, until};

const TOKEN: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
/// `printf %s $TOKEN | sha256sum`
const HASH: &str = "a8ae6e6ee929abea3afcfc5258c8ccd6f85273e0d4626d26c7279f3250f77c8e";
const OTHER_TOKEN: &str = "fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210";
const OTHER_HASH: &str = "7b9d07f2404b102b3c62fede026097c5ab81668f18414abd8ea560cecb008006";

fn settings(hash: &str, more: &str) -> String {
    format!("{more}\n[auth.tokens]\nops = \"sha256:{hash}\"\n")
}

fn reload(vitals: &Vitals, token: &str) -> Answer {
    let authorization = format!("Bearer {token}");
    let headers = [("authorization", authorization.as_str())];
    request("POST", &vitals.url("/-/reload"), &headers).unwrap()
}

/// Waits for the page to say so: one page serves all who scrape within 20 ms.
#[track_caller]
fn last_was_successful(vitals: &Vitals, expected: bool) {
    let name = "vitals_config_last_reload_successful";
    until(name, DEADLINE, || {
        (vitals.page().value(name) == f64::from(expected)).then_some(())
    });
}

/// The lines of the audit log, once there are so many.
fn audit(vitals: &Vitals, lines: usize) -> Vec<Value> {
    let path = vitals.directory.join("data").join("audit.log");
    until("the audit log", DEADLINE, || {
        let text = fs::read_to_string(&path).unwrap_or_default();
        let read: Vec<_> = text
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        (read.len() >= lines).then_some(read)
    })
}

#[test]
fn only_who_has_a_token_may() {
    let vitals = Setup::new().settings(&settings(HASH, "")).ready();
    let url = vitals.url("/-/reload");
    for authorization in [None, Some("Basic b3BzOg=="), Some("Bearer"), Some(TOKEN)] {
        let headers: Vec<_> = authorization
            .map(|text| ("authorization", text))
            .into_iter()
            .collect();
        let answer = request("POST", &url, &headers).unwrap();
        assert_eq!(
            (answer.status, &*answer.error_code()),
            (401, "token_needed")
        );
        assert_eq!(
            answer.header("www-authenticate"),
            Some("Bearer realm=\"vitals\"")
        );
    }
    let wrong = reload(&vitals, OTHER_TOKEN);
    assert_eq!((wrong.status, &*wrong.error_code()), (403, "token_unknown"));
    assert_eq!(reload(&vitals, TOKEN).status, 200);
    assert_eq!(vitals.get("/-/reload").header("allow"), Some("POST"));

    let vitals = Setup::new().ready();
    let off = reload(&vitals, TOKEN);
    assert_eq!((off.status, &*off.error_code()), (403, "no_tokens"));
    let said = vitals.process.log().join("\n") + &vitals.get("/metrics").body;
    assert!(!said.contains(&TOKEN[..16]), "{said}");
}

#[test]
fn what_can_follow_does_and_what_cannot_is_named() {
    let vitals = Setup::new().settings(&settings(HASH, "")).ready();
    let scraper = Scraper::on_one_connection(vitals.address);
    let nothing = reload(&vitals, TOKEN);
    assert_eq!(
        nothing.json(),
        json!({"applied": [], "restart_required": []})
    );

    let changed = "
        targets = { cpu = \"1%\", hl7_rate = 7 }
        system = { interval = \"100ms\", node_exporter = false }
        server = { max_url = \"300B\", keep_alive = \"6s\" }
        log.level = \"debug\"
        health.interval = \"1s\"";
    vitals
        .directory
        .write("vitals.toml", &settings(OTHER_HASH, changed));
    let tree = vitals.tree();
    let answer = reload(&vitals, TOKEN);
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(
        answer.json(),
        json!({
            "applied": [
                "auth.tokens", "health.interval", "log.level", "server.max_url", "system.interval",
                "system.node_exporter", "targets.cpu", "targets.hl7_rate",
            ],
            "restart_required": ["server.keep_alive"],
        })
    );
    assert_eq!(reload(&vitals, TOKEN).status, 403, "an old token");
    assert_eq!(vitals.get(&format!("/?{}", "a".repeat(300))).status, 400);
    last_was_successful(&vitals, true);
    until("new thresholds in the summary", DEADLINE, || {
        let targets = &vitals.get("/summary").json()["targets"];
        (targets[0]["threshold"] == 0.01 && targets[5]["threshold"] == 7.0).then_some(())
    });
    until("no node_ families", DEADLINE, || {
        let page = vitals.page();
        let gone = page
            .families
            .iter()
            .all(|family| !family.name.starts_with("node_"));
        gone.then_some(())
    });
    vitals.process.says("system: measured every 100ms");
    let health = || vitals.get("/health").json()["checks"]["pipeline:latency"][0]["time"].clone();
    let before = health();
    until("a check a second", DEADLINE, || {
        (health() != before).then_some(())
    });

    // Nothing but the collector has been started anew.
    let after = vitals.tree();
    assert_eq!(after.paths(), tree.paths());
    assert!(
        after.all_are("running") && after.0.iter().all(|node| node.restarts == 0),
        "{after:?}"
    );
    let tally = scraper.finish();
    assert_eq!(tally.connections, 1, "{tally:?}");

    // After a restart, whatever was not followed is as it was written; nothing is left to say.
    vitals
        .directory
        .write("vitals.toml", &settings(OTHER_HASH, ""));
    let back = reload(&vitals, OTHER_TOKEN).json();
    assert_eq!(back["restart_required"], json!([]));
}

#[test]
fn another_external_url_waits_for_a_restart_as_a_whole() {
    let vitals = Setup::new().settings(&settings(HASH, "")).ready();
    let other = "server.external_url = \"http://monitor.example/vitals\"";
    vitals
        .directory
        .write("vitals.toml", &settings(HASH, other));
    assert_eq!(
        reload(&vitals, TOKEN).json(),
        json!({"applied": [], "restart_required": ["server.external_url"]})
    );
    let under_its_name = [("host", "monitor.example")];
    let answer = request("GET", &vitals.url("/metrics"), &under_its_name).unwrap();
    assert_eq!(
        (answer.status, &*answer.error_code()),
        (403, "host_not_allowed")
    );
}

#[test]
fn settings_that_are_not_good_change_nothing() {
    let vitals = Setup::new().settings(&settings(HASH, "")).ready();
    vitals.directory.write(
        "vitals.toml",
        "[log]\nlevel = \"loud\"\n[targets]\ncpu = \"1%\"\nmemory = \"200%\"\n",
    );
    let answer = reload(&vitals, TOKEN);
    assert_eq!(answer.status, 400, "{}", answer.body);
    let error = &answer.json()["error"];
    assert_eq!(error["code"], "bad_settings");
    assert_eq!(
        error["message"],
        "2 problems in the settings; the old ones stay"
    );
    let problems = error["problems"].as_array().unwrap();
    assert_eq!(problems.len(), 2);
    assert!(
        problems[0]["at"]
            .as_str()
            .unwrap()
            .ends_with("vitals.toml:2:9"),
        "{error}"
    );
    assert!(
        problems[0]["problem"]
            .as_str()
            .unwrap()
            .contains("log.level = \"loud\""),
        "{error}"
    );
    last_was_successful(&vitals, false);
    assert_eq!(
        vitals.get("/summary").json()["targets"][0]["threshold"],
        0.8
    );

    // The token of the old settings is still good; nothing there at all is no better.
    fs::remove_file(vitals.directory.join("vitals.toml")).unwrap();
    assert_eq!(reload(&vitals, TOKEN).status, 400);
    vitals.directory.write("vitals.toml", &settings(HASH, ""));
    assert_eq!(reload(&vitals, TOKEN).status, 200);
    last_was_successful(&vitals, true);
}

#[test]
fn a_hangup_asks_for_it_too() {
    let mut vitals = Setup::new().settings("").ready();
    vitals
        .directory
        .write("vitals.toml", "targets.cpu = \"1%\"");
    vitals.process.signal(Signal::HUP);
    vitals
        .process
        .says("audit: SIGHUP: reload: done; changed: targets.cpu");
    vitals.directory.write("vitals.toml", "targets.cpu = 5");
    vitals.process.signal(Signal::HUP);
    vitals.process.says("audit: SIGHUP: reload: failed: ");
    let told = vitals.process.says("ERROR reload: ");
    assert!(told.ends_with("; everything stays as it was"), "{told}");
    last_was_successful(&vitals, false);
    let lines = audit(&vitals, 2);
    assert_eq!(lines[0]["who"], "SIGHUP");
    assert!(lines[0]["peer"].is_null(), "{lines:?}");
    assert!(vitals.stop().success());
}

#[test]
fn every_change_is_on_record() {
    let vitals = Setup::new()
        .settings(&settings(HASH, ""))
        .flag("--chaos")
        .ready();
    vitals.strike("collectors/system", "panic");
    assert_eq!(reload(&vitals, TOKEN).status, 200);
    vitals.directory.write("vitals.toml", "nonsense");
    assert_eq!(reload(&vitals, TOKEN).status, 400);
    // Refusals change nothing: whoever is refused cannot fill the disk.
    assert_eq!(reload(&vitals, OTHER_TOKEN).status, 403);
    assert_eq!(vitals.try_strike("nobody", "panic").status, 404);

    let lines = audit(&vitals, 3);
    let columns = ["who", "what", "outcome"].map(|name| {
        let text = |line: &Value| line[name].as_str().unwrap().to_owned();
        lines.iter().map(text).collect::<Vec<_>>()
    });
    assert_eq!(columns[0], ["loopback", "ops", "ops"]);
    assert_eq!(
        columns[1],
        ["chaos: panic collectors/system", "reload", "reload"]
    );
    assert_eq!(columns[2][..2], ["struck", "done; changed: nothing"]);
    assert!(
        columns[2][2].starts_with("failed: the settings are not good"),
        "{lines:?}"
    );
    for line in &lines {
        assert!(
            line["peer"].as_str().unwrap().starts_with("127.0.0.1:"),
            "{line}"
        );
        assert!(line["time"].as_str().unwrap().ends_with('Z'), "{line}");
    }
    vitals.process.says("audit: ops (127.0.0.1:");
    let file = vitals.directory.join("data").join("audit.log");
    assert_eq!(
        fs::metadata(file).unwrap().permissions().mode() & 0o777,
        0o640
    );
}

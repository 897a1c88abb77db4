//! The chaos routes: closed unless asked for, and exact about what they refuse.

use std::time::Duration;

use rustix::process::Signal;
use serde_json::json;

use crate::stage::{Setup, pause};

#[test]
fn without_the_flag_they_are_closed() {
    let vitals = Setup::new().ready();
    let answer = vitals.try_strike("health", "panic");
    assert_eq!((answer.status, &*answer.error_code()), (403, "forbidden"));
    assert_eq!(vitals.tree().node("health").restarts, 0);
}

#[test]
fn where_others_can_ask_they_stay_closed() {
    let everywhere = Setup::new().flag("--listen").flag("0.0.0.0:0");
    let vitals = everywhere.flag("--chaos").ready();
    let line = vitals.process.says("--chaos is ignored");
    assert!(line.contains(&vitals.address.to_string()), "{line}");
    let answer = vitals.try_strike("health", "panic");
    assert_eq!((answer.status, &*answer.error_code()), (403, "forbidden"));
}

#[test]
fn they_say_what_they_do_not_do() {
    let vitals = Setup::new().flag("--chaos").ready();
    for (path, status, code) in [
        ("nobody/panic", 404, "no_such_actor"),
        ("collectors%2Fnobody/panic", 404, "no_such_actor"),
        ("vitals/panic", 404, "no_such_actor"),
        ("/panic", 400, "root"),
        ("/stop", 400, "root"),
        ("health/explode", 400, "bad_fault"),
        ("health/hang?seconds=61", 400, "bad_fault"),
        ("health/hang?seconds=0", 400, "bad_fault"),
        ("health/hang?seconds=ten", 400, "bad_fault"),
    ] {
        let answer = vitals.post(&format!("/vitals/v1/chaos/{path}"));
        assert_eq!(
            (answer.status, &*answer.error_code()),
            (status, code),
            "{path}"
        );
    }
    let answer = vitals.get("/vitals/v1/chaos/health/panic");
    assert_eq!((answer.status, answer.header("allow")), (405, Some("POST")));
    // A path may be written with its slash, too.
    let answer = vitals.post("/vitals/v1/chaos/collectors/system/panic");
    assert_eq!(answer.status, 202);
    let struck = json!({"actor": "collectors/system", "fault": "panic"});
    assert_eq!(answer.json(), struck);
    vitals.tree_until("restarted", |tree| {
        let system = tree.node("collectors/system");
        system.restarts == 1 && system.state == "running"
    });
}

/// As in a container that is paused, for longer than anybody may hang.
#[test]
fn a_process_that_was_stopped_finds_nobody_hung() {
    let vitals = Setup::new().flag("--chaos").ready();
    vitals.strike("health", "hang?seconds=1");
    vitals.process.signal(Signal::STOP);
    pause(Duration::from_secs(4));
    vitals.process.signal(Signal::CONT);
    vitals.strike("health", "panic");
    vitals.tree_until("restarted", |tree| {
        let health = tree.node("health");
        health.restarts >= 1 && health.state == "running"
    });
    let tree = vitals.tree();
    let restarts: u64 = tree.0.iter().map(|node| node.restarts).sum();
    assert_eq!(restarts, 1, "{tree:?}");
}

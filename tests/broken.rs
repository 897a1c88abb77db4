//! Vitals itself is broken: then, and only then, `/health` answers 503, for the platform to act on.

use crate::stage::{DEADLINE, Setup, Vitals, command, until};

const AGGREGATOR: &str = "pipeline/aggregator";

/// The second restart in a row never comes.
const SETTINGS: &str = r#"
[supervision]
backoff_min = "1h"
backoff_max = "1h"
[health]
interval = "1s"
"#;

/// Two panics: the first restart is immediate.
#[track_caller]
fn goes_for_an_hour(vitals: &Vitals, actor: &str) {
    for (restarts, state) in [(1, "running"), (2, "backoff")] {
        vitals.strike(actor, "panic");
        vitals.tree_until("struck", |tree| {
            let node = tree.node(actor);
            (node.restarts, &*node.state) == (restarts, state)
        });
    }
}

#[test]
fn a_pipeline_that_carries_nothing_is_a_failure_until_it_does_again() {
    let vitals = Setup::new().settings(SETTINGS).flag("--chaos").ready();
    let address = vitals.address.to_string();
    let healthcheck = || {
        let mut command = command();
        let output = command.args(["healthcheck", "--listen", &address]).output();
        let output = output.unwrap();
        (
            output.status.code(),
            String::from_utf8(output.stderr).unwrap(),
        )
    };
    until("well", DEADLINE, || {
        (vitals.get("/health").json()["status"] == "pass").then_some(())
    });
    goes_for_an_hour(&vitals, AGGREGATOR);
    let failed = until("a failure", DEADLINE, || {
        let health = vitals.get("/health");
        let is_broken = health.json()["status"] == "fail";
        let expected = if is_broken { 503 } else { 200 };
        assert_eq!(health.status, expected, "{}", health.body);
        is_broken.then_some(health)
    });
    assert_eq!(
        failed.header("content-type"),
        Some("application/health+json")
    );
    let health = failed.json();
    assert_eq!(health["status"], "fail");
    assert_eq!(health["checks"]["pipeline:latency"][0]["status"], "fail");
    let output = health["output"].as_str().unwrap();
    assert!(
        output.starts_with("pipeline: the probe was lost: "),
        "{output}"
    );
    let (code, said) = healthcheck();
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("answers 503 Service Unavailable: "), "{said}");
    // The tree stands, and the front answers.
    assert_eq!(vitals.get("/livez").status, 200);

    vitals.strike("pipeline", "panic");
    until("well again", DEADLINE, || {
        let health = vitals.get("/health");
        (health.status == 200 && health.json()["status"] == "pass").then_some(())
    });
    assert_eq!(healthcheck().0, Some(0));
}

#[test]
fn a_checker_that_has_fallen_silent_is_a_failure() {
    let vitals = Setup::new().settings(SETTINGS).flag("--chaos").ready();
    until("well", DEADLINE, || {
        (vitals.get("/health").json()["status"] == "pass").then_some(())
    });
    goes_for_an_hour(&vitals, "health");
    let failed = until("a failure", DEADLINE, || {
        let health = vitals.get("/health");
        (health.status == 503).then_some(health.json())
    });
    assert_eq!(failed["status"], "fail");
    let output = failed["output"].as_str().unwrap();
    assert!(
        output.starts_with("the health checker has been silent for "),
        "{output}"
    );
    // That is all there is to it.
    assert_eq!(vitals.get("/metrics").status, 200);
    assert_eq!(vitals.get("/readyz").status, 200);
}

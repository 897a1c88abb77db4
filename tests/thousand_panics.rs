//! One collector panics a thousand times. Nobody else notices.

use std::time::Duration;

use crate::stage::{Scraper, Setup, until};

const SETTINGS: &str = r#"
[supervision]
root = "1000 in 60s"
pipeline = "1000 in 60s"
collectors = "1000 in 60s"
backoff_max = "10ms"
reset_after = "1s"
"#;

const PANICS: u64 = 1000;

#[test]
fn no_scrape_fails_and_it_recovers() {
    let mut vitals = Setup::new().settings(SETTINGS).flag("--chaos").ready();
    let scraper = Scraper::on_new_connections(vitals.address);
    let restarts = |vitals: &crate::stage::Vitals| vitals.tree().node("collectors/system").restarts;
    until("a thousand panics", Duration::from_secs(240), || {
        // 409: struck again before its successor was there.
        let answer = vitals.try_strike("collectors/system", "panic");
        assert!([202, 409].contains(&answer.status), "{answer:?}");
        (restarts(&vitals) >= PANICS).then_some(())
    });
    let tally = scraper.finish();
    tally.all_went_well();
    assert!(vitals.process.is_running());

    let tree = vitals.tree_until("all running", |tree| tree.all_are("running"));
    let system = tree.node("collectors/system");
    assert_eq!(system.last_exit.as_deref(), Some("panic"));
    assert!(
        system.panicked_at.as_ref().unwrap().contains("fault.rs:"),
        "{system:?}"
    );
    for path in [
        "pipeline",
        "pipeline/aggregator",
        "collectors",
        "health",
        "front",
    ] {
        assert_eq!(tree.node(path).restarts, 0, "{path}");
    }
    let counted = vitals
        .page()
        .value(r#"vitals_actor_restarts_total{actor="collectors/system"}"#);
    assert!(counted >= PANICS as f64);
    assert!(vitals.stop().success());
}

#[test]
fn one_that_fails_too_often_is_degraded_and_says_so_once() {
    let settings = "[supervision]\nbackoff_max = \"10ms\"\n";
    let vitals = Setup::new().settings(settings).flag("--chaos").ready();
    for _ in 0..6 {
        until("struck", Duration::from_secs(30), || {
            (vitals.try_strike("collectors/system", "panic").status == 202).then_some(())
        });
    }
    let tree = vitals.tree_until("degraded", |tree| {
        tree.node("collectors/system").state == "degraded"
    });
    assert_eq!(tree.node("collectors").state, "running");
    vitals
        .process
        .says("collectors/system: 5 restarts of late: degraded");
    until("still on the page", Duration::from_secs(30), || {
        vitals
            .page()
            .get("vitals_actor_degraded{actor=\"collectors/system\"}")
    });
    assert_eq!(vitals.get("/livez").status, 200);
}

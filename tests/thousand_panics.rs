//! One collector panics a thousand times. Nobody else notices.

use std::time::Duration;

use crate::stage::{DEADLINE, Scraper, Setup, resident_bytes, threads, until};

/// A collector may fail as often as it likes: it is degraded after five times, and that is all.
const SETTINGS: &str = r#"
[supervision]
backoff_max = "10ms"
reset_after = "1s"
"#;

const SYSTEM: &str = "collectors/system";
const PANICS: u64 = 1000;
/// With 10 ms between two lives, and a busy machine.
const ALL: Duration = Duration::from_secs(240);
/// Memory that may be kept: buffers, arenas of the allocator.
const KEPT: u64 = 20_000_000;

#[test]
fn no_scrape_fails_and_it_recovers() {
    let mut vitals = Setup::new().settings(SETTINGS).flag("--chaos").ready();
    vitals.page(); // what one scrape takes is taken
    let (memory, threads_before) = (resident_bytes(&vitals), threads(&vitals));
    let scrapers = [
        Scraper::on_new_connections(vitals.address),
        Scraper::on_one_connection(vitals.address),
    ];
    let tree = until("a thousand panics", ALL, || {
        // 409: struck again before its successor was there.
        let answer = vitals.try_strike(SYSTEM, "panic");
        assert!([202, 409].contains(&answer.status), "{answer:?}");
        Some(vitals.tree()).filter(|tree| tree.node(SYSTEM).restarts >= PANICS)
    });
    let system = tree.node(SYSTEM);
    assert_eq!(system.state, "degraded");
    assert_eq!(system.last_exit.as_deref(), Some("panic"));
    let place = system.panicked_at.clone().unwrap();
    assert!(place.starts_with("crates/supervision/src/fault.rs:"));
    for path in ["", "pipeline", "pipeline/aggregator", "health", "front"] {
        let node = tree.node(path);
        assert_eq!((&*node.state, node.restarts), ("running", 0), "{path}");
    }
    let collectors = tree.node("collectors");
    assert_eq!((&*collectors.state, collectors.restarts), ("running", 0));

    let recovered = vitals.tree_until("all running", |tree| tree.all_are("running"));
    assert!(recovered.node(SYSTEM).restarts >= PANICS);
    vitals
        .process
        .says("collectors/system: recovered, no longer degraded");
    for scraper in scrapers {
        scraper.finish().all_went_well();
    }
    // Each of them had a thread of its own.
    until("the threads are gone", DEADLINE, || {
        (threads(&vitals) <= threads_before + 4).then_some(())
    });
    let grown = resident_bytes(&vitals).saturating_sub(memory);
    assert!(grown < KEPT, "{grown} bytes more than before");
    let counted = vitals
        .page()
        .value(r#"vitals_actor_restarts_total{actor="collectors/system"}"#);
    assert!(counted >= PANICS as f64);
    // A thousand panics, and not as many lines: the audit log alone tells of each.
    let log = vitals.process.log();
    let told: Vec<_> = log
        .iter()
        .filter(|line| !line.contains(" audit: "))
        .collect();
    assert!(told.len() < 100, "{told:#?}");
    vitals.nothing_panicked_unguarded();
    assert!(vitals.process.is_running());
    assert_eq!(vitals.stop().code(), Some(0));
}

#[test]
fn one_that_fails_too_often_is_degraded_and_says_so_once() {
    let settings = "[supervision]\nbackoff_max = \"10ms\"\n";
    let vitals = Setup::new().settings(settings).flag("--chaos").ready();
    for restarts in 1..=8 {
        until("struck", DEADLINE, || {
            (vitals.try_strike(SYSTEM, "panic").status == 202).then_some(())
        });
        vitals.tree_until("restarted", |tree| tree.node(SYSTEM).restarts >= restarts);
    }
    let tree = vitals.tree_until("degraded", |tree| tree.node(SYSTEM).state == "degraded");
    assert_eq!(tree.node("collectors").state, "running");
    vitals
        .process
        .says("collectors/system: 5 restarts of late: degraded");
    until("the page says so", DEADLINE, || {
        let degraded = vitals.page();
        let degraded = degraded.get("vitals_actor_degraded{actor=\"collectors/system\"}");
        (degraded == Some(1.0)).then_some(())
    });
    let log = vitals.process.log();
    let told = log.iter().filter(|line| line.contains("of late: degraded"));
    assert_eq!(told.count(), 1, "{log:#?}");
    assert_eq!(vitals.get("/livez").status, 200);
    assert_eq!(vitals.get("/health").status, 200);
}

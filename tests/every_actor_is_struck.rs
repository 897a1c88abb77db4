//! Every actor below the root panics, stops and hangs, one after the other, while two clients
//! scrape all the time: no scrape fails, and afterwards everything runs in the same process.

use std::time::Duration;

use serde_json::Value;

use crate::stage::{DEADLINE, Node, Scraper, Setup, Vitals, resident_bytes, threads, until};

const SETTINGS: &str = r#"
[supervision]
root = "1000 in 60s"
pipeline = "1000 in 60s"
collectors = "1000 in 60s"
backoff_max = "10ms"
abandoned_threads = 64
[health]
interval = "1s"
"#;

/// How long each hang lasts. The supervisors do not wait for it.
const HANG: Duration = Duration::from_secs(10);

/// Memory that may be kept: buffers, arenas of the allocator.
const KEPT: u64 = 40_000_000;

#[test]
fn no_scrape_fails_and_everything_runs_again() {
    let mut vitals = Setup::new().settings(SETTINGS).flag("--chaos").ready();
    let paths = vitals
        .tree_until("all running", |tree| tree.all_are("running"))
        .paths();
    assert!(paths.len() >= 6, "{paths:?}");
    vitals.page(); // what one scrape takes is taken
    let (memory, threads_before) = (resident_bytes(&vitals), threads(&vitals));
    let scrapers = [
        Scraper::on_new_connections(vitals.address),
        Scraper::on_one_connection(vitals.address),
    ];

    for path in &paths {
        let struck = struck(&vitals, path, "panic");
        assert_eq!(struck.last_exit.as_deref(), Some("panic"), "{path}");
        let place = struck.panicked_at.unwrap();
        assert!(place.starts_with("crates/supervision/src/fault.rs:"));
    }
    for path in &paths {
        let struck = struck(&vitals, path, "stop");
        // A supervisor stops its children first, and itself as if it had been asked to.
        let kind = match &*struck.kind {
            "supervisor" => "shutdown",
            _ => "normal",
        };
        assert_eq!(struck.last_exit.as_deref(), Some(kind), "{path}");
    }
    for path in &paths {
        let struck = struck(&vitals, path, "hang?seconds=10");
        assert_eq!(struck.last_exit.as_deref(), Some("hang"), "{path}");
    }

    // The last ones still hang; they come back, and are gone.
    until("hung threads are told of", HANG, || {
        (abandoned(&vitals)? > 0.0).then_some(())
    });
    until("no thread hangs", HANG + DEADLINE, || {
        let over = abandoned(&vitals)? == 0.0 && threads(&vitals) <= threads_before + 4;
        over.then_some(())
    });
    for scraper in scrapers {
        let tally = scraper.finish();
        tally.all_went_well();
        assert!(tally.scrapes > 200, "{tally:?}");
        assert!(tally.stale > 0, "nobody was silent: {tally:?}");
    }

    let tree = vitals.tree();
    assert!(tree.all_are("running"), "{tree:#?}");
    let page = vitals.page();
    for path in &paths {
        assert_eq!(tree.node(path).restarts, 3, "{path}");
        let counted = format!(r#"vitals_actor_restarts_total{{actor="{path}"}}"#);
        assert_eq!(page.value(&counted), 3.0, "{path}");
    }
    assert_eq!(tree.node("").restarts, 0);
    assert!(vitals.process.is_running());
    let grown = resident_bytes(&vitals).saturating_sub(memory);
    assert!(grown < KEPT, "{grown} bytes more than before");
    vitals.nothing_panicked_unguarded();
    assert_eq!(vitals.stop().code(), Some(0));
}

/// Strikes an actor, and waits until it has been restarted once, and everything runs.
fn struck(vitals: &Vitals, path: &str, fault: &str) -> Node {
    let before = vitals.tree().node(path).clone();
    vitals.strike(path, fault);
    let runs = || {
        let tree = vitals.tree();
        let again = tree.node(path).restarts > before.restarts && tree.all_are("running");
        again.then(|| tree.node(path).clone())
    };
    // Twice: the first look may see it between its end and its state.
    let node = until(&format!("{path} after {fault}"), DEADLINE, || {
        runs().and(runs())
    });
    assert_eq!(node.restarts, before.restarts + 1, "{path} after {fault}");
    assert_eq!(
        node.generation,
        before.generation + 1,
        "{path} after {fault}"
    );
    node
}

/// Hung threads, as the health check saw them last.
fn abandoned(vitals: &Vitals) -> Option<f64> {
    let health: Value = vitals.get("/health").json();
    health["checks"]["tree:abandoned_threads"][0]["observedValue"].as_f64()
}

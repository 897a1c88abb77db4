//! Every actor below the root panics, stops and hangs, one after the other, while two clients
//! scrape all the time: no scrape fails, and afterwards everything runs in the same process.

use std::time::Duration;

use crate::stage::{DEADLINE, Scraper, Setup, resident_bytes, threads, until};

const SETTINGS: &str = r#"
[supervision]
root = "1000 in 60s"
pipeline = "1000 in 60s"
collectors = "1000 in 60s"
backoff_max = "10ms"
abandoned_threads = 64
"#;

/// How long each hang lasts. The supervisors do not wait for it.
const HANG: Duration = Duration::from_secs(10);

#[test]
fn no_scrape_fails_and_everything_runs_again() {
    let mut vitals = Setup::new().settings(SETTINGS).flag("--chaos").ready();
    let paths = vitals
        .tree_until("all running", |tree| tree.all_are("running"))
        .paths();
    assert!(paths.len() >= 6, "{paths:?}");
    vitals.page(); // what one scrape takes is taken
    let (memory, before) = (resident_bytes(&vitals), threads(&vitals));
    let scrapers = [
        Scraper::on_new_connections(vitals.address),
        Scraper::on_one_connection(vitals.address),
    ];

    for (fault, kind) in [
        ("panic", "panic"),
        ("stop", ""),
        ("hang?seconds=10", "hang"),
    ] {
        for path in &paths {
            let generation = vitals.tree().node(path).generation;
            vitals.strike(path, fault);
            let tree = vitals.tree_until(&format!("{path} after {fault}"), |tree| {
                let node = tree.node(path);
                node.generation > generation
                    && tree
                        .0
                        .iter()
                        .all(|n| ["running", "degraded"].contains(&&*n.state))
            });
            let exit = tree.node(path).last_exit.clone();
            if !kind.is_empty() {
                assert_eq!(exit.as_deref(), Some(kind), "{path}");
            }
        }
    }

    // The hung threads come back, and are gone.
    until("no thread hangs", HANG + DEADLINE, || {
        let check = vitals.get("/metrics").status == 200 && threads(&vitals) <= before + 4;
        check.then_some(())
    });
    for scraper in scrapers {
        let tally = scraper.finish();
        tally.all_went_well();
        assert!(tally.scrapes > 200, "{tally:?}");
        assert!(tally.stale > 0, "nobody was silent: {tally:?}");
    }
    let tree = vitals.tree();
    for path in &paths {
        let node = tree.node(path);
        let may_be = match path.starts_with("collectors/") {
            true => ["running", "degraded"],
            false => ["running", "running"],
        };
        assert!(may_be.contains(&&*node.state), "{node:?}");
        assert!(node.restarts >= 3, "{node:?}");
    }
    assert!(vitals.process.is_running());
    let grown = resident_bytes(&vitals).saturating_sub(memory);
    assert!(grown < 40_000_000, "{grown} bytes more than before");
    assert!(vitals.stop().success());
}

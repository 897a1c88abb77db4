//! Redis away, restarted, slow: nothing is lost, and each alert's messages come in order.

use std::time::Duration;

use outbox::{Options, Outbox};
use vitals_actors::alert::dispatcher::Cadence;

use super::stage::*;

const NAMES: [&str; 4] = ["A", "B", "C", "D"];

/// The first times each message came, by alert, must be in order and complete.
pub(crate) fn assert_all_in_order(log: &[vitals_actors::alert::payload::Payload], each: u64) {
    for name in NAMES {
        let of = log
            .iter()
            .filter(|payload| payload.labels.get("alertname") == Some(name));
        let mut seen = 0;
        for number in of.map(n) {
            // Again what was there is at-least-once; what is new is the next.
            assert!(number <= seen + 1, "{name}: {number} after {seen}");
            seen = seen.max(number);
        }
        assert_eq!(seen, each, "{name}");
    }
}

async fn tell_all(vitals: &Vitals, from: u64, to: u64) {
    for number in from..=to {
        for name in NAMES {
            vitals.tell(alert(name, number)).await;
        }
    }
}

#[test]
fn a_thousand_transitions_while_redis_is_down() {
    story(async {
        let folder = Folder::new("outage");
        let mut server = Server::redis(&["--appendonly", "yes", "--appendfsync", "always"]);
        let (outbox, _) = Outbox::open(&folder.0, Options::default()).unwrap();
        let vitals = Vitals::start(settings(&server.url()), outbox);
        tell_all(&vitals, 1, 10).await;
        vitals.delivered().await;
        server.kill();
        tell_all(&vitals, 11, 260).await;
        assert_eq!(vitals.outbox.depth().records, 1_000);
        until(|| vitals.count("failed") >= 2).await;
        assert!(server.up());
        vitals.delivered().await;
        let log = server.log();
        assert_eq!(
            log.len(),
            260 * 4,
            "where nothing was under way nothing comes twice"
        );
        assert_all_in_order(&log, 260);
        assert_eq!(vitals.count("dead"), 0);
        vitals.end().await;
    });
}

#[test]
fn restarts_in_the_middle_of_it() {
    story(async {
        let mut server = Server::redis(&["--appendonly", "yes", "--appendfsync", "always"]);
        let vitals = Vitals::start(settings(&server.url()), in_memory());
        for round in 0..3 {
            tell_all(&vitals, round * 50 + 1, round * 50 + 25).await;
            server.kill();
            tell_all(&vitals, round * 50 + 26, round * 50 + 50).await;
            assert!(server.up());
        }
        vitals.delivered().await;
        assert_all_in_order(&server.log(), 150);
        vitals.end().await;
    });
}

#[test]
fn a_slow_server_is_waited_for_and_asked_again() {
    story(async {
        let server = Server::redis(&[]);
        let timeout = Duration::from_millis(300);
        let redis = settings(&server.url());
        let vitals = Vitals::with(redis, in_memory(), Cadence::default(), timeout);
        tell_all(&vitals, 1, 2).await;
        vitals.delivered().await;
        server.command(&["CLIENT", "PAUSE", "1500", "ALL"]);
        tell_all(&vitals, 3, 20).await;
        until(|| vitals.count("failed") >= 1).await;
        vitals.delivered().await;
        assert_all_in_order(&server.log(), 20);
        vitals.end().await;
    });
}

#[test]
fn a_new_process_sends_what_the_last_one_could_not() {
    story(async {
        let folder = Folder::new("handover");
        let mut server = Server::redis(&[]);
        server.kill();
        let (outbox, _) = Outbox::open(&folder.0, Options::default()).unwrap();
        let vitals = Vitals::start(settings(&server.url()), outbox.clone());
        tell_all(&vitals, 1, 50).await;
        vitals.end().await;
        assert!(outbox.close(LONG));
        drop(outbox);

        assert!(server.up());
        let (outbox, recovery) = Outbox::open(&folder.0, Options::default()).unwrap();
        assert_eq!(recovery.records, 200);
        let vitals = Vitals::start(settings(&server.url()), outbox);
        vitals.delivered().await;
        let log = server.log();
        assert_all_in_order(&log, 50);
        assert_eq!(log.last().unwrap().seq, 200);
        vitals.end().await;
    });
}

//! What a consumer finds on a Redis that works.

use std::{sync::Arc, time::Duration};

use vitals_actors::alert::{dispatcher::Cadence, notification::Status};

use super::stage::*;

#[test]
fn it_is_published_logged_and_kept_while_it_fires() {
    story(async {
        let server = Server::redis(&[]);
        let subscriber = Subscriber::new(&server);
        let vitals = Vitals::start(settings(&server.url()), in_memory());
        vitals.tell(alert("CPU", 1)).await;
        let (channel, payload) = subscriber.next();
        assert_eq!(channel, "vitals:alerts");
        assert_eq!(
            (payload.status, payload.seq, payload.version),
            (Status::Firing, 1, 1)
        );
        let (channel, again) = subscriber.next();
        assert_eq!(
            (channel.as_str(), &again),
            ("vitals:alerts:warning", &payload)
        );
        vitals.delivered().await;
        assert_eq!(server.active(), [payload.fingerprint.to_string()]);
        assert_eq!(server.log(), [payload]);
        let alive: String = server.ask(&["GET", "{vitals}:alive"]);
        assert!(alive.contains(r#""source":"vitals@test""#), "{alive}");
        let lasts: u64 = server.ask(&["TTL", "{vitals}:alive"]);
        assert!((1..=30).contains(&lasts));

        vitals.tell(alert("CPU", 2)).await;
        assert_eq!(subscriber.next().1.status, Status::Resolved);
        vitals.delivered().await;
        assert!(server.active().is_empty());
        assert_eq!(server.log().len(), 2);
        assert_eq!((vitals.count("delivered"), vitals.count("failed")), (2, 0));
        vitals.end().await;
    });
}

#[test]
fn a_batch_is_one_call_and_keeps_its_order() {
    story(async {
        let server = Server::redis(&[]);
        let vitals = Vitals::start(settings(&server.url()), in_memory());
        for n in 1..=1_000 {
            vitals.tell(alert("CPU", n)).await;
        }
        vitals.delivered().await;
        let numbers: Vec<u64> = server.log().iter().map(n).collect();
        assert_eq!(numbers, (1..=1_000).collect::<Vec<_>>());
        assert!(server.active().is_empty());
        vitals.end().await;
    });
}

#[test]
fn a_server_that_forgets_the_scripts_is_given_them_again() {
    story(async {
        let server = Server::redis(&[]);
        let vitals = Vitals::start(settings(&server.url()), in_memory());
        for n in 1..=4 {
            vitals.tell(alert("CPU", n)).await;
            vitals.delivered().await;
            server.command(&["SCRIPT", "FLUSH"]);
        }
        assert_eq!(server.log().len(), 4);
        assert_eq!(vitals.count("failed"), 0, "nobody notices");
        vitals.end().await;
    });
}

#[test]
fn whoever_does_not_hold_the_lease_sends_nothing() {
    story(async {
        let server = Server::redis(&[]);
        let vitals = Vitals::start(settings(&server.url()), in_memory());
        server.command(&["SET", "{vitals}:notifier", "somebody else"]);
        vitals.fence.send_replace(Some(Arc::from("us:1")));
        vitals.tell(alert("CPU", 1)).await;
        until(|| vitals.count("failed") >= 2).await;
        assert!(server.log().is_empty() && server.active().is_empty());
        server.command(&["SET", "{vitals}:notifier", "us:1"]);
        vitals.delivered().await;
        assert_eq!(server.log().len(), 1);
        vitals.end().await;
    });
}

#[test]
fn what_is_kept_is_corrected_and_late_subscribers_hear_what_fires() {
    story(async {
        let server = Server::redis(&[]);
        let cadence = Cadence {
            reconcile: Duration::from_millis(200),
            announce: Duration::from_millis(600),
            ..Cadence::default()
        };
        let timeout = Duration::from_secs(5);
        let vitals = Vitals::with(settings(&server.url()), in_memory(), cadence, timeout);
        vitals.firing(vec![alert("A", 1), alert("B", 3)]).await;
        vitals.delivered().await;
        let active = server.active();
        assert_eq!(active.len(), 2);
        server.command(&["HDEL", "{vitals}:alerts:active", &active[0]]);
        server.command(&["HSET", "{vitals}:alerts:active", &active[1], "{}"]);
        server.command(&["HSET", "{vitals}:alerts:active", "0000000000000000", "{}"]);
        let kept = || {
            let kept: Vec<String> = server.ask(&["HVALS", "{vitals}:alerts:active"]);
            kept.iter()
                .filter(|json| json.contains(r#""version":1"#))
                .count()
        };
        until(|| server.active() == active && kept() == 2).await;

        let late = Subscriber::new(&server);
        let mut heard = vec![late.next(), late.next(), late.next(), late.next()];
        heard.retain(|(channel, _)| channel == "vitals:alerts");
        let mut ids: Vec<_> = heard
            .iter()
            .map(|(_, payload)| payload.id.clone())
            .collect();
        ids.sort();
        let mut logged: Vec<_> = server
            .log()
            .iter()
            .map(|payload| payload.id.clone())
            .collect();
        logged.sort();
        assert_eq!(ids, logged, "the same ids, and nothing new in the log");
        vitals.end().await;
    });
}

//! SIGTERM and SIGINT: readiness goes, answers under way are finished, nobody who got through is cut
//! off, actors stop in order, and the exit code is 0.

use std::{
    collections::BTreeMap,
    io::ErrorKind,
    net::SocketAddr,
    sync::atomic::{AtomicUsize, Ordering::Relaxed},
    thread,
    time::Duration,
};

use rustix::process::Signal;

use crate::stage::{Connection, DEADLINE, Setup, until};

#[test]
fn both_signals_stop_the_actors_in_the_reverse_of_their_order() {
    for (signal, name) in [(Signal::TERM, "SIGTERM"), (Signal::INT, "SIGINT")] {
        let mut vitals = Setup::new().flag("--log").flag("debug").ready();
        let started = vitals
            .tree_until("all running", |tree| tree.all_are("running"))
            .paths();
        vitals.process.signal(signal);
        assert_eq!(vitals.ends().code(), Some(0));

        let log = vitals.process.log();
        let asked = format!("{name}: stopping");
        let asked = log.iter().position(|line| line.ends_with(&asked)).unwrap();
        let stopped: Vec<_> = log[asked + 1..]
            .iter()
            .filter_map(|line| line.strip_suffix(": stopped as asked"))
            .map(|line| line.rsplit(' ').next().unwrap())
            .collect();
        // Children before their supervisors, and who was started last first.
        let place = |path: &str| stopped.iter().position(|stopped| *stopped == path);
        for path in &started {
            assert!(place(path).is_some(), "{path} in {log:#?}");
            if let Some((parent, _)) = path.rsplit_once('/') {
                assert!(place(path) < place(parent), "{path} in {log:#?}");
            }
        }
        for (earlier, later) in [
            ("front", "health"),
            ("health", "collectors"),
            ("collectors", "pipeline"),
        ] {
            assert!(place(earlier) < place(later), "{earlier} in {log:#?}");
        }
        assert!(log.last().unwrap().ends_with(" stopped"), "{log:#?}");
    }
}

/// What became of a request that was on its way while the process stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Fate {
    Answered,
    /// There was no connection: nothing was sent.
    Refused,
    /// There was a connection, and no whole answer.
    Cut(ErrorKind),
}

impl Fate {
    fn of(address: SocketAddr) -> Self {
        let Ok(mut connection) = Connection::open(address) else {
            return Fate::Refused;
        };
        match connection.get("/metrics") {
            Ok(response) => {
                assert_eq!(response.status, 200);
                assert!(response.body.ends_with(b"\n"));
                Fate::Answered
            }
            Err(error) => Fate::Cut(error.kind()),
        }
    }
}

#[test]
fn whoever_gets_through_is_answered_to_the_last() {
    for _ in 0..5 {
        let mut vitals = Setup::new().ready();
        let (address, asked) = (vitals.address, AtomicUsize::new(0));
        let fates = thread::scope(|scope| {
            let client = || {
                let mut fates = BTreeMap::<Fate, usize>::new();
                while !fates.contains_key(&Fate::Refused) {
                    *fates.entry(Fate::of(address)).or_default() += 1;
                    asked.fetch_add(1, Relaxed);
                }
                fates
            };
            let clients: Vec<_> = (0..4).map(|_| scope.spawn(client)).collect();
            until("many requests", DEADLINE, || {
                (asked.load(Relaxed) > 100).then_some(())
            });
            assert_eq!(vitals.stop().code(), Some(0));
            let mut fates = BTreeMap::<Fate, usize>::new();
            for (fate, times) in clients
                .into_iter()
                .flat_map(|client| client.join().unwrap())
            {
                *fates.entry(fate).or_default() += times;
            }
            fates
        });
        assert!(
            fates.keys().all(|fate| !matches!(fate, Fate::Cut(_))),
            "{fates:?}"
        );
    }
}

#[test]
fn answers_under_way_are_finished_and_new_requests_find_it_not_ready() {
    let mut vitals = Setup::new().flag("--chaos").ready();
    let address = vitals.address;
    // The front is kept from stopping for a second, its server is not kept from answering.
    vitals.strike("front", "hang?seconds=1");
    // And whoever asks the aggregator waits.
    vitals.strike("pipeline/aggregator", "hang?seconds=1");
    let mut waiting: Vec<_> = (0..20)
        .map(|_| {
            let mut connection = Connection::open(address).unwrap();
            let ask = b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n";
            connection.send(ask).unwrap();
            connection
        })
        .collect();
    vitals.process.signal(Signal::TERM);
    until("no longer ready", DEADLINE, || {
        (vitals.get("/readyz").status == 503).then_some(())
    });
    let verbose = vitals.get("/readyz?verbose");
    assert!(
        verbose.body.contains("[-]shutdown failed"),
        "{}",
        verbose.body
    );
    assert_eq!(vitals.get("/-/ready").status, 503);
    assert_eq!(vitals.get("/livez").status, 200);
    assert_eq!(vitals.get("/metrics").status, 200);
    for connection in &mut waiting {
        assert_eq!(connection.receive().unwrap().status, 200);
        assert!(connection.is_over().unwrap(), "closed once it is idle");
    }
    assert_eq!(vitals.ends().code(), Some(0));
}

#[test]
fn an_actor_that_hangs_does_not_keep_it() {
    let mut vitals = Setup::new().flag("--chaos").ready();
    vitals.strike("collectors/system", "hang?seconds=60");
    vitals.process.signal(Signal::TERM);
    // The actor has five seconds, and its sixty are not waited for.
    assert_eq!(vitals.ends_within(Duration::from_secs(50)).code(), Some(0));
}

#[test]
fn a_second_signal_ends_it_at_once() {
    let mut vitals = Setup::new().flag("--chaos").ready();
    vitals.strike("collectors/system", "hang?seconds=60");
    vitals.process.signal(Signal::TERM);
    vitals.process.says("SIGTERM: stopping");
    vitals.process.signal(Signal::INT);
    assert_eq!(vitals.ends().code(), Some(130));
    vitals.process.says("SIGINT again: ending at once");
}

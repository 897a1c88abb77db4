//! A Redis that answers and refuses: out of memory, a replica, a key of somebody else's.

use super::stage::*;

fn numbers(payloads: &[vitals_actors::alert::payload::Payload]) -> Vec<u64> {
    payloads.iter().map(n).collect()
}

#[test]
fn out_of_memory_it_is_published_at_once_and_kept_later() {
    story(async {
        let server = Server::redis(&["--maxmemory-policy", "noeviction"]);
        let subscriber = Subscriber::new(&server);
        let vitals = Vitals::start(settings(&server.url()), in_memory());
        vitals.tell(alert("CPU", 1)).await;
        vitals.delivered().await;
        server.command(&["CONFIG", "SET", "maxmemory", "1"]);
        let mut heard = Vec::new();
        for number in 2..=20_u64 {
            // Ends would go through: they give memory back.
            vitals
                .tell(alert(&format!("Firing{number}"), number * 2 + 1))
                .await;
            // Each is heard while nothing can be kept.
            while heard.last() != Some(&(number * 2 + 1)) {
                heard.push(n(&subscriber.next().1));
            }
        }
        until(|| vitals.count("failed") >= 2).await;
        assert_eq!(numbers(&server.log()), [1]);
        server.command(&["CONFIG", "SET", "maxmemory", "0"]);
        vitals.delivered().await;
        let all: Vec<u64> = (1..=20)
            .map(|number| if number == 1 { 1 } else { number * 2 + 1 })
            .collect();
        assert_eq!(numbers(&server.log()), all);
        assert_eq!(server.active().len(), 20);
        // Once on each of the two channels, and not again when it is kept.
        assert!(subscriber.so_far().is_empty());
        heard.dedup();
        assert_eq!(heard, all);
        vitals.end().await;
    });
}

#[test]
fn a_replica_is_told_nothing() {
    story(async {
        let master = Server::redis(&[]);
        let replica = Server::redis(&["--replicaof", "127.0.0.1", &master.port.to_string()]);
        until(|| {
            replica
                .ask::<String>(&["INFO", "replication"])
                .contains("master_link_status:up")
        })
        .await;
        let subscriber = Subscriber::new(&replica);
        let vitals = Vitals::start(settings(&replica.url()), in_memory());
        vitals.tell(alert("CPU", 1)).await;
        until(|| vitals.count("failed") >= 2).await;
        assert!(subscriber.so_far().is_empty());
        replica.command(&["REPLICAOF", "NO", "ONE"]);
        vitals.delivered().await;
        assert_eq!(numbers(&replica.log()), [1]);
        assert_eq!(n(&subscriber.next().1), 1);
        vitals.end().await;
    });
}

#[test]
fn a_key_of_somebody_elses_is_left_alone() {
    story(async {
        let server = Server::redis(&[]);
        let subscriber = Subscriber::new(&server);
        server.command(&["SET", "{vitals}:alerts:log", "mine"]);
        let vitals = Vitals::start(settings(&server.url()), in_memory());
        vitals.tell(alert("CPU", 1)).await;
        assert_eq!(n(&subscriber.next().1), 1);
        until(|| vitals.count("failed") >= 2).await;
        assert_eq!(
            server.ask::<String>(&["GET", "{vitals}:alerts:log"]),
            "mine"
        );
        server.command(&["DEL", "{vitals}:alerts:log"]);
        vitals.delivered().await;
        assert_eq!(numbers(&server.log()), [1]);
        vitals.end().await;
    });
}

#[test]
fn a_server_that_cannot_save_still_lets_everybody_know() {
    story(async {
        // It cannot write its snapshots, and refuses writes because of it.
        let server = Server::redis(&["--stop-writes-on-bgsave-error", "yes"]);
        let subscriber = Subscriber::new(&server);
        let vitals = Vitals::start(settings(&server.url()), in_memory());
        vitals.tell(alert("CPU", 1)).await;
        vitals.delivered().await;
        std::fs::create_dir(server.folder().join("dump.rdb")).unwrap();
        server.command(&["CONFIG", "SET", "save", "3600 1000000"]);
        server.command(&["BGSAVE"]);
        until(|| {
            server
                .ask::<String>(&["INFO", "persistence"])
                .contains("rdb_last_bgsave_status:err")
        })
        .await;
        vitals.tell(alert("CPU", 2)).await;
        while n(&subscriber.next().1) != 2 {}
        until(|| vitals.count("failed") >= 2).await;
        assert_eq!(numbers(&server.log()), [1]);
        server.command(&["CONFIG", "SET", "stop-writes-on-bgsave-error", "no"]);
        vitals.delivered().await;
        assert_eq!(numbers(&server.log()), [1, 2]);
        vitals.end().await;
    });
}

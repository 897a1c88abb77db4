//! A master that Sentinels watch, and that is replaced.

use super::stage::*;

fn is_follower(server: &Server) -> bool {
    let info: String = server.ask(&["INFO", "replication"]);
    info.contains("role:slave") && info.contains("master_link_status:up")
}

fn is_master(server: &Server) -> bool {
    server
        .ask::<String>(&["INFO", "replication"])
        .contains("role:master")
}

/// A master, its replica, a Sentinel that knows both, and the URL.
async fn watched() -> (Server, Server, Server, String) {
    let master = Server::redis(&[]);
    let replica = Server::redis(&["--replicaof", "127.0.0.1", &master.port.to_string()]);
    until(|| is_follower(&replica)).await;
    let sentinel = Server::sentinel(&master);
    let info = || sentinel.ask::<String>(&["INFO", "sentinel"]);
    until(|| info().contains("slaves=1")).await;
    let url = format!("redis+sentinel://127.0.0.1:{}/mymaster", sentinel.port);
    (master, replica, sentinel, url)
}

#[test]
fn a_master_that_dies_is_replaced_and_alerts_go_on() {
    story(async {
        let (mut old, new, _sentinel, url) = watched().await;
        let vitals = Vitals::start(settings(&url), in_memory());
        for number in 1..=10 {
            vitals.tell(alert("CPU", number)).await;
        }
        vitals.delivered().await;
        // What the old one has, the new one has as well, before it dies.
        until(|| new.log().len() == 10).await;
        old.kill();
        for number in 11..=50 {
            vitals.tell(alert("CPU", number)).await;
        }
        until(|| is_master(&new)).await;
        vitals.delivered().await;
        let numbers: Vec<u64> = new.log().iter().map(n).collect();
        assert_eq!(numbers, (1..=50).collect::<Vec<_>>());
        vitals.end().await;
    });
}

#[test]
fn a_master_that_is_demoted_is_left() {
    story(async {
        let (old, new, sentinel, url) = watched().await;
        let vitals = Vitals::start(settings(&url), in_memory());
        vitals.tell(alert("CPU", 1)).await;
        vitals.delivered().await;
        until(|| sentinel_fails_over(&sentinel)).await;
        let mut number = 1;
        while !is_master(&new) || is_master(&old) {
            number += 1;
            vitals.tell(alert("CPU", number)).await;
            vitals.delivered().await;
        }
        let last = number + 10;
        for number in number + 1..=last {
            vitals.tell(alert("CPU", number)).await;
        }
        vitals.delivered().await;
        // A failover may lose what the old master had alone. What comes then is all on the new one.
        let kept: Vec<u64> = new.log().iter().map(n).collect();
        assert!(kept.is_sorted_by(|a, b| a < b));
        assert_eq!(
            kept[kept.len() - 10..],
            (last - 9..=last).collect::<Vec<_>>()
        );
        vitals.end().await;
    });
}

/// Refused as long as it does not think the replica is good.
fn sentinel_fails_over(sentinel: &Server) -> bool {
    let mut command = redis::cmd("SENTINEL");
    command.arg("FAILOVER").arg("mymaster");
    command
        .query::<redis::Value>(&mut sentinel.connection())
        .is_ok()
}

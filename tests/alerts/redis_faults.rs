//! A Redis that is replaced, moved, full, only a replica, or slow while alerts begin and end: each is
//! told of all of them, in order.

use std::time::Duration;

use super::weather::{HOT, House, fails, notifications, weather_to, with_rules};
use crate::stage::{Cluster, DEADLINE, Redis, Sentinels, Subscriber, Vitals, until};

const ROOMS: usize = 20;

/// A house whose alerts go to a Redis.
fn watched(url: &str) -> (House, Vitals) {
    let house = House::new(ROOMS);
    let setup = weather_to(with_rules(HOT), &house.thermometer, Some(url), "");
    (house, setup.ready())
}

#[test]
fn a_master_that_dies_is_replaced_and_its_successor_is_told_all() {
    let mut sentinels = Sentinels::start();
    let (mut house, vitals) = watched(&sentinels.url());
    house.changes(&vitals, 2);
    // What the old one has, the new one has as well, before it dies.
    house.is_told(&sentinels.replica);
    sentinels.master = None;
    house.changes(&vitals, 2);
    until("a new master", 2 * DEADLINE, || {
        let info = sentinels.replica.try_ask(&["INFO", "replication"])?;
        info.contains("role:master").then_some(())
    });
    house.changes(&vitals, 1);
    house.is_told(&sentinels.replica);
}

#[test]
fn a_slot_that_moves_takes_the_alerts_with_it() {
    let cluster = Cluster::start();
    let (mut house, vitals) = watched(&cluster.url());
    house.changes(&vitals, 1);
    let key = "{vitals}:alerts:log";
    let from = until("the node with our keys", DEADLINE, || cluster.holder(key));
    house.is_told(&cluster.nodes[from]);
    let moving = cluster.begin_move(key, from, (from + 1) % 3);
    // Half of the keys are there, half here: nobody can run a script over them.
    let failed = notifications(&vitals, "redis", "failed");
    moving.take(key);
    house.changes(&vitals, 1);
    fails(&vitals, failed);
    moving.take_all();
    house.changes(&vitals, 2);
    moving.end();
    house.changes(&vitals, 1);
    house.is_told(&cluster.nodes[moving.to]);
}

#[test]
fn out_of_memory_it_publishes_at_once_and_keeps_all_of_it_later() {
    let redis = Redis::start(&["--maxmemory-policy", "noeviction"]);
    let (mut house, vitals) = watched(&format!("redis://{}", redis.host()));
    house.changes(&vitals, 2);
    house.is_told(&redis);
    let listener = Subscriber::of(&redis, "vitals:alerts");
    let failed = notifications(&vitals, "redis", "failed");
    redis.ask(&["CONFIG", "SET", "maxmemory", "1"]);
    house.changes(&vitals, 1);
    assert_eq!(listener.next_of("Hot")["status"], "firing");
    house.changes(&vitals, 3);
    fails(&vitals, failed);
    redis.ask(&["CONFIG", "SET", "maxmemory", "0"]);
    house.is_told(&redis);
}

#[test]
fn a_replica_is_told_nothing_until_it_is_a_master() {
    let master = Redis::start(&[]);
    let replica = Redis::start(&["--replicaof", "127.0.0.1", &master.port().to_string()]);
    until("a replica", DEADLINE, || {
        let info = replica.try_ask(&["INFO", "replication"])?;
        info.contains("master_link_status:up").then_some(())
    });
    let (mut house, vitals) = watched(&format!("redis://{}", replica.host()));
    house.changes(&vitals, 3);
    fails(&vitals, 0.0);
    assert_eq!(replica.ask(&["EXISTS", "{vitals}:alerts:log"]), ":0");
    assert_eq!(replica.ask(&["REPLICAOF", "NO", "ONE"]), "+OK");
    house.changes(&vitals, 1);
    house.is_told(&replica);
}

#[test]
fn one_that_is_slow_is_waited_for_and_asked_again() {
    let redis = Redis::start(&[]);
    let (mut house, vitals) = watched(&format!("redis://{}", redis.host()));
    house.changes(&vitals, 1);
    let failed = notifications(&vitals, "redis", "failed");
    // Longer than a sink waits for an answer.
    let pause = Duration::from_secs(9).as_millis().to_string();
    assert_eq!(redis.ask(&["CLIENT", "PAUSE", &pause, "ALL"]), "+OK");
    house.changes(&vitals, 4);
    until("an answer that comes too late", DEADLINE, || {
        (notifications(&vitals, "redis", "failed") > failed).then_some(())
    });
    house.is_told(&redis);
}

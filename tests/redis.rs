//! A Redis beside Vitals: its figures are those it gives itself, and whatever goes wrong with it is told,
//! harms nobody else, and is over when it is over.

use rustix::process::Signal;

use crate::stage::{
    Authority, Cluster, Directory, LOOKS, Lasting, Redis, SOON, Sentinels, Setup, Source, Vitals,
    until,
};

/// A password, and no word of anything that is said.
const RIGHT: &str = "kq7-4711-xw";

/// Watches the Redis at a URL.
fn watch(url: &str, more: &str) -> Vitals {
    let settings = format!("{SOON}\n[redis]\nurl = \"{url}\"\n{more}\n");
    Setup::new().settings(&settings).ready()
}

fn watch_one(redis: &Redis) -> Vitals {
    watch(&format!("redis://{}", redis.host()), "")
}

#[test]
fn its_figures_are_those_it_gives_itself() {
    let redis = Redis::start(&["--maxmemory", "64mb", "--maxclients", "500"]);
    redis.look_up(500, 500);
    let vitals = Setup::new().settings(SOON);
    let vitals = vitals.variable("REDIS_HOST", &redis.host()).ready();
    let source = Source::of(&vitals, "redis");
    source.is_well();
    // What was looked up before is of no matter.
    assert_eq!(vitals.page().get("vitals_redis_hit_ratio"), None);
    let cache = source.target("cache_hit");
    assert_eq!(
        (&cache["reason"], cache["hint"].as_str()),
        (
            &"too_few".into(),
            Some("fewer than 100 look-ups in Redis in 5 minutes")
        )
    );

    redis.look_up(90, 10);
    source.becomes("vitals_redis_hit_ratio", 0.9);
    for (series, key) in [
        ("vitals_redis_keyspace_hits_total", "keyspace_hits"),
        ("vitals_redis_keyspace_misses_total", "keyspace_misses"),
        ("vitals_redis_clients_max", "maxclients"),
        ("vitals_redis_memory_max_bytes", "maxmemory"),
        ("vitals_redis_replicas", "connected_slaves"),
        ("vitals_redis_evicted_keys_total", "evicted_keys"),
        (
            "vitals_redis_rejected_connections_total",
            "rejected_connections",
        ),
        (
            "vitals_redis_last_save_timestamp_seconds",
            "rdb_last_save_time",
        ),
    ] {
        source.becomes(series, redis.info(key));
    }
    // Whoever asks is a client, too, with buffers of its own; and who measures the connection comes and
    // goes.
    until("the clients", LOOKS, || {
        let told = vitals.page().get("vitals_redis_clients")?;
        (told == redis.info("connected_clients") - 1.0).then_some(())
    });
    until("the memory", LOOKS, || {
        let told = vitals.page().get("vitals_redis_memory_used_bytes")?;
        ((told / redis.info("used_memory") - 1.0).abs() < 0.05).then_some(())
    });
    let ping = source.value("vitals_redis_ping_seconds");
    assert!(ping > 0.0 && ping < 1.0, "{ping}");
    source.becomes("vitals_redis_persistence_ok", 1.0);
    assert_eq!(source.series("vitals_redis_info").len(), 1);

    // It stands in for the cache of an application.
    until("the target", LOOKS, || {
        (source.target("cache_hit")["value"] == 0.9).then_some(())
    });
    let cache = source.target("cache_hit");
    assert_eq!(
        (&cache["source"], &cache["status"]),
        (&"redis".into(), &"met".into())
    );
    assert_eq!(cache["simulated"], false);
    source.becomes("vitals_source{application=\"redis\",signal=\"cache_hit\",source=\"vitals_redis_hit_ratio\"}", 1.0);
    source.becomes("vitals_uptime_ratio{target=\"redis\",window=\"24h\"}", 1.0);
    let connect = format!(
        "vitals_network_connect_seconds{{target=\"{}\"}}",
        redis.host()
    );
    assert!(source.value(&connect) > 0.0);

    // Statistics that are reset, and a server that is started anew, take nothing away.
    assert_eq!(redis.ask(&["CONFIG", "RESETSTAT"]), "+OK");
    redis.look_up(0, 80);
    source.becomes("vitals_redis_hit_ratio", 0.5);
    let redis = redis.restart(&[]);
    redis.becomes_ready();
    source.becomes("vitals_redis_keyspace_misses_total", 0.0);
    source.becomes("vitals_redis_hit_ratio", 0.5);
    redis.look_up(20, 0);
    source.becomes("vitals_redis_hit_ratio", 110.0 / 200.0);
}

#[test]
fn who_may_not_ask_is_told_so() {
    let redis = Redis::with_password(RIGHT);
    let url = format!("redis://{}", redis.host());
    let nobody = watch(&url, "");
    Source::of(&nobody, "redis").is_down("auth", "it asks who we are: set password");
    let cache = Source::of(&nobody, "redis").target("cache_hit");
    assert_eq!(cache["reason"], "auth", "{cache}");
    let wrong = watch(&url, "password = \"wrong\"");
    Source::of(&wrong, "redis").is_down("auth", "name or password is wrong");

    let asked = redis.ask(&["ACL", "SETUSER", "poor", "on", ">poor", "+ping"]);
    assert_eq!(asked, "+OK");
    let poor = watch(&url, "username = \"poor\"\npassword = \"poor\"");
    Source::of(&poor, "redis").is_down("forbidden", "ACL SETUSER");
    redis.ask(&["ACL", "SETUSER", "poor", "+info"]);
    Source::of(&poor, "redis").is_well();

    // The secret is in a file, which is read again with a reload.
    let token = "0123456789abcdef".repeat(4);
    let setup = Setup::new().settings(SOON).file("password", "wrong\n");
    let setup = setup
        .variable("REDIS_HOST", &redis.host())
        .variable("VITALS_TOKEN", &token);
    let vitals = setup.variable("REDIS_PASSWORD_FILE", "password").ready();
    let source = Source::of(&vitals, "redis");
    source.is_down("auth", "name or password is wrong");
    vitals.directory.write("password", RIGHT);
    vitals.process.signal(Signal::HUP);
    source.is_well();
    let said = vitals.process.log().join("\n") + &vitals.get("/metrics").body;
    assert!(!said.contains(RIGHT), "{said}");
}

#[test]
fn what_goes_wrong_is_told_and_passes() {
    let redis = Redis::start(&["--enable-debug-command", "yes"]);
    let vitals = watch_one(&redis);
    let source = Source::of(&vitals, "redis");
    source.is_well();

    // It hangs.
    redis.signal(Signal::STOP);
    source.is_down("timeout", "no answer");
    assert_eq!(source.series("vitals_redis_"), [""; 0]);
    redis.signal(Signal::CONT);
    source.is_well();

    // It is slow, for longer than a look.
    let (slow, answered) = std::sync::mpsc::channel();
    std::thread::scope(|scope| {
        scope.spawn(|| slow.send(redis.ask(&["DEBUG", "SLEEP", "5"])).unwrap());
        source.is_down("timeout", "no answer");
    });
    assert_eq!(answered.recv().unwrap(), "+OK");
    source.is_well();

    // It is gone, and there again.
    let (port, host) = (redis.port(), redis.host());
    drop(redis);
    source.is_down("connect", &format!("{host}: Connection refused"));
    let _redis = Redis::start_on(port, Directory::new(), &[]);
    source.is_well();
    vitals.nothing_panicked_unguarded();
}

#[test]
fn one_that_cannot_save_and_one_that_loads() {
    let redis = Redis::start(&["--save", "3600", "1", "--enable-protected-configs", "yes"]);
    // What alerts keep there is not counted on.
    let no_alerts = "[alerts.redis]\nenabled = false";
    let vitals = watch(&format!("redis://{}", redis.host()), no_alerts);
    let source = Source::of(&vitals, "redis");
    source.is_well();
    for number in 0..800 {
        assert_eq!(redis.ask(&["SET", &format!("key{number}"), "value"]), "+OK");
    }
    assert_eq!(redis.ask(&["SAVE"]), "+OK");

    // A directory stands where its file should: a save fails whoever it runs as.
    assert_eq!(redis.ask(&["CONFIG", "SET", "dbfilename", "taken"]), "+OK");
    redis.make_directory("taken");
    redis.ask(&["BGSAVE"]);
    source.lacks(
        "unavailable",
        "it refuses writes because it could not save (MISCONF)",
    );
    source.becomes("vitals_redis_persistence_ok", 0.0);
    assert!(
        source.value("vitals_redis_memory_used_bytes") > 0.0,
        "the rest is known"
    );
    assert_eq!(vitals.page().get("vitals_redis_ping_seconds"), None);
    assert_eq!(
        redis.ask(&["CONFIG", "SET", "dbfilename", "dump.rdb"]),
        "+OK"
    );
    redis.ask(&["BGSAVE"]);
    source.is_well();

    // It takes its time to load: 10 ms for a key.
    let redis = redis.restart(&[
        "--key-load-delay",
        "10000",
        "--loading-process-events-interval-bytes",
        "1024",
    ]);
    source.is_down("unavailable", "it is loading its data");
    assert_eq!(source.series("vitals_redis_"), [""; 0]);
    source.is_well();
    assert_eq!(redis.ask(&["DBSIZE"]), ":800");
}

#[test]
fn a_master_that_fails_is_followed_by_what_sentinels_say() {
    let mut sentinels = Sentinels::start();
    let vitals = watch(&sentinels.url(), "");
    let source = Source::of(&vitals, "redis");
    source.is_well();
    source.becomes("vitals_redis_replicas", 1.0);
    sentinels.master.as_ref().unwrap().look_up(150, 50);
    source.becomes("vitals_redis_hit_ratio", 0.75);
    sentinels.replica.look_up(0, 1_000);

    sentinels.master = None;
    until("the replica is the master", LOOKS, || {
        // Who is connected to a server that is promoted is thrown out.
        let info = sentinels.replica.try_ask(&["INFO"])?;
        info.contains("role:master").then_some(())
    });
    source.becomes("vitals_redis_replicas", 0.0);
    source.is_well();
    // What the new one had counted before is not taken for new.
    source.becomes("vitals_redis_hit_ratio", 0.75);
    sentinels.replica.look_up(0, 100);
    source.becomes("vitals_redis_hit_ratio", 0.5);
}

#[test]
fn all_masters_of_a_cluster_are_one() {
    let mut cluster = Cluster::start();
    let vitals = watch(&cluster.url(), "");
    let source = Source::of(&vitals, "redis");
    source.is_well();
    let sum =
        |cluster: &Cluster, key: &str| cluster.nodes.iter().map(|node| node.info(key)).sum::<f64>();
    source.becomes("vitals_redis_clients_max", sum(&cluster, "maxclients"));
    // Keys of the first and of the last third of the slots.
    for (node, tag, times) in [(0, "{bar}", 60), (2, "{foo}", 40)] {
        let node = &cluster.nodes[node];
        assert_eq!(node.ask(&["SET", &format!("{tag}hit"), "1"]), "+OK");
        for time in 0..times {
            assert_eq!(node.ask(&["GET", &format!("{tag}hit")]), "1");
            if time % 4 == 0 {
                assert_eq!(node.ask(&["GET", &format!("{tag}miss")]), "$-1");
            }
        }
    }
    source.becomes(
        "vitals_redis_keyspace_hits_total",
        sum(&cluster, "keyspace_hits"),
    );
    until("hits and misses", LOOKS, || {
        let ratio = vitals.page().get("vitals_redis_hit_ratio")?;
        ((ratio - 0.8).abs() < 1e-9).then_some(())
    });

    // One is lost: then sums would be wrong.
    let lost = cluster.nodes.remove(0);
    let part = lost.host();
    drop(lost);
    source.lacks("connect", &part);
    assert_eq!(vitals.page().get("vitals_redis_clients"), None);
    assert!(source.value("vitals_redis_ping_seconds") > 0.0);
}

#[test]
fn tls_is_spoken_where_the_url_says_so() {
    let authority = Authority::new("ours");
    let [certificate, key] = authority.certify("127.0.0.1", Lasting::Still);
    let [certificate, key] = [certificate, key].map(|path| path.to_str().unwrap().to_owned());
    let redis = Redis::with_tls(&certificate, &key);
    let url = format!("rediss://{}", redis.tls_host());
    let ca = format!("ca_file = \"{}\"", authority.file().display());
    let trusting = watch(&url, &ca);
    Source::of(&trusting, "redis").is_well();
    let doubting = watch(&url, "");
    Source::of(&doubting, "redis").is_down("tls", "nobody we trust");
    let plain = watch(&format!("redis://{}", redis.tls_host()), "");
    Source::of(&plain, "redis").is_down("connect", "the server hung up");
}

#[test]
fn what_is_no_redis_is_named_and_bounded() {
    let garbage = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let host = garbage.local_addr().unwrap();
    std::thread::spawn(move || {
        use std::io::Write;
        for stream in garbage.incoming() {
            let mut stream = stream.unwrap();
            std::thread::spawn(move || {
                let _ = stream.write_all(b"$1000000000\r\n");
                while stream.write_all(&[b'x'; 65_536]).is_ok() {}
            });
        }
    });
    let vitals = watch(&format!("redis://{host}"), "");
    let source = Source::of(&vitals, "redis");
    source.is_down("too_large", "is larger than 4194304 bytes");
    let text = crate::stage::get(&vitals.url("/metrics"), &[]).body;
    assert!(!text.contains("xxx"));
    vitals.nothing_panicked_unguarded();
}

#[test]
fn a_reload_brings_it_and_takes_it_away_and_touches_nobody_else() {
    let redis = Redis::start(&[]);
    let settings = |more: &str| format!("{SOON}\n{more}\n");
    let vitals = Setup::new().settings(&settings("")).ready();
    let source = Source::of(&vitals, "redis");
    let reload = |more: &str| {
        vitals.directory.write("vitals.toml", &settings(more));
        vitals.process.signal(Signal::HUP);
    };
    let paths = || vitals.tree().paths();
    reload(&format!("redis.url = \"redis://{}\"", redis.host()));
    source.is_well();
    assert!(paths().contains(&"collectors/redis".to_owned()));
    // A mistake changes nothing.
    reload("redis.url = \"redis:6379\"");
    source.becomes("vitals_config_last_reload_successful", 0.0);
    source.is_well();
    reload("");
    until("it is forgotten", LOOKS, || {
        let gone = !paths().contains(&"collectors/redis".to_owned());
        (gone && source.series("vitals_redis_").is_empty() && source.check().is_null())
            .then_some(())
    });
    for node in &vitals.tree().0 {
        let is_network = node.path == "collectors/network";
        assert!(node.generation == 1 || is_network, "{node:?}");
    }
}

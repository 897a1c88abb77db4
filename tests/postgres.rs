//! A PostgreSQL beside Vitals: its figures are those of its own views, and whatever goes wrong with it is
//! told, harms nobody else, and is over when it is over.

use std::net::TcpListener;

use rustix::process::Signal;

use crate::stage::{Authority, LOOKS, Lasting, Postgres, SOON, Setup, Source, Vitals, until};

/// Watches it, by sections of settings.
fn watch(sections: &str) -> Vitals {
    Setup::new()
        .settings(&format!("{SOON}\n{sections}"))
        .ready()
}

fn of<'v>(vitals: &'v Vitals) -> Source<'v> {
    Source::of(vitals, "postgres/main")
}

fn series(name: &str) -> String {
    format!("vitals_postgres_{name}{{postgres=\"main\"}}")
}

#[test]
fn its_figures_are_those_of_its_views() {
    let postgres = Postgres::start("");
    let vitals = watch(&postgres.section("main"));
    let source = of(&vitals);
    source.is_well();
    // Two that do nothing, and one in a transaction that waits.
    let idle = [1, 2].map(|_| postgres.session("application", "SELECT pg_sleep(600)"));
    let count = "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'";
    until("the connections", LOOKS, || {
        // The administrator is one, too.
        let is = postgres.number(count) - 1.0;
        (is == 3.0 && vitals.page().get(&series("connections")) == Some(is)).then_some(())
    });
    source.becomes(&series("connections_max"), 17.0);
    source.becomes(&series("pool_ratio"), 3.0 / 17.0);
    source.becomes(
        "vitals_postgres_sessions{postgres=\"main\",state=\"active\"}",
        3.0,
    );
    let aborted =
        "vitals_postgres_sessions{postgres=\"main\",state=\"idle in transaction (aborted)\"}";
    source.becomes(aborted, 0.0);
    drop(idle);

    for database in ["app", "postgres"] {
        let told = format!(
            "vitals_postgres_database_size_bytes{{database=\"{database}\",postgres=\"main\"}}"
        );
        let is = format!("SELECT pg_database_size('{database}')");
        until("the size", LOOKS, || {
            let (told, is) = (vitals.page().get(&told)?, postgres.number(&is));
            ((told / is - 1.0).abs() < 0.001).then_some(())
        });
    }

    // Statements of the application, and how long they took by its own statistics.
    let sums = "SELECT sum(calls) || ' ' || sum(total_exec_time) FROM pg_stat_statements \
                WHERE query NOT LIKE '%/* vitals */%'";
    let read = || -> [f64; 2] {
        let text = postgres.sql("app", sums);
        let (calls, ms) = text.split_once(' ').unwrap();
        [calls, ms].map(|number| number.parse().unwrap())
    };
    let source_says = source.target("query_time");
    assert_eq!(source_says["reason"], "not_configured", "it is not IRIS's");
    let before = read();
    for _ in 0..3 {
        let slept = postgres.psql("application", "app", "SELECT pg_sleep(0.3)");
        assert!(slept.status.success(), "{slept:?}");
    }
    until("a statement time", LOOKS, || {
        let told = vitals.page().get(&series("statement_seconds"))?;
        // Of those, and of what was there in the minute before.
        (told > 0.01 && told < 0.3).then_some(())
    });
    let after = read();
    assert!(after[0] - before[0] >= 3.0 && after[1] - before[1] >= 900.0);

    // Blocks: what it counts itself, at two moments around ours.
    for _ in 0..3 {
        postgres.sql("app", "SELECT count(*) FROM work WHERE text LIKE '%y%'");
    }
    let blocks = "SELECT sum(blks_hit) / sum(blks_hit + blks_read) FROM pg_stat_database";
    assert!(postgres.number(blocks) > 0.5);
    let ratio = source.value(&series("cache_hit_ratio"));
    assert!((0.5..=1.0).contains(&ratio), "{ratio}");

    // Transactions: ours lie between what it counted before and after.
    let sum = "SELECT sum(xact_commit + xact_rollback) FROM pg_stat_database";
    let before = postgres.number(sum);
    let told = until("later transactions", LOOKS, || {
        let told = vitals.page().get(&series("transactions_total"))?;
        (told >= before).then_some(told)
    });
    let after = until("its statistics", LOOKS, || {
        let after = postgres.number(sum);
        (after >= told).then_some(after)
    });
    assert!(told <= after);
    let version = source.series("vitals_postgres_info");
    assert!(version[0].contains("role=\"primary\""), "{version:?}");
    source.is_well();
}

#[test]
fn who_may_not_ask_is_told_so() {
    let postgres = Postgres::start("");
    let url = format!("url = \"postgres://{}/app\"", postgres.host());
    let section =
        |name: &str, more: &str| format!("[[postgres]]\nname = \"{name}\"\n{url}\n{more}\n");
    postgres.sql("app", "CREATE ROLE poor LOGIN PASSWORD 'poor'");
    let none = format!(
        "[[postgres]]\nname = \"none\"\nurl = \"postgres://{}/nowhere\"\npassword = \"secret\"\n",
        postgres.host()
    );
    let tls = format!(
        "[[postgres]]\nname = \"tls\"\nurl = \"postgres://{}/app?sslmode=require\"\npassword = \"secret\"\n",
        postgres.host()
    );
    let sections = [
        section("nobody", ""),
        section("wrong", "password = \"wrong-4711\""),
        section("poor", "username = \"poor\"\npassword = \"poor\""),
        none,
        tls,
    ];
    let vitals = watch(&sections.concat());
    let is_down = |name, reason, words| Source::of(&vitals, name).is_down(reason, words);
    is_down("postgres/nobody", "auth", "it asks for a password");
    is_down("postgres/wrong", "auth", "name or password is wrong");
    is_down(
        "postgres/none",
        "sql",
        "the database of the URL does not exist",
    );
    is_down("postgres/tls", "tls", "it does not speak TLS");
    // One without rights does not see what others do; the rest is known.
    let _other = postgres.session("application", "SELECT pg_sleep(600)");
    let poor = Source::of(&vitals, "postgres/poor");
    poor.lacks("low_privilege", "GRANT pg_monitor");
    until("its connections", LOOKS, || {
        let told = vitals
            .page()
            .get("vitals_postgres_connections{postgres=\"poor\"}")?;
        (told >= 2.0).then_some(())
    });
    let said = vitals.process.log().join("\n") + &vitals.get("/health").body;
    assert!(!said.contains("wrong-4711"), "{said}");
}

#[test]
fn tls_is_spoken_with_whoever_is_certified() {
    let (ours, others) = (Authority::new("ours"), Authority::new("others"));
    let postgres = Postgres::start(&Postgres::tls(&ours.certify("127.0.0.1", Lasting::Still)));
    let section = |name: &str, authority: &Authority| {
        format!(
            "[[postgres]]\nname = \"{name}\"\nurl = \"postgres://{}/app?sslmode=require\"\n\
             password = \"secret\"\nca_file = \"{}\"\n",
            postgres.host(),
            authority.file().display()
        )
    };
    let sections = [section("main", &ours), section("stranger", &others)];
    let vitals = watch(&sections.concat());
    of(&vitals).is_well();
    let encrypted = "SELECT bool_and(ssl) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) \
                     WHERE usename = 'vitals'";
    assert_eq!(postgres.sql("app", encrypted), "t");
    Source::of(&vitals, "postgres/stranger").is_down("tls", "nobody we trust");
}

#[test]
fn what_goes_wrong_is_told_and_passes() {
    let mut postgres = Postgres::start("");
    let vitals = watch(&postgres.section("main"));
    let source = of(&vitals);
    source.is_well();

    // A question that hangs: somebody holds what it must read.
    let holder = postgres.session(
        "admin",
        "BEGIN; LOCK TABLE pg_stat_statements; SELECT pg_sleep(600)",
    );
    source.lacks(
        "timeout",
        "pg_stat_statements: the question took too long and was ended",
    );
    assert!(
        source.value(&series("connections")) >= 2.0,
        "the rest is known"
    );
    assert_eq!(vitals.page().get(&series("statement_seconds")), None);
    let ours = "SELECT count(*) FROM pg_stat_activity WHERE usename = 'vitals'";
    assert_eq!(
        postgres.number(ours),
        1.0,
        "one connection, and no question is left behind"
    );
    postgres.sql(
        "app",
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'BEGIN; LOCK%'",
    );
    drop(holder);
    source.is_well();

    // All of it hangs.
    postgres.signal_all(Signal::STOP);
    source.is_down("timeout", "no answer");
    assert_eq!(source.series("vitals_postgres_"), [""; 0]);
    postgres.signal_all(Signal::CONT);
    source.is_well();

    // It crashes, and comes back.
    postgres.stop();
    source.is_down("connect", "Connection refused");
    postgres.start_again();
    source.is_well();
    vitals.nothing_panicked_unguarded();
}

#[test]
fn one_that_is_full_says_so() {
    let postgres = Postgres::start("max_connections = 6\nsuperuser_reserved_connections = 3");
    let count = "SELECT count(*) FROM pg_stat_activity WHERE usename = 'application'";
    let mut crowd = Vec::new();
    until("it is full", LOOKS, || {
        let is_full = postgres.number(count) == 3.0;
        // One may have been refused because of one of ours that had not yet ended.
        crowd.push(postgres.session("application", "SELECT pg_sleep(600)"));
        is_full.then_some(())
    });
    let vitals = watch(&postgres.section("main"));
    let source = of(&vitals);
    source.is_down("unavailable", "it has as many connections as it takes");
    assert_eq!(source.series("vitals_postgres_"), [""; 0]);
    drop(crowd);
    postgres.sql(
        "app",
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'application'",
    );
    source.is_well();
    source.becomes(&series("connections_max"), 3.0);
}

#[test]
fn what_is_no_postgresql_is_named_and_bounded() {
    let garbage = TcpListener::bind("127.0.0.1:0").unwrap();
    let host = garbage.local_addr().unwrap();
    std::thread::spawn(move || {
        use std::io::Write;
        for stream in garbage.incoming() {
            let mut stream = stream.unwrap();
            std::thread::spawn(move || {
                // A message of 2 GB that never ends.
                let _ = stream.write_all(b"R\x7f\xff\xff\xff");
                while stream.write_all(&[b'x'; 65_536]).is_ok() {}
            });
        }
    });
    let vitals = watch(&format!(
        "[[postgres]]\nname = \"main\"\nurl = \"postgres://{host}\"\n"
    ));
    of(&vitals).is_down("too_large", "is larger than 4194304 bytes");
    vitals.nothing_panicked_unguarded();
}

#[test]
fn without_the_extension_only_the_time_of_statements_is_unknown() {
    let postgres = Postgres::start("");
    let section = format!(
        "[[postgres]]\nname = \"main\"\nurl = \"postgres://{}/postgres\"\npassword = \"secret\"\n",
        postgres.host()
    );
    let vitals = watch(&section);
    let source = of(&vitals);
    source.is_well();
    assert!(source.value(&series("connections")) >= 1.0);
    assert_eq!(vitals.page().get(&series("statement_seconds")), None);
}

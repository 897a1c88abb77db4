//! Everything there is to watch, and Vitals: all twelve targets are known, each figure can be followed to
//! where it is from, and whatever is unplugged takes its own lines along and no others.

use std::{collections::BTreeSet, time::Duration};

use serde_json::{Value, json};

use crate::stage::{
    Application, LOOKS, Pages, Postgres, Redis, SOON, Setup, Simulated, Source, Vitals, pause,
    resident_bytes, target, until,
};

const GRAFANA: &str = r#"{"commit":"x","database":"ok","version":"11.2.0"}"#;

/// Target, family, and who tells it; of the machine the worst of all machines is.
const TWELVE: [(&str, &str, &[&str]); 12] = [
    (
        "cpu",
        "vitals_host_cpu_used_ratio",
        &["system", "iris/main"],
    ),
    (
        "memory",
        "vitals_host_memory_used_ratio",
        &["system", "iris/main"],
    ),
    (
        "disk",
        "vitals_host_filesystem_used_ratio",
        &["system", "iris/main"],
    ),
    (
        "network_latency",
        "vitals_network_connect_seconds",
        &["network"],
    ),
    ("query_time", "vitals_iris_query_seconds", &["iris/main"]),
    ("hl7_rate", "vitals_hl7_messages_per_minute", &["iris/main"]),
    (
        "connection_pool",
        "vitals_iris_connection_pool_ratio",
        &["iris/main"],
    ),
    (
        "database_size",
        "vitals_iris_database_size_bytes",
        &["iris/main"],
    ),
    (
        "api_response",
        "vitals_application_response_mean_seconds",
        &["application/portal"],
    ),
    (
        "error_rate",
        "vitals_application_error_ratio",
        &["application/portal"],
    ),
    (
        "cache_hit",
        "vitals_application_cache_hit_ratio",
        &["application/portal"],
    ),
    (
        "uptime",
        "vitals_uptime_ratio",
        &[
            "iris/main",
            "application/portal",
            "redis",
            "grafana",
            "postgres/main",
        ],
    ),
];

/// All of it.
struct Stack {
    iris: Simulated,
    application: Application,
    redis: Redis,
    postgres: Postgres,
    grafana: Pages,
}

impl Stack {
    fn start(users: &str) -> Self {
        let redis = Redis::start(&[]);
        let flags = [
            "--users",
            users,
            "--pause",
            "100ms",
            "--steady",
            "--redis",
            &redis.host(),
        ];
        Stack {
            iris: Simulated::start(&["--steady"]),
            application: Application::start(&flags),
            postgres: Postgres::start(""),
            grafana: Pages::start(GRAFANA),
            redis,
        }
    }

    fn watched(&self, cadence: &str) -> Vitals {
        let sections = self.application.section("portal") + &self.postgres.section("main");
        Setup::new()
            .settings(&format!("{cadence}\n{sections}"))
            .variable("IRIS_HOST", self.iris.host())
            .variable("REDIS_HOST", &self.redis.host())
            .variable("GRAFANA_HOST", &self.grafana.address.to_string())
            .ready()
    }
}

#[track_caller]
fn all_twelve(vitals: &Vitals) -> Value {
    until("all twelve targets", LOOKS, || {
        let summary = vitals.get("/summary").json();
        (summary["coverage"]["known"] == 12).then_some(summary)
    })
}

/// The series of the page that is at the origin of a row: the family, and the labels of the worst.
fn origin(row: &Value, family: &str) -> String {
    let labels = row["worst"].as_object().unwrap().iter();
    let labels: Vec<_> = labels
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    format!("{family}{{{}}}", labels.join(","))
}

/// What Vitals makes of its sources, and says of them.
fn lines(vitals: &Vitals) -> BTreeSet<String> {
    let page = vitals.page();
    let series = page.families.into_iter().flat_map(|family| family.series);
    let of_sources = |series: &String| {
        let kinds = [
            "redis",
            "grafana",
            "postgres",
            "application",
            "iris",
            "hl7",
            "host",
            "network_up",
            "uptime",
            "source",
        ];
        kinds.iter().any(|kind| {
            series.starts_with(&format!("vitals_{kind}_"))
                || series.starts_with(&format!("vitals_{kind}{{"))
        })
    };
    // The rate has two sources, of which the better one is known later.
    let is_settled = |series: &String| !series.contains("signal=\"hl7_rate\"");
    series.filter(of_sources).filter(is_settled).collect()
}

#[test]
fn all_twelve_are_known_and_whatever_is_unplugged_takes_only_its_own() {
    let mut stack = Stack::start("8");
    let vitals = stack.watched(SOON);
    all_twelve(&vitals);

    // Each row is one of the series on the page, of the source it names.
    for (id, family, sources) in TWELVE {
        until(&format!("{id} is what the page says"), LOOKS, || {
            let row = target(&vitals.get("/summary").json(), id);
            let source = row["source"].as_str()?;
            assert!(sources.contains(&source), "{row}");
            let is_simulated = source.starts_with("iris/") || source.starts_with("application/");
            assert_eq!(row["simulated"], is_simulated, "{row}");
            let told = vitals.page().get(&origin(&row, family))?;
            (row["value"].as_f64()? == told).then_some(())
        });
    }

    // And the series are what the sources count themselves.
    stack.application.users(0, 100);
    let counted = until("a quiet moment", LOOKS, || {
        let before = stack.application.state();
        pause(Duration::from_millis(300));
        (stack.application.state()["requests"] == before["requests"]).then_some(before)
    });
    let source = Source::of(&vitals, "redis");
    for (series, is) in [
        (
            "vitals_application_requests_total{application=\"portal\"}",
            &counted["requests"],
        ),
        (
            "vitals_application_errors_total{application=\"portal\"}",
            &counted["errors"],
        ),
        (
            "vitals_redis_keyspace_hits_total",
            &counted["cache"]["hits"],
        ),
        (
            "vitals_redis_keyspace_misses_total",
            &counted["cache"]["misses"],
        ),
    ] {
        let is = is.as_f64().unwrap();
        // A log-in is a request of a user, too.
        source.becomes(series, is);
    }
    assert_eq!(
        stack.redis.info("keyspace_hits"),
        counted["cache"]["hits"].as_f64().unwrap()
    );
    let count = "SELECT count(*) - 1 FROM pg_stat_activity WHERE backend_type = 'client backend'";
    until("the connections", LOOKS, || {
        let told = vitals
            .page()
            .get("vitals_postgres_connections{postgres=\"main\"}")?;
        (told == stack.postgres.number(count)).then_some(())
    });
    stack.application.users(8, 100);

    let (redis, postgres) = (stack.redis.host(), stack.postgres.host());
    let (iris, portal) = (
        stack.iris.host().to_owned(),
        stack.application.host().to_owned(),
    );
    all_twelve(&vitals);

    let unplugged = |name: &'static str, at: &str, marks: &[&str], before: &BTreeSet<String>| {
        until(&format!("{name} is unplugged"), LOOKS, || {
            let check = Source::of(&vitals, name).check();
            (check["observedValue"] == 0.0).then_some(())
        });
        let marks: Vec<_> = marks.iter().copied().chain([name, at]).collect();
        let is_own = |series: &&String| marks.iter().any(|mark| series.contains(mark));
        let after = lines(&vitals);
        let lost: Vec<_> = before
            .difference(&after)
            .filter(|series| !is_own(series))
            .collect();
        assert!(lost.is_empty(), "{name}: {lost:?}");
        let health = vitals.get("/health").json();
        for (check, found) in health["checks"].as_object().unwrap() {
            let is_other =
                check.ends_with(":up") && !check.starts_with(name) && check != "network:up";
            assert!(
                !is_other || found[0]["status"] == "pass",
                "{name}: {check} {found}"
            );
        }
        let summary = vitals.get("/summary").json();
        for (id, _, sources) in TWELVE {
            let of_others = sources.iter().any(|source| *source != name);
            let is_known = target(&summary, id)["value"].is_number();
            assert!(is_known || !of_others, "{name}: {id}");
        }
    };
    let before = lines(&vitals);
    stack.iris.fault("refuse");
    unplugged(
        "iris/main",
        &iris,
        &["vitals_iris_", "vitals_hl7_", "=\"main\""],
        &before,
    );
    let summary = until("IRIS in the summary", LOOKS, || {
        let summary = vitals.get("/summary").json();
        (target(&summary, "query_time")["reason"] == "connect").then_some(summary)
    });
    assert_eq!(summary["coverage"]["known"], 8);
    stack.iris.cure();
    all_twelve(&vitals);

    let before = lines(&vitals);
    stack.application.fault(json!({ "kind": "hang" }));
    unplugged(
        "application/portal",
        &portal,
        &["vitals_application_", "application=\"portal\""],
        &before,
    );
    stack.application.cure();
    all_twelve(&vitals);

    let before = lines(&vitals);
    stack.postgres.stop();
    unplugged("postgres/main", &postgres, &["vitals_postgres_"], &before);
    stack.postgres.start_again();
    Source::of(&vitals, "postgres/main").is_well();

    let before = lines(&vitals);
    stack.grafana.say_with(503, "down");
    unplugged("grafana", "grafana", &[], &before);
    stack.grafana.say(GRAFANA);
    Source::of(&vitals, "grafana").is_well();

    // The application goes on without it, and so do its figures.
    let before = lines(&vitals);
    let port = stack.redis.port();
    stack.redis = {
        let Stack { redis: gone, .. } = &mut stack;
        gone.signal(rustix::process::Signal::KILL);
        unplugged("redis", &redis, &[], &before);
        Redis::start_on(port, crate::stage::Directory::new(), &[])
    };
    Source::of(&vitals, "redis").is_well();
    all_twelve(&vitals);
    vitals.nothing_panicked_unguarded();
}

#[test]
#[ignore = "long: three minutes of doing nothing"]
fn all_sources_on_it_costs_little() {
    let stack = Stack::start("2");
    let vitals = stack.watched("");
    until("every source is up", LOOKS, || {
        let page = vitals.page();
        let sources = [
            "system",
            "network",
            "iris/main",
            "application/portal",
            "redis",
            "grafana",
            "postgres/main",
        ];
        let up = |name: &&str| {
            page.get(&format!("vitals_collector_up{{collector=\"{name}\"}}")) == Some(1.0)
        };
        sources.iter().all(up).then_some(())
    });
    // Until what the start needed has been given back, which is no rest.
    pause(Duration::from_secs(60));
    let ticks = || -> u64 {
        let stat = vitals.proc("stat");
        let (_, fields) = stat.rsplit_once(')').unwrap();
        let fields: Vec<_> = fields.split_whitespace().collect();
        [11, 12]
            .iter()
            .map(|at| fields[*at].parse::<u64>().unwrap())
            .sum()
    };
    let before = ticks();
    pause(Duration::from_secs(120));
    // A tick is 10 ms.
    let (cpu_ms, resident) = ((ticks() - before) * 10 / 2, resident_bytes(&vitals));
    println!("all sources on, idle: {cpu_ms} ms CPU per minute, {resident} bytes resident");
    if std::env::var("VITALS_PROFILE").is_ok_and(|profile| profile == "release") {
        assert!(cpu_ms <= 80, "{cpu_ms} ms");
        assert!(resident <= 15_000_000, "{resident} bytes");
    }
}

//! With no application configured others stand in for it, and say so; how long a dependency was up is
//! kept.

use serde_json::Value;

use crate::stage::{DEADLINE, Pages, Redis, Setup, Simulated, Source, Vitals, until};

const SETTINGS: &str = "collect.interval = \"1s\"\nhealth.interval = \"1s\"\n";

fn target(vitals: &Vitals, id: &str) -> Value {
    let mut summary = vitals.get("/summary").json();
    let targets = summary["targets"].as_array_mut().unwrap();
    let target = targets.iter_mut().find(|target| target["id"] == id);
    target.unwrap().take()
}

#[test]
fn iris_stands_in_for_an_application() {
    let iris = Simulated::start(&["--steady"]);
    let settings = Setup::new().settings(SETTINGS);
    let vitals = settings.variable("IRIS_HOST", iris.host()).ready();
    until("a response time", DEADLINE, || {
        target(&vitals, "api_response")["value"].as_f64()
    });
    let api = target(&vitals, "api_response");
    assert_eq!(api["source"], "iris/main");
    assert_eq!(api["simulated"], true);
    assert_eq!(api["worst"]["application"], "iris/main");
    let few = target(&vitals, "error_rate");
    if few["value"].is_null() {
        assert_eq!(few["reason"], "too_few", "{few}");
    }
    until("twenty requests", DEADLINE, || {
        (target(&vitals, "error_rate")["value"] == 0.0).then_some(())
    });
    let page = vitals.page();
    let users = page.value("vitals_application_active_users{application=\"iris/main\"}");
    assert_eq!(users, page.value("vitals_iris_sessions{iris=\"main\"}"));
    for (signal, source) in [
        ("api_response", "vitals_iris_response_seconds"),
        ("error_rate", "vitals_iris_request_error_ratio"),
        ("active_users", "vitals_iris_sessions"),
    ] {
        let series = format!(
            "vitals_source{{application=\"iris/main\",signal=\"{signal}\",source=\"{source}\"}}"
        );
        assert_eq!(page.value(&series), 1.0);
    }
    let summary = vitals.get("/summary").json();
    assert_eq!(summary["application"]["active_users"], users);

    // A question it does not answer is an error, of those there were.
    iris.fault("bad_gateway");
    until("errors", DEADLINE, || {
        let ratio = target(&vitals, "error_rate")["value"].as_f64()?;
        (ratio > 0.0 && ratio < 1.0).then_some(())
    });
    assert_eq!(target(&vitals, "error_rate")["simulated"], true);
}

#[test]
fn redis_stands_in_for_a_cache_no_application_counts() {
    let redis = Redis::start(&[]);
    // One counts its cache, and the other does not.
    let counting = Pages::start(
        "http_requests_total{status=\"200\"} 1\ncache_hits_total 5\ncache_misses_total 5\n",
    );
    let silent = Pages::start("http_requests_total{status=\"200\"} 1\n");
    let section = |name: &str, pages: &Pages| {
        let url = format!("http://{}/metrics", pages.address);
        format!("[[application]]\nname = \"{name}\"\nmetrics = \"{url}\"\n")
    };
    let sections = section("counting", &counting) + &section("silent", &silent);
    let setup = Setup::new().settings(&format!("{SETTINGS}{sections}"));
    let vitals = setup.variable("REDIS_HOST", &redis.host()).ready();
    let source = Source::of(&vitals, "redis");
    source.is_well();
    redis.look_up(190, 10);
    counting.say(
        "http_requests_total{status=\"200\"} 1\ncache_hits_total 905\ncache_misses_total 105\n",
    );
    source.becomes(
        "vitals_application_cache_hit_ratio{application=\"silent\"}",
        0.95,
    );
    source.becomes(
        "vitals_application_cache_hit_ratio{application=\"counting\"}",
        0.9,
    );
    let labels = "application=\"silent\",signal=\"cache_hit\",source=\"vitals_redis_hit_ratio\"";
    source.becomes(&format!("vitals_source{{{labels}}}"), 1.0);
    until("the worst counts", DEADLINE, || {
        (target(&vitals, "cache_hit")["worst"]["application"] == "counting").then_some(())
    });
    // When it is gone, the one that counts itself is not told less of, and the reason is Redis's.
    drop(redis);
    source.is_down("connect", "Connection refused");
    let gone = "vitals_application_cache_hit_ratio{application=\"silent\"}";
    until("nothing stands in", DEADLINE, || {
        vitals.page().get(gone).is_none().then_some(())
    });
    source.becomes(
        "vitals_application_cache_hit_ratio{application=\"counting\"}",
        0.9,
    );
}

#[test]
fn how_long_a_dependency_was_up_is_kept() {
    let iris = Simulated::start(&["--steady"]);
    let settings = Setup::new().settings(SETTINGS).flag("--chaos");
    let vitals = settings.variable("IRIS_HOST", iris.host()).ready();
    let ratio = |window: &str| {
        let labels = format!("target=\"iris/main\",window=\"{window}\"");
        vitals
            .page()
            .get(&format!("vitals_uptime_ratio{{{labels}}}"))
    };
    until("up", DEADLINE, || (ratio("24h") == Some(1.0)).then_some(()));
    iris.fault("refuse");
    let down = until("less than up", DEADLINE, || {
        ratio("24h").filter(|ratio| *ratio < 1.0)
    });
    assert!(down > 0.0, "it was up before");
    let since = until("since when", DEADLINE, || {
        let health = vitals.get("/health").json();
        let output = health["checks"]["iris/main:up"][0]["output"]
            .as_str()?
            .to_owned();
        let (_, since) = output.split_once("(connect), since ")?;
        Some(since.to_owned())
    });
    let since: jiff::Timestamp = since.parse().unwrap();
    let ago = jiff::Timestamp::now().duration_since(since).as_secs();
    assert!((0..30).contains(&ago), "{since}");

    // It outlives those who keep it.
    for actor in ["pipeline/aggregator", "collectors/iris/main", "pipeline"] {
        vitals.strike(actor, "panic");
        vitals.tree_until("all running", |tree| tree.all_are("running"));
    }
    iris.cure();
    until("up again", DEADLINE, || {
        let health = vitals.get("/health").json();
        (health["checks"]["iris/main:up"][0]["status"] == "pass").then_some(())
    });
    for window in ["24h", "7d", "30d", "90d"] {
        let known = ratio(window).unwrap();
        assert!(known > 0.0 && known < 1.0, "{window}: {known}");
    }
    let summary = vitals.get("/summary").json();
    let uptime = &summary["uptime"][0];
    assert_eq!(uptime["target"], "iris/main");
    let coverage = uptime["coverage"]["24h"].as_f64().unwrap();
    assert!(coverage > 0.0 && coverage < 0.01, "{uptime}");
    assert_eq!(target(&vitals, "uptime")["worst"]["window"], "24h");
    assert_eq!(target(&vitals, "uptime")["status"], "missed");
}

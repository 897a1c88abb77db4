//! With nothing set but the three names of the stack, what README says is known is known.

use std::fs;

use serde_json::Value;

use crate::stage::{LOOKS, Pages, Redis, SOON, Setup, Simulated, target, until};

/// The rows of README's table: a target, and where its figure is from.
fn rows() -> Vec<(String, String)> {
    let readme = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md")).unwrap();
    let (_, table) = readme.split_once("| target | source | ").unwrap();
    let rows = table
        .lines()
        .skip(2)
        .take_while(|line| line.starts_with('|'));
    let rows = rows.map(|line| {
        let cells: Vec<_> = line.split('|').map(str::trim).collect();
        (cells[1].trim_matches('`').to_owned(), cells[2].to_owned())
    });
    rows.collect()
}

#[test]
fn what_readme_says_is_known_is_known() {
    let iris = Simulated::start(&["--steady"]);
    let redis = Redis::start(&[]);
    let grafana = Pages::start(r#"{"commit":"x","database":"ok","version":"11.2.0"}"#);
    // Looks are soon; the rest is as it is without any settings.
    let vitals = Setup::new()
        .settings(SOON)
        .variable("IRIS_HOST", iris.host())
        .variable("REDIS_HOST", &redis.host())
        .variable("GRAFANA_HOST", &grafana.address.to_string())
        .ready();
    let up = "vitals_collector_up{collector=\"redis\"}";
    until("Redis", LOOKS, || {
        (vitals.page().get(up) == Some(1.0)).then_some(())
    });
    redis.look_up(450, 50);
    let summary: Value = until("all twelve", LOOKS, || {
        let summary = vitals.get("/summary").json();
        (summary["coverage"]["known"] == 12).then_some(summary)
    });
    let rows = rows();
    assert_eq!(rows.len(), 13, "twelve, and the users: {rows:?}");
    for (id, source) in &rows {
        if id == "active users" {
            assert_eq!(source, "`iris/main`");
            let users = "vitals_application_active_users{application=\"iris/main\"}";
            assert_eq!(
                summary["application"]["active_users"],
                vitals.page().value(users)
            );
            continue;
        }
        let row = target(&summary, id);
        let is = format!("`{}`", row["source"].as_str().unwrap());
        assert!(
            source.split(", ").any(|source| source == is),
            "{source}: {row}"
        );
    }
    assert_eq!(target(&summary, "cache_hit")["value"], 0.9);
    // Others stand in for the application, and that is said.
    let page = vitals.page();
    for (application, signal, of) in [
        ("iris/main", "api_response", "vitals_iris_response_seconds"),
        ("iris/main", "error_rate", "vitals_iris_request_error_ratio"),
        ("iris/main", "active_users", "vitals_iris_sessions"),
        ("redis", "cache_hit", "vitals_redis_hit_ratio"),
    ] {
        let labels = format!("application=\"{application}\",signal=\"{signal}\",source=\"{of}\"");
        assert_eq!(page.value(&format!("vitals_source{{{labels}}}")), 1.0);
    }
}

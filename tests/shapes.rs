//! `/summary`, `/health` and the tree: names and nesting exactly as the interface says.

use serde_json::json;

use crate::stage::{DEADLINE, Setup, get, has_shape, until};

const TARGETS: [&str; 12] = [
    "cpu",
    "memory",
    "disk",
    "network_latency",
    "query_time",
    "hl7_rate",
    "connection_pool",
    "database_size",
    "api_response",
    "error_rate",
    "cache_hit",
    "uptime",
];

#[test]
fn the_summary() {
    let vitals = Setup::new().ready();
    // The CPU needs two samples.
    let summary = until("three targets known", DEADLINE, || {
        let summary = vitals.get("/summary").json();
        (summary["coverage"]["known"] == 3).then_some(summary)
    });
    has_shape(
        &summary,
        &json!({
            "version": "number", "generated_at": "string", "status": "string",
            "coverage": {"known": "number", "of": "number"},
            "targets": [{
                "id": "string", "title": "string", "value?": "number", "unit": "string",
                "threshold": "number", "operator": "string", "status": "string",
                "worst?": {"*": "string"}, "scope?": "string", "source?": "string",
                "simulated": "boolean", "reason?": "string", "hint?": "string", "trend?": "object",
            }],
            "system": {
                "cpu?": "number", "memory?": "number", "disk?": "number",
                "network_receive_bytes?": "number", "network_transmit_bytes?": "number",
            },
            "database": {"connections?": "number", "query_seconds?": "number", "size_bytes?": "number"},
            "hl7": {"messages_total?": "number", "messages_per_minute?": "number"},
            "application": {
                "response_seconds?": "number", "error_ratio?": "number",
                "active_users?": "number", "cache_hit_ratio?": "number",
            },
            "alerts": [{
                "fingerprint": "string", "alertname": "string", "severity": "string",
                "since": "string", "acknowledged": "boolean",
            }],
            "uptime": [{}],
        }),
    );
    let targets = summary["targets"].as_array().unwrap();
    let ids: Vec<_> = targets
        .iter()
        .map(|target| target["id"].as_str().unwrap())
        .collect();
    assert_eq!(ids, TARGETS);
    assert_eq!(summary["coverage"]["of"], 12);
    for target in targets {
        let known = target["status"] != "no_data";
        assert_eq!(target["value"].is_number(), known, "{target}");
        assert_eq!(target["reason"].is_null(), known, "{target}");
        assert_eq!(target["source"].is_string(), known, "{target}");
        let met = target["value"].as_f64() < target["threshold"].as_f64();
        if known {
            assert_eq!(
                target["status"],
                if met { "met" } else { "missed" },
                "{target}"
            );
        }
    }
}

#[test]
fn health() {
    let vitals = Setup::new().ready();
    // The checker may be earlier than the first measurement: then it soon looks again.
    let health = until("a verdict on the system", DEADLINE, || {
        let health = vitals.get("/health").json();
        health["checks"]["system:up"].is_array().then_some(health)
    });
    has_shape(
        &health,
        &json!({
            "status": "string", "version": "string", "releaseId": "string", "serviceId": "string",
            "description": "string", "output*": "string",
            "checks": {"*": [{
                "status": "string", "componentType": "string", "observedValue*": "number",
                "observedUnit*": "string", "time": "string", "output*": "string",
            }]},
        }),
    );
    assert_eq!(health["status"], "pass", "{health:#}");
    for check in [
        "pipeline:latency",
        "system:up",
        "tree:state",
        "tree:abandoned_threads",
    ] {
        assert_eq!(health["checks"][check][0]["status"], "pass", "{check}");
    }
    for (accept, expected) in [
        ("*/*", "application/health+json"),
        ("application/health+json", "application/health+json"),
        ("application/json", "application/json"),
    ] {
        let answer = get(&vitals.url("/health"), &[("accept", accept)]);
        assert_eq!(answer.header("content-type"), Some(expected));
    }
}

#[test]
fn the_tree() {
    let vitals = Setup::new().ready();
    let tree = vitals.get("/vitals/v1/tree").json();
    let mut nodes = vec![&tree];
    while let Some(node) = nodes.pop() {
        has_shape(
            node,
            &json!({
                "name": "string", "kind": "string", "state": "string", "generation": "number",
                "restarts": "number", "last_exit?": {"kind": "string", "at?": "string", "time": "string"},
                "queue": {"depth": "number", "capacity": "number"}, "age_seconds": "number",
                "children": ["object"],
            }),
        );
        let children = node["children"].as_array().unwrap();
        let kind = if children.is_empty() {
            "actor"
        } else {
            "supervisor"
        };
        assert_eq!(node["kind"], kind);
        nodes.extend(children);
    }
    assert_eq!(tree["name"], "vitals");
    let paths = vitals.tree().paths();
    for path in [
        "pipeline/aggregator",
        "collectors/system",
        "health",
        "front",
    ] {
        assert!(
            paths.iter().any(|found| found == path),
            "{path} in {paths:?}"
        );
    }
}

//! Grafana's Prometheus data source asks Vitals, in the order it does.

use jiff::Timestamp;
use serde_json::json;

use crate::stage::{DEADLINE, Setup, get, has_shape, until};

#[test]
fn a_data_source_is_saved_explored_and_drawn() {
    let vitals = Setup::new().ready();
    until("some history", DEADLINE, || {
        let count = vitals.value_of("count_over_time(vitals_host_cpu_used_ratio[1m])");
        count.filter(|count| *count >= 2.0)
    });
    let now = Timestamp::now().as_second();
    let (start, end) = ((now - 60).to_string(), now.to_string());
    let times = [("start", &*start), ("end", &*end)];
    let with = |more: &[(&'static str, &'static str)]| [&times, more].concat();

    // Save & test.
    let tested = vitals.posted("/api/v1/query", &[("query", "1+1"), ("time", "4")]);
    let expected = r#"{"status":"success","data":{"resultType":"scalar","result":[4,"2"]}}"#;
    assert_eq!((tested.status, &*tested.body), (200, expected));
    let build = vitals.get("/api/v1/status/buildinfo").json();
    has_shape(
        &build,
        &json!({"status": "string", "data": {
            "version": "string", "revision": "string", "branch": "string",
            "buildUser": "string", "buildDate": "string", "goVersion": "string",
        }}),
    );
    let version = build["data"]["version"].as_str().unwrap();
    let numbers: Vec<u32> = version
        .split('.')
        .map(|part| part.parse().unwrap())
        .collect();
    assert!(numbers.len() == 3 && numbers[0] >= 3, "{version}");
    let revision = build["data"]["revision"].as_str().unwrap();
    assert!(revision.contains(env!("CARGO_PKG_VERSION")), "{revision}");

    // The builder of queries.
    let names = json!({"status": "string", "data": ["string"]});
    let found = vitals.posted("/api/v1/labels", &with(&[("match[]", "up")]));
    has_shape(&found.json(), &names);
    assert_eq!(found.json()["data"], json!(["__name__", "instance", "job"]));
    let metrics = vitals.asked(
        "/api/v1/label/__name__/values",
        &with(&[("limit", "40000")]),
    );
    has_shape(&metrics.json(), &names);
    let jobs = vitals.asked("/api/v1/label/job/values", &with(&[("match[]", "up")]));
    assert_eq!(jobs.json()["data"], json!(["node"]));
    let matches = [
        ("match[]", "node_load1"),
        ("match[]", "up"),
        ("limit", "1000"),
    ];
    let series = vitals.posted("/api/v1/series", &with(&matches)).json();
    has_shape(
        &series,
        &json!({"status": "string", "data": [{"*": "string"}]}),
    );
    assert_eq!(series["data"].as_array().unwrap().len(), 2);
    let metadata = vitals.get("/api/v1/metadata").json();
    let one = json!({"type": "string", "unit": "string", "help": "string"});
    has_shape(
        &metadata,
        &json!({"status": "string", "data": {"*": [one]}}),
    );
    let load = &metadata["data"]["node_load1"][0];
    assert_eq!(
        load,
        &json!({"type": "gauge", "unit": "", "help": "1m load average."})
    );
    assert_eq!(
        metadata["data"]["vitals_http_requests_total"][0]["type"],
        "counter"
    );
    let rules = vitals.get("/api/v1/rules");
    assert_eq!(
        (rules.status, rules.json()["data"]["groups"].is_array()),
        (200, true)
    );
    let exemplars = [("query", "up")];
    let exemplars = vitals.posted("/api/v1/query_exemplars", &with(&exemplars));
    assert_eq!(exemplars.body, r#"{"status":"success","data":[]}"#);

    // A panel, and a table.
    let panel = [("query", "vitals_host_cpu_used_ratio"), ("step", "1")];
    let drawn = vitals.posted("/api/v1/query_range", &with(&panel));
    let drawn = drawn.json();
    has_shape(
        &drawn,
        &json!({"status": "string", "data": {"resultType": "string", "result": [
            {"metric": {"*": "string"}, "values": "array"}
        ]}}),
    );
    let result = &drawn["data"]["result"][0];
    assert_eq!(
        result["metric"],
        json!({"__name__": "vitals_host_cpu_used_ratio", "host": "local"})
    );
    let values = result["values"].as_array().unwrap();
    assert!(values.len() >= 2, "{drawn}");
    for pair in values {
        let value: f64 = pair[1].as_str().unwrap().parse().unwrap();
        let at = pair[0].as_i64().unwrap();
        assert!(
            (0.0..=1.0).contains(&value) && (now - 60..=now).contains(&at),
            "{pair}"
        );
    }
    let table = vitals.posted("/api/v1/query", &[("query", "count({__name__=~\".+\"})")]);
    assert_eq!(table.json()["data"]["result"][0]["metric"], json!({}));

    // From another site nobody is let in.
    let url = vitals.url("/api/v1/query?query=1");
    let foreign = get(&url, &[("origin", "http://evil.example")]);
    assert_eq!(foreign.header("access-control-allow-origin"), None);
}

#[test]
fn a_large_answer_comes_whole_and_compressed_if_asked_for() {
    let vitals = Setup::new().ready();
    let path = "/api/v1/query_range?query=vector(time())&start=0&end=10999&step=1";
    let plain = vitals.get(path);
    assert_eq!(plain.header("transfer-encoding"), Some("chunked"));
    let values = &plain.json()["data"]["result"][0]["values"];
    assert_eq!(values.as_array().unwrap().len(), 11_000);
    assert_eq!(values[10_999], json!([10_999, "10999"]));
    // The client unpacks it.
    let packed = get(&vitals.url(path), &[("accept-encoding", "gzip")]);
    assert_eq!(packed.body, plain.body);
    let head = crate::stage::request("HEAD", &vitals.url(path), &[]).unwrap();
    assert_eq!((head.status, &*head.body), (200, ""));
}

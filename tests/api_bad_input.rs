//! Questions no client should ask: each is answered in Prometheus's shape, within limits, and leaves
//! nothing behind.

use crate::stage::{Setup, error_type, request_with, resident_bytes};

#[test]
fn hostile_expressions_are_refused_or_bounded() {
    let vitals = Setup::new().settings("query.timeout = \"10s\"").ready();
    let before = resident_bytes(&vitals);
    let nested =
        |open: &str, close: &str, depth| format!("{}1{}", open.repeat(depth), close.repeat(depth));
    let hostile = [
        ("empty", String::new()),
        ("blank", " \n\t".to_owned()),
        ("endless brackets", "(".repeat(3_900)),
        ("deep brackets", nested("(", ")", 150)),
        ("deep calls", nested("abs(", ")", 150)),
        ("deep aggregations", nested("sum(", ")", 300)),
        ("many signs", format!("{}1", "-".repeat(500))),
        ("many powers", format!("{}1", "2^".repeat(500))),
        ("many operators", format!("a{}", "+a".repeat(1_900))),
        ("too long", format!("a{}", " ".repeat(5_000))),
        ("a regex of death", "{a=~\"(x{1000}){1000}\"}".to_owned()),
        (
            "many regexes",
            format!("{{a=\"b\"{}}}", ",b=~\"\\\\w{99}\"".repeat(200)),
        ),
        ("a bad regex", "up{a=~\"(\"}".to_owned()),
        ("everything", "{__name__=~\".*\"}".to_owned()),
        ("or within matchers", "{a=\"b\" or c=\"d\"}".to_owned()),
        ("half a string", "up{a=\"".to_owned()),
        ("NUL", "up\0".to_owned()),
        ("no ASCII", "\u{1f600}".to_owned()),
        ("an unknown function", "nothing(up)".to_owned()),
        ("a wrong type", "rate(up)".to_owned()),
        ("a huge duration", "up[99999999999999999999y]".to_owned()),
        ("SQL", "'; DROP TABLE series; --".to_owned()),
    ];
    for (what, query) in &hostile {
        for (path, more) in [
            ("/api/v1/query", vec![]),
            (
                "/api/v1/query_range",
                vec![("start", "0"), ("end", "9"), ("step", "1")],
            ),
            ("/api/v1/format_query", vec![]),
            ("/api/v1/query_exemplars", vec![]),
        ] {
            let parameters = [&[("query", &**query)], &*more].concat();
            let answer = vitals.posted(path, &parameters);
            let told = (answer.status, &*error_type(&answer));
            assert_eq!(told, (400, "bad_data"), "{what} at {path}: {}", answer.body);
        }
        if *what != "SQL" {
            let answer = vitals.posted("/api/v1/series", &[("match[]", &**query)]);
            assert_eq!(error_type(&answer), "bad_data", "{what}");
        }
    }
    // What can be understood, and costs too much.
    for (what, query) in [
        (
            "a subquery of many steps",
            "sum_over_time(vector(1)[1000d:1ms])",
        ),
        (
            "subqueries within each other",
            "sum_over_time(sum_over_time(vector(1)[30d:1s])[30d:1s])",
        ),
    ] {
        let answer = vitals.posted("/api/v1/query", &[("query", query)]);
        assert_eq!(
            (answer.status, &*error_type(&answer)),
            (422, "execution"),
            "{what}"
        );
    }
    // What is large, and allowed.
    let chain = format!("a{}", "+a".repeat(900));
    for query in [
        &*chain,
        "count_over_time(up[100y])",
        "up offset 1000y",
        "up @ 0",
    ] {
        let answer = vitals.posted("/api/v1/query", &[("query", query)]);
        assert_eq!(answer.status, 200, "{query}: {}", answer.body);
    }
    let after = resident_bytes(&vitals);
    assert!(
        after < before + (300 << 20),
        "{before} bytes, {after} afterwards"
    );
    vitals.nothing_panicked_unguarded();
    assert_eq!(vitals.get("/health").status, 200);
}

#[test]
fn wrong_parameters_and_large_bodies_have_prometheus_s_shape() {
    let vitals = Setup::new().ready();
    for (path, parameters) in [
        ("/api/v1/query", vec![("query", "1"), ("time", "NaN")]),
        ("/api/v1/query", vec![("query", "1"), ("time", "Inf")]),
        (
            "/api/v1/query",
            vec![("query", "1"), ("limit", "99999999999999999999")],
        ),
        (
            "/api/v1/query_range",
            vec![
                ("query", "1"),
                ("start", "NaN"),
                ("end", "1"),
                ("step", "1"),
            ],
        ),
        (
            "/api/v1/query_range",
            vec![
                ("query", "1"),
                ("start", "0"),
                ("end", "1e300"),
                ("step", "1"),
            ],
        ),
        (
            "/api/v1/query_range",
            vec![
                ("query", "1"),
                ("start", "0"),
                ("end", "1"),
                ("step", "1e-9"),
            ],
        ),
        (
            "/api/v1/query_range",
            vec![
                ("query", "1"),
                ("start", "0"),
                ("end", "1"),
                ("step", "NaN"),
            ],
        ),
        ("/api/v1/series", vec![("match[]", "{}")]),
        ("/api/v1/label/%ff/values", vec![]),
        ("/api/v1/label/a%00b/values", vec![]),
        ("/api/v1/status/tsdb", vec![("limit", "0")]),
    ] {
        let answer = vitals.asked(path, &parameters);
        let told = (answer.status, &*error_type(&answer));
        assert_eq!(told, (400, "bad_data"), "{path} {parameters:?}");
    }
    let url = vitals.url("/api/v1/query");
    let post = |kind: &str, body: String| {
        request_with("POST", &url, &[("content-type", kind)], &*body).unwrap()
    };
    let json = post("application/json", "{\"query\":\"up\"}".to_owned());
    assert_eq!((json.status, &*error_type(&json)), (400, "bad_data"));
    let form = "application/x-www-form-urlencoded";
    let large = post(form, format!("query=up&x={}", "x".repeat(1_000_000)));
    assert_eq!(
        (large.status, &*error_type(&large)),
        (413, "body_too_large")
    );
    let garbage = post(form, "%zz&&&=%&query=%ff%fe".to_owned());
    assert_eq!((garbage.status, &*error_type(&garbage)), (400, "bad_data"));
    let long = vitals.get(&format!("/api/v1/query?query={}", "x".repeat(9_000)));
    assert_eq!((long.status, &*error_type(&long)), (400, "url_too_long"));
    let nowhere = vitals.get("/api/v1/nothing");
    assert_eq!((nowhere.status, &*error_type(&nowhere)), (404, "not_found"));
    let put = request_with("PUT", &url, &[], "").unwrap();
    assert_eq!(
        (put.status, &*error_type(&put)),
        (405, "method_not_allowed")
    );
    let strange = crate::stage::get(&url, &[("host", "evil.example")]);
    assert_eq!(
        (strange.status, &*error_type(&strange)),
        (403, "host_not_allowed")
    );
}

#[test]
fn no_secret_is_told() {
    let settings = r#"
        [auth.tokens]
        ops = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        [[iris]]
        name = "main"
        url = "http://127.0.0.1:1"
        username = "monitor"
        password = "hunter2"
        [[scrape]]
        name = "app"
        url = "http://127.0.0.1:1/metrics?token=hunter3"
        token = "hunter4"
    "#;
    let vitals = Setup::new().settings(settings).ready();
    for path in [
        "status/config",
        "status/flags",
        "status/runtimeinfo",
        "targets",
    ] {
        let answer = vitals.get(&format!("/api/v1/{path}"));
        assert_eq!(answer.status, 200);
        for secret in ["hunter", "e3b0c442"] {
            assert!(!answer.body.contains(secret), "{path}: {}", answer.body);
        }
    }
    let targets = vitals.get("/api/v1/targets").json();
    let targets = targets["data"]["activeTargets"].as_array().unwrap();
    let urls: Vec<_> = targets
        .iter()
        .map(|target| target["scrapeUrl"].as_str().unwrap())
        .collect();
    assert_eq!(
        urls,
        [
            "file:///proc",
            "http://127.0.0.1:1/api/monitor/metrics",
            "http://127.0.0.1:1/metrics"
        ]
    );
    let iris = crate::stage::until("an IRIS that is down", crate::stage::DEADLINE, || {
        let path = "/api/v1/targets?scrapePool=iris%2Fmain";
        let found = vitals.get(path).json()["data"]["activeTargets"][0].clone();
        (found["health"] == "down").then_some(found)
    });
    assert_eq!(iris["lastError"], "connect");
    assert_eq!(iris["labels"]["job"], "iris");
}

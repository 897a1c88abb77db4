//! The API answers as a Prometheus does: held against Debian's, and asked by its promtool.

use std::process::Command;

use serde_json::Value;

use crate::stage::{DEADLINE, Prometheus, Setup, Vitals, form, get, until};

/// The value of an expression, at a moment of its own.
fn instant(query: &str) -> (&'static str, Vec<(&'static str, &str)>) {
    let parameters = vec![("query", query), ("time", "1435781451.781")];
    ("/api/v1/query", parameters)
}

fn range<'p>(
    query: &'p str,
    start: &'p str,
    end: &'p str,
    step: &'p str,
) -> (&'static str, Vec<(&'static str, &'p str)>) {
    let parameters = vec![
        ("query", query),
        ("start", start),
        ("end", end),
        ("step", step),
    ];
    ("/api/v1/query_range", parameters)
}

/// Answers that both give, to the byte.
fn alike() -> Vec<(&'static str, Vec<(&'static str, &'static str)>)> {
    vec![
        instant("1+1"),
        instant("\"text \\\"quoted\\\"\""),
        instant("vector(1)"),
        instant("vector(0) / 0"),
        instant("-vector(1) / 0"),
        instant("vector(1) / 0"),
        instant("vector(-0)"),
        instant("vector(1e21)"),
        instant("vector(123456789012345678)"),
        instant("vector(0.1 + 0.2)"),
        instant("vector(0.0000001)"),
        instant("vector(0.000001)"),
        instant("vector(123456789.125)"),
        instant("label_replace(vector(1), \"a\", \"x\\\"\\\\y\", \"\", \"\")"),
        instant("time()"),
        instant("nothing_of_this_name"),
        instant("nothing_of_this_name[5m]"),
        (
            "/api/v1/query",
            vec![("query", "1"), ("time", "2015-07-01T20:10:51.781Z")],
        ),
        range("vector(time())", "1.5", "5.25", "0.25"),
        range("vector(time())", "0", "60", "1m"),
        range("42", "2015-07-01T20:10:51Z", "2015-07-01T20:11:21Z", "15"),
        range("nothing_of_this_name", "0", "60", "1m"),
        ("/api/v1/series", vec![("match[]", "nothing_of_this_name")]),
        ("/api/v1/labels", vec![("match[]", "nothing_of_this_name")]),
        ("/api/v1/label/nothing/values", vec![]),
        ("/api/v1/metadata", vec![("metric", "nothing_of_this_name")]),
        ("/api/v1/query_exemplars", vec![("query", "up")]),
        ("/api/v1/format_query", vec![("query", "sum(up)by(job)")]),
        // What is refused.
        ("/api/v1/query", vec![("query", "1"), ("time", "x")]),
        ("/api/v1/query", vec![("query", "1"), ("timeout", "x")]),
        ("/api/v1/query_range", vec![("query", "1")]),
        ("/api/v1/query_range", vec![("query", "1"), ("start", "1")]),
        range("1", "2", "1", "1"),
        range("1", "1", "2", "0"),
        range("1", "1", "2", "-1"),
        range("1", "1", "2", "x"),
        range("1", "1", "2", "1e300"),
        range("1", "0", "11001", "1"),
        ("/api/v1/series", vec![]),
        ("/api/v1/label/1a/values", vec![]),
        ("/api/v1/labels", vec![("start", "x")]),
        ("/api/v1/metadata", vec![("limit", "x")]),
        ("/api/v1/rules", vec![("type", "x")]),
    ]
}

#[test]
fn it_answers_as_debians_prometheus_does() {
    let vitals = Setup::new().ready();
    let prometheus = Prometheus::scraping(&vitals);
    for (path, parameters) in alike() {
        let path = format!("{path}?{}", form(&parameters));
        let ours = vitals.get(&path);
        let theirs = get(&prometheus.url(&path), &[]);
        assert_eq!(
            (ours.status, &ours.body),
            (theirs.status, &theirs.body),
            "{path}"
        );
        assert_eq!(
            ours.header("content-type"),
            theirs.header("content-type"),
            "{path}"
        );
    }
    // What is told of each of these is another matter; that it is told is not.
    until("a target", DEADLINE, || {
        prometheus.api("/api/v1/targets")["activeTargets"][0]
            .is_object()
            .then_some(())
    });
    for path in [
        "/api/v1/status/buildinfo",
        "/api/v1/status/runtimeinfo",
        "/api/v1/status/tsdb",
        "/api/v1/status/config",
        "/api/v1/targets",
        "/api/v1/rules",
        "/api/v1/alerts",
    ] {
        let ours = vitals.get(path);
        assert_eq!(ours.status, 200, "{path}");
        has_all(&ours.json(), &get(&prometheus.url(path), &[]).json(), path);
    }
}

/// Every name that they have we have, too, and of the same type. Labels are nobody's but the target's.
fn has_all(ours: &Value, theirs: &Value, at: &str) {
    if at.ends_with("abels") || at.ends_with("Counts") {
        return assert!(ours.is_object(), "{at}");
    }
    match (ours, theirs) {
        (Value::Object(ours), Value::Object(theirs)) => {
            for (name, value) in theirs {
                let at = format!("{at}.{name}");
                has_all(ours.get(name).unwrap_or(&Value::Null), value, &at);
            }
        }
        (Value::Array(ours), Value::Array(theirs)) => {
            if let (Some(ours), Some(theirs)) = (ours.first(), theirs.first()) {
                has_all(ours, theirs, &format!("{at}[0]"));
            }
        }
        (ours, theirs) => {
            let kind = std::mem::discriminant::<Value>;
            assert_eq!(kind(ours), kind(theirs), "{at}: {ours}, {theirs}");
        }
    }
}

fn promtool(vitals: &Vitals, query: &str, arguments: &[&str]) -> String {
    let mut promtool = Command::new("promtool");
    promtool.args(["query", query]).args(
        arguments
            .iter()
            .take_while(|argument| argument.starts_with("--")),
    );
    let url = vitals.url("");
    let rest = arguments
        .iter()
        .skip_while(|argument| argument.starts_with("--"));
    let output = promtool.arg(url).args(rest).output();
    let output = output.expect("promtool comes with Debian's prometheus, which tests/run installs");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{query} {arguments:?}: {said}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn promtool_is_answered() {
    let vitals = Setup::new().ready();
    let node = until("up of the node", DEADLINE, || {
        let found = vitals.result("up{job=\"node\"}");
        Some(found[0]["metric"]["instance"].as_str()?.to_owned())
    });
    until("a rate", DEADLINE, || {
        vitals.value_of("vitals_host_cpu_used_ratio")
    });
    let up = format!("up{{instance=\"{node}\", job=\"node\"}} => 1 @[");
    let instant = promtool(&vitals, "instant", &["up"]);
    assert!(instant.starts_with(&up), "{instant}");
    let wanted = ["--step=1s", "up{job=\"node\"}"];
    let range = promtool(&vitals, "range", &wanted);
    let mut lines = range.lines();
    assert_eq!(
        lines.next(),
        Some(&*format!("up{{instance=\"{node}\", job=\"node\"}} =>"))
    );
    assert!(lines.all(|line| line.starts_with("1 @[")), "{range}");
    let series = promtool(&vitals, "series", &["--match=up"]);
    let expected = format!("{{__name__=\"up\", instance=\"{node}\", job=\"node\"}}\n");
    assert_eq!(series, expected);
    assert_eq!(promtool(&vitals, "labels", &["job"]), "node\n");
    let names = promtool(&vitals, "labels", &["__name__"]);
    for name in ["node_load1", "up", "vitals_host_cpu_used_ratio"] {
        assert!(names.lines().any(|known| known == name), "{name}");
    }
}

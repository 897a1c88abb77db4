//! `vitals query` in a terminal, and the charts of the same queries.

use std::process::Output;

use serde_json::Value;

use crate::stage::{DEADLINE, Setup, Vitals, command, get, until};

fn query(vitals: &Vitals, arguments: &[&str]) -> Output {
    let address = vitals.address.to_string();
    let mut query = command();
    query.current_dir(vitals.directory.path());
    query.args(["query", "--listen", &address]).args(arguments);
    query.output().unwrap()
}

fn said(output: &Output) -> (i32, String, String) {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    (
        output.status.code().unwrap(),
        text(&output.stdout),
        text(&output.stderr),
    )
}

#[test]
fn an_instant_is_a_table_and_a_range_a_line() {
    let vitals = Setup::new().ready();
    until("some history", DEADLINE, || {
        let count = vitals.value_of("count_over_time(node_load1[1m])");
        count.filter(|count| *count >= 3.0)
    });
    let (code, table, _) = said(&query(&vitals, &["up{job=\"node\"}"]));
    let lines: Vec<_> = table.lines().collect();
    assert_eq!((code, lines.len()), (0, 2), "{table}");
    assert!(
        lines[0].starts_with("METRIC  INSTANCE") && lines[0].ends_with("VALUE"),
        "{table}"
    );
    assert!(
        lines[1].starts_with("up      ") && lines[1].ends_with("    1"),
        "{table}"
    );

    let (code, line, _) = said(&query(
        &vitals,
        &["node_load1", "--range", "30s", "--step", "1s"],
    ));
    let lines: Vec<_> = line.lines().collect();
    assert_eq!((code, lines.len()), (0, 3), "{line}");
    assert!(lines[0].starts_with("node_load1{instance="), "{line}");
    assert!(
        lines[1].chars().any(|block| ('▁'..='█').contains(&block)),
        "{line}"
    );
    for part in ["min ", "mean ", "max ", "last "] {
        assert!(lines[2].contains(part), "{line}");
    }
    let (code, json, _) = said(&query(&vitals, &["1 + 1", "--at", "4", "--output", "json"]));
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(
        (code, json["data"]["result"].to_string()),
        (0, "[4,\"2\"]".to_owned())
    );
    let (code, empty, _) = said(&query(&vitals, &["nothing_of_this_name"]));
    assert_eq!((code, &*empty), (0, "nothing is selected\n"));
    // More than one piece.
    let large = [
        "vector(time())",
        "--range",
        "10000s",
        "--step",
        "1s",
        "--output",
        "json",
    ];
    let (code, json, _) = said(&query(&vitals, &large));
    let json: Value = serde_json::from_str(&json).unwrap();
    let values = json["data"]["result"][0]["values"].as_array().unwrap();
    assert_eq!((code, values.len()), (0, 10_001));
}

#[test]
fn what_is_wrong_is_named_and_its_exit_code_tells_whose_it_is() {
    let mut vitals = Setup::new().ready();
    for (arguments, code, part) in [
        (
            &["sum("][..],
            2,
            "invalid parameter \"query\": 1:4: parse error: unclosed left parenthesis",
        ),
        (
            &["up[5m]", "--range", "1m"],
            2,
            "invalid expression type \"range vector\"",
        ),
        (
            &["up", "--range", "30d", "--step", "1s"],
            2,
            "11,000 points",
        ),
        (&["up", "--at", "yesterday"], 2, "neither RFC 3339"),
        (&["up", "--step", "1s"], 2, "--range"),
        (&[], 2, "<EXPRESSION>"),
        (
            &[
                "up * on() group_left() (vector(1) or label_replace(vector(2), \"a\", \"b\", \"\", \"\"))",
            ],
            1,
            "(execution)",
        ),
    ] {
        let (found, out, error) = said(&query(&vitals, arguments));
        assert_eq!((found, &*out), (code, ""), "{arguments:?}: {error}");
        assert!(error.contains(part), "{arguments:?}: {error}");
    }
    vitals.stop();
    let (code, _, error) = said(&query(&vitals, &["up"]));
    assert!(code == 1 && error.contains("does not answer"), "{error}");
    assert!(error.contains("vitals serve"), "{error}");
}

#[test]
fn a_range_is_drawn() {
    let settings = "server.route_prefix = \"/vitals\"";
    let vitals = Setup::new().settings(settings).ready();
    let chart = |query: &str| vitals.get(&format!("/vitals/vitals/v1/chart.svg?{query}"));
    let svg = until("a line", DEADLINE, || {
        let svg = chart("query=vitals_host_memory_used_ratio&range=1m&width=640&height=240");
        assert_eq!(svg.status, 200, "{}", svg.body);
        svg.body
            .contains("<path class=\"line s0\" d=\"M")
            .then_some(svg)
    });
    assert_eq!(
        svg.header("content-type"),
        Some("image/svg+xml; charset=utf-8")
    );
    let policy = svg.header("content-security-policy").unwrap();
    assert!(
        policy.starts_with("default-src 'none'; style-src 'sha256-"),
        "{policy}"
    );
    for part in [
        "width=\"640\" height=\"240\"",
        "<title id=\"title\">vitals_host_memory_used_ratio</title>",
        "%</text>",
        ">UTC</text>",
        "prefers-color-scheme",
    ] {
        assert!(svg.body.contains(part), "no {part} in {}", svg.body);
    }
    let hostile = chart("query=%22%3C%2Fsvg%3E%3Cscript%3Ealert(1)%3C%2Fscript%3E%22%3D%3D1");
    assert!(!hostile.body.contains("<script"), "{}", hostile.body);
    assert!(
        chart("query=nothing&range=1h")
            .body
            .contains(">no data</text>")
    );
    for (query, code) in [
        ("", "bad_data"),
        ("query=sum(", "bad_data"),
        ("query=up&range=x", "bad_data"),
        ("query=up&range=0", "bad_data"),
        ("query=up&range=30d&step=1s", "bad_data"),
        ("query=up&width=1000000", "bad_data"),
        ("query=up&height=x", "bad_data"),
        ("query=up[1m]", "bad_data"),
    ] {
        let answer = chart(query);
        assert_eq!(
            (answer.status, &*answer.error_code()),
            (400, code),
            "{query}"
        );
    }
    // From there it is asked, too.
    let address = vitals.address.to_string();
    let mut command = command();
    command.current_dir(vitals.directory.path());
    command.args([
        "query",
        "--config",
        "vitals.toml",
        "--listen",
        &address,
        "1",
    ]);
    assert_eq!(said(&command.output().unwrap()).1, "1\n");
    assert_eq!(
        get(&vitals.url("/vitals/api/v1/query?query=1"), &[]).status,
        200
    );
}

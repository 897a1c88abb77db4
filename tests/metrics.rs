//! The page of `/metrics` as scrapers ask for it.

use std::io::{Read, Write};
use std::process::{Command, Stdio};

use crate::stage::{Connection, Page, Response, Setup, get};

/// What Prometheus 2.42 sends.
const PROMETHEUS: &str = "application/openmetrics-text;version=1.0.0,\
    application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1";

#[test]
fn the_format_is_what_the_scraper_prefers() {
    let vitals = Setup::new().ready();
    let text = "text/plain; version=0.0.4; charset=utf-8";
    let open = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    for (accept, expected) in [
        ("*/*", text),
        ("text/plain", text),
        ("text/html,application/xhtml+xml,*/*;q=0.8", text),
        ("nonsense;;;q=x", text),
        ("application/openmetrics-text;version=1.0.0", open),
        (PROMETHEUS, open),
    ] {
        let answer = get(&vitals.url("/metrics"), &[("accept", accept)]);
        assert_eq!(answer.header("content-type"), Some(expected), "{accept}");
        assert_eq!(answer.body.ends_with("# EOF\n"), expected == open);
        Page::parse(&answer.body);
    }
}

#[test]
fn it_is_compressed_for_who_asks() {
    let vitals = Setup::new().ready();
    let url = vitals.url("/metrics");
    let packed = get(&url, &[("accept-encoding", "gzip")]);
    // The client unpacks it, and hides the header with the packing.
    assert_eq!(packed.status, 200);
    Page::parse(&packed.body);
    let head = |headers: &str| {
        let mut connection = Connection::open(vitals.address).unwrap();
        let ask = format!("HEAD /metrics HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n");
        connection.send(ask.as_bytes()).unwrap();
        connection.receive_for("HEAD").unwrap()
    };
    let length = |response: &Response| -> u64 {
        let mut lines = response.head.lines();
        let length = lines.find_map(|line| line.strip_prefix("content-length: "));
        length.unwrap().parse().unwrap()
    };
    let (packed, plain) = (head("Accept-Encoding: gzip\r\n"), head(""));
    assert!(packed.head.contains("\r\ncontent-encoding: gzip\r\n"));
    assert!(!plain.head.contains("content-encoding"));
    assert!(plain.head.contains("\r\nvary: accept, accept-encoding\r\n"));
    assert!(length(&packed) * 3 < length(&plain), "{packed:?} {plain:?}");
}

#[test]
fn promtool_has_nothing_to_say_of_our_own_families() {
    let vitals = Setup::new().ready();
    let page = vitals.get("/metrics").body;
    let mut promtool = Command::new("promtool")
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("promtool of Debian's package prometheus: tests/run installs it");
    promtool
        .stdin
        .take()
        .unwrap()
        .write_all(page.as_bytes())
        .unwrap();
    let (mut said, mut failed) = (String::new(), String::new());
    promtool
        .stdout
        .take()
        .unwrap()
        .read_to_string(&mut said)
        .unwrap();
    promtool
        .stderr
        .take()
        .unwrap()
        .read_to_string(&mut failed)
        .unwrap();
    promtool.wait().unwrap();
    let ours: Vec<_> = said
        .lines()
        .chain(failed.lines())
        .filter(|line| !line.starts_with("node_"))
        .collect();
    assert!(ours.is_empty(), "{ours:#?}");
}

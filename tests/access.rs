//! Under which names and below which path it answers, and how much of it there is for one.

use std::{
    fs,
    net::TcpStream,
    thread,
    time::{Duration, Instant},
};

use crate::stage::{Answer, DEADLINE, Setup, Vitals, get, request, until};

fn asked_as(vitals: &Vitals, method: &str, path: &str, host: &str) -> Answer {
    request(method, &vitals.url(path), &[("host", host)]).unwrap()
}

#[test]
fn a_foreign_name_opens_nothing_on_loopback_but_the_probes() {
    let settings =
        "[server]\nhosts = [\"mine.example\"]\nexternal_url = \"http://proxy.example:80\"";
    let vitals = Setup::new().settings(settings).ready();
    for host in [
        "evil.example",
        "evil.example:9090",
        "127.0.0.1.nip.io",
        "localhost.evil.example",
    ] {
        for path in [
            "/",
            "/metrics",
            "/summary",
            "/vitals/v1/tree",
            "/openapi.json",
            "/nothing",
        ] {
            let answer = asked_as(&vitals, "GET", path, host);
            let said = (answer.status, &*answer.error_code());
            assert_eq!(said, (403, "host_not_allowed"), "{host} {path}");
        }
        for path in ["/health", "/livez", "/readyz", "/-/healthy", "/-/ready"] {
            assert_eq!(
                asked_as(&vitals, "GET", path, host).status,
                200,
                "{host} {path}"
            );
        }
    }
    let port = vitals.address.port();
    let own = fs::read_to_string("/proc/sys/kernel/hostname").unwrap();
    let own = own.trim().to_owned();
    let hosts = [
        "127.0.0.1",
        "[::1]:9090",
        "192.0.2.1",
        "LOCALHOST",
        "mine.example",
        "proxy.example",
    ];
    for host in hosts
        .map(str::to_owned)
        .into_iter()
        .chain([format!("localhost:{port}"), own])
    {
        assert_eq!(
            asked_as(&vitals, "GET", "/metrics", &host).status,
            200,
            "{host}"
        );
    }
}

#[test]
fn elsewhere_it_is_what_changes_something_that_is_guarded() {
    let vitals = Setup::new().flag("--listen").flag("0.0.0.0:0").ready();
    let reachable = |method, path, host| {
        let url = format!("http://127.0.0.1:{}{path}", vitals.address.port());
        request(method, &url, &[("host", host)]).unwrap()
    };
    assert_eq!(reachable("GET", "/metrics", "monitoring:9090").status, 200);
    let answer = reachable("POST", "/-/reload", "monitoring:9090");
    assert_eq!(
        (answer.status, &*answer.error_code()),
        (403, "host_not_allowed")
    );
    assert_eq!(reachable("POST", "/-/reload", "127.0.0.1").status, 401);
}

#[test]
fn below_a_prefix_is_everything_and_the_probes_are_without_it_too() {
    let settings = "server.external_url = \"https://proxy.example/vitals/\"";
    let vitals = Setup::new().settings(settings).ready();
    for path in [
        "/",
        "/metrics",
        "/health",
        "/livez",
        "/readyz",
        "/-/ready",
        "/vitals/v1/tree",
    ] {
        assert_eq!(vitals.get(&format!("/vitals{path}")).status, 200, "{path}");
    }
    for path in ["/health", "/livez", "/readyz"] {
        assert_eq!(vitals.get(path).status, 200, "{path}");
    }
    for path in ["/metrics", "/-/ready", "/vitals/v1/tree", "/vitalsmetrics"] {
        assert_eq!(vitals.get(path).status, 404, "{path}");
    }
    for path in ["/", "/vitals"] {
        let answer = vitals.get(path);
        assert_eq!(
            (answer.status, answer.header("location")),
            (302, Some("/vitals/")),
            "{path}"
        );
    }
    let page = vitals.get("/vitals/metrics").body;
    assert!(
        page.contains(",route=\"/\"} 1") && !page.contains("route=\"/vitals/\""),
        "{page}"
    );
    let api = vitals.get("/vitals/openapi.json").json();
    assert_eq!(api["servers"][0]["url"], "/vitals");
    // A probe is one below the prefix, too.
    assert_eq!(
        asked_as(&vitals, "GET", "/vitals/livez", "evil.example").status,
        200
    );
    assert_eq!(
        asked_as(&vitals, "GET", "/vitals/metrics", "evil.example").status,
        403
    );
}

#[test]
fn a_prefix_can_be_another_than_that_of_the_url() {
    let settings =
        "[server]\nexternal_url = \"https://proxy.example/vitals\"\nroute_prefix = \"/\"";
    let vitals = Setup::new().settings(settings).ready();
    assert_eq!(vitals.get("/metrics").status, 200);
    assert_eq!(vitals.get("/vitals/metrics").status, 404);
}

#[test]
fn every_answer_has_the_headers_and_nobody_is_told_what_serves_it() {
    let vitals = Setup::new().ready();
    for path in [
        "/",
        "/metrics",
        "/summary",
        "/health",
        "/livez",
        "/openapi.json",
        "/nothing",
    ] {
        for method in ["GET", "HEAD", "POST"] {
            let answer = request(method, &vitals.url(path), &[]).unwrap();
            let header = |name| {
                answer
                    .header(name)
                    .unwrap_or_else(|| panic!("{path}: no {name}"))
            };
            assert_eq!(header("cache-control"), "no-store", "{path}");
            assert_eq!(header("x-content-type-options"), "nosniff", "{path}");
            assert_eq!(header("referrer-policy"), "no-referrer", "{path}");
            assert!(
                header("content-security-policy").starts_with("default-src 'none';"),
                "{path}"
            );
            assert!(!header("date").is_empty());
            assert_eq!(answer.header("server"), None);
        }
    }
    let json = get(&vitals.url("/summary"), &[("accept-encoding", "gzip")]);
    assert_eq!(json.header("vary"), Some("accept-encoding"));
}

#[test]
fn more_requests_than_it_takes_are_told_to_come_again_and_probes_are_answered() {
    let vitals = Setup::new()
        .settings("server.max_requests = 1")
        .flag("--chaos")
        .ready();
    // While the aggregator hangs, an answer takes its time.
    vitals.strike("pipeline/aggregator", "hang?seconds=3");
    let refused = until("one too many", DEADLINE, || {
        let asked = (0..8).map(|_| {
            let url = vitals.url("/summary");
            thread::spawn(move || get(&url, &[]))
        });
        let asked: Vec<_> = asked.collect();
        let live = vitals.get("/livez");
        assert_eq!((live.status, &*live.body), (200, "ok"));
        let answers = asked.into_iter().map(|asked| asked.join().unwrap());
        answers
            .filter(|answer| answer.status == 503)
            .find(|answer| answer.error_code() == "overloaded")
    });
    assert_eq!(refused.header("retry-after"), Some("1"));
    until("all is well again", DEADLINE, || {
        (vitals.get("/summary").status == 200).then_some(())
    });
    let counted = r#"vitals_http_refused_total{reason="overloaded"}"#;
    until("it is counted", DEADLINE, || {
        vitals.page().get(counted).filter(|count| *count >= 1.0)
    });
}

#[test]
fn more_connections_than_it_takes_wait_until_one_is_closed() {
    let settings = "[server]\nmax_connections = 16\nheader_time = \"1s\"\nkeep_alive = \"1s\"";
    let vitals = Setup::new().settings(settings).ready();
    until("nobody is connected", DEADLINE, || {
        (vitals.page().value("vitals_http_connections") <= 1.0).then_some(())
    });
    let silent: Vec<_> = (0..64)
        .map(|_| TcpStream::connect(vitals.address).unwrap())
        .collect();
    let asked = Instant::now();
    let page = vitals.page();
    // Four times as many as it takes: each lot is closed after a second.
    assert!(
        asked.elapsed() < Duration::from_secs(8),
        "{:?}",
        asked.elapsed()
    );
    assert!(page.value("vitals_http_connections") <= 16.0);
    drop(silent);
}

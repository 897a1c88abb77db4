//! Under many heavy queries everything else goes on, and whoever leaves takes his query with him.

use std::{thread, time::Duration};

use crate::stage::{Connection, DEADLINE, Setup, Vitals, error_type, form, until};

/// Eleven thousand windows of an hour, sorted each: seconds of work, however fast the machine.
fn heavy(terms: usize) -> String {
    let term = "quantile_over_time(0.5, vector(time())[1h:1s])";
    vec![term; terms].join(" + ")
}

fn parameters(query: &str) -> [(&str, &str); 4] {
    [
        ("query", query),
        ("start", "0"),
        ("end", "10999"),
        ("step", "1"),
    ]
}

fn gauge(vitals: &Vitals, name: &str) -> f64 {
    vitals.page().value(name)
}

#[test]
fn thirty_two_heavy_queries_hold_up_nobody_else() {
    let settings = "query.concurrency = 2\nquery.timeout = \"3s\"";
    let vitals = Setup::new().settings(settings).ready();
    let query = heavy(4);
    let answers: Vec<_> = thread::scope(|scope| {
        let ask = || vitals.posted("/api/v1/query_range", &parameters(&query));
        let asked: Vec<_> = (0..32).map(|_| scope.spawn(ask)).collect();
        until("queries that run and queries that wait", DEADLINE, || {
            let page = vitals.page();
            let running = page.value("vitals_query_running");
            assert!(running <= 2.0, "{running} run");
            (running == 2.0 && page.value("vitals_query_waiting") >= 1.0).then_some(())
        });
        for _ in 0..20 {
            for path in [
                "/metrics",
                "/health",
                "/livez",
                "/summary",
                "/api/v1/labels",
            ] {
                let answer = vitals.get(path);
                assert_eq!(answer.status, 200, "{path}: {}", answer.body);
            }
        }
        asked
            .into_iter()
            .map(|asked| asked.join().unwrap())
            .collect()
    });
    for answer in &answers {
        if answer.status != 200 {
            assert_eq!((answer.status, &*error_type(answer)), (503, "timeout"));
        }
    }
    until("nobody at work", DEADLINE, || {
        let page = vitals.page();
        let left = page.value("vitals_query_running") + page.value("vitals_query_waiting");
        (left == 0.0).then_some(())
    });
    assert_eq!(vitals.value_of("vector(1)"), Some(1.0));
    vitals.nothing_panicked_unguarded();
}

#[test]
fn more_than_may_wait_are_told_so_at_once() {
    let settings = "query.concurrency = 1\nserver.max_requests = 8";
    let vitals = Setup::new().settings(settings).ready();
    let query = heavy(20);
    let form = form(&parameters(&query));
    let request = format!(
        "POST /api/v1/query_range HTTP/1.1\r\nHost: localhost\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{form}",
        form.len()
    );
    let ask = |_| {
        let mut connection = Connection::open(vitals.address).unwrap();
        connection.send(request.as_bytes()).unwrap();
        connection
    };
    let waiting: Vec<_> = (0..5).map(ask).collect();
    until("one that runs and four that wait", DEADLINE, || {
        let running = gauge(&vitals, "vitals_query_running");
        (running == 1.0 && gauge(&vitals, "vitals_query_waiting") == 4.0).then_some(())
    });
    let refused = vitals.posted("/api/v1/query", &[("query", "1")]);
    assert_eq!(
        (refused.status, &*error_type(&refused)),
        (503, "unavailable")
    );
    assert_eq!(refused.header("retry-after"), Some("1"));

    // They leave: those who wait at once, and the one who runs soon.
    drop(waiting);
    until("nobody at work", DEADLINE, || {
        let page = vitals.page();
        let left = page.value("vitals_query_running") + page.value("vitals_query_waiting");
        (left == 0.0).then_some(())
    });
    let cancelled = vitals
        .page()
        .value("vitals_queries_total{outcome=\"canceled\"}");
    assert_eq!(cancelled, 5.0);
    assert_eq!(vitals.value_of("vector(1)"), Some(1.0));
}

#[test]
fn a_service_that_is_stopped_waits_for_no_query() {
    let mut vitals = Setup::new().ready();
    let query = heavy(20);
    let body = form(&parameters(&query));
    let mut connection = Connection::open(vitals.address).unwrap();
    let request = format!(
        "POST /api/v1/query_range HTTP/1.1\r\nHost: localhost\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    connection.send(request.as_bytes()).unwrap();
    until("a query that runs", DEADLINE, || {
        (gauge(&vitals, "vitals_query_running") == 1.0).then_some(())
    });
    vitals.process.signal(rustix::process::Signal::TERM);
    let ended = vitals.ends_within(Duration::from_secs(60));
    assert!(ended.success(), "{ended}");
}

//! `/federate`: a Prometheus takes from it what Vitals has, under the job and instance of whoever it
//! is of.

use jiff::Timestamp;
use url::form_urlencoded;

use crate::stage::{
    Answer, Connection, DEADLINE, Page, Prometheus, Setup, Simulated, Vitals, Watched, get, until,
};

fn path(selectors: &[&str]) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    for selector in selectors {
        query.append_pair("match[]", selector);
    }
    format!("/federate?{}", query.finish())
}

fn federate(vitals: &Vitals, selectors: &[&str]) -> Answer {
    vitals.get(&path(selectors))
}

/// The page without its timestamps, which are all of the last minute.
#[track_caller]
fn page(answer: &Answer) -> Page {
    assert_eq!(answer.status, 200, "{}", answer.body);
    let kind = "text/plain; version=0.0.4; charset=utf-8";
    assert_eq!(answer.header("content-type"), Some(kind));
    let now = Timestamp::now().as_millisecond();
    let mut without = String::new();
    for line in answer.body.lines() {
        let (rest, at) = line.rsplit_once(' ').unwrap();
        if line.starts_with('#') {
            without.push_str(line);
        } else {
            let at: i64 = at.parse().expect(line);
            assert!((now - 60_000..now + 1_000).contains(&at), "{line} at {now}");
            without.push_str(rest);
        }
        without.push('\n');
    }
    let page = Page::parse(&without);
    assert!(page.families.is_sorted_by(|one, next| one.name < next.name));
    page
}

fn series(page: &Page) -> Vec<&String> {
    page.families
        .iter()
        .flat_map(|family| &family.series)
        .collect()
}

fn node() -> String {
    let name = rustix::system::uname();
    name.nodename().to_str().unwrap().to_owned()
}

#[test]
fn what_is_asked_wrongly_is_told_what_is_wrong() {
    let vitals = Setup::new().ready();
    let many = ["up"; 65];
    let deep = "(".repeat(200);
    for (selectors, code, part) in [
        (&[][..], "no_match", "match[] must say which series"),
        (
            &["{job=\"node\""],
            "bad_match",
            "match[]={job=\"node\": 1:12: parse error: ",
        ),
        (
            &["up", "up[5m]"],
            "bad_match",
            "match[]=up[5m]: expected an instant vector selector",
        ),
        (
            &["{job=~\".*\"}"],
            "bad_match",
            "must contain at least one non-empty matcher",
        ),
        (&["{a=\"b\" or c=\"d\"}"], "bad_match", "unexpected \"or\""),
        (&["{a=~\"(\"}"], "bad_match", "is malformed: unclosed group"),
        (&[&*deep], "bad_match", "it is nested deeper than 100"),
        (&many, "too_many_matches", "there are more than 64 match[]"),
    ] {
        let answer = federate(&vitals, selectors);
        assert_eq!(
            (answer.status, &*answer.error_code()),
            (400, code),
            "{selectors:?}"
        );
        let message = answer.json()["error"]["message"].to_string();
        let message = message.replace("\\\"", "\"");
        assert!(message.contains(part), "{selectors:?}: {message}");
    }
    assert_eq!(vitals.get("/federate?match=up").error_code(), "no_match");
    let most = federate(&vitals, &many[..64]);
    assert_eq!(
        (most.status, &*page(&most).find("up").unwrap().name),
        (200, "up")
    );
    let nothing = federate(&vitals, &["nothing"]);
    assert_eq!((nothing.status, &*nothing.body), (200, ""));
}

#[test]
fn the_host_is_a_node_and_vitals_itself_has_no_job() {
    let vitals = Setup::new().ready();
    let of_node = format!("instance=\"{}\",job=\"node\"", node());
    let answer = federate(&vitals, &["{job=\"node\"}"]);
    let found = page(&answer);
    assert!(series(&found).len() > 100, "{}", answer.body);
    assert!(
        series(&found)
            .iter()
            .all(|series| series.contains(&of_node))
    );
    assert_eq!(found.value(&format!("up{{{of_node}}}")), 1.0);
    let kind = |page: &Page, name| page.find(name).and_then(|family| family.kind.clone());
    assert_eq!(
        kind(&found, "node_cpu_seconds_total").as_deref(),
        Some("counter")
    );
    assert_eq!(kind(&found, "node_load1").as_deref(), Some("gauge"));
    let scraped = found.value(&format!("scrape_samples_scraped{{{of_node}}}"));
    // `up` and the two of the scrape are none of them.
    assert_eq!(scraped, series(&found).len() as f64 - 3.0);
    assert!(found.value(&format!("scrape_duration_seconds{{{of_node}}}")) > 0.0);

    let own = page(&federate(&vitals, &["{__name__=~\"(vitals|process)_.+\"}"]));
    let none = |series: &&String| !series.contains("job=") && !series.contains("instance=");
    assert!(series(&own).iter().all(none));
    for name in [
        "vitals_host_memory_used_ratio",
        "process_start_time_seconds",
        "vitals_build_info",
    ] {
        assert!(own.find(name).is_some(), "{name}");
    }
    let buckets = "vitals_http_request_seconds_bucket";
    assert_eq!(kind(&own, buckets).as_deref(), Some("untyped"));
    let both = page(&federate(
        &vitals,
        &["{job=\"node\"}", "up", "vitals_build_info"],
    ));
    assert_eq!(series(&both).len(), series(&found).len() + 1);

    // What a scraper asks for is what it gets.
    let url = vitals.url(&path(&["{job=\"node\"}"]));
    let packed = page(&get(&url, &[("accept-encoding", "gzip")]));
    assert_eq!(packed.find("up").unwrap().series.len(), 1);
    let mut connection = Connection::open(vitals.address).unwrap();
    let target = path(&["{job=\"node\"}"]);
    let ask = format!("HEAD {target} HTTP/1.1\r\nHost: localhost\r\nAccept-Encoding: gzip\r\n\r\n");
    connection.send(ask.as_bytes()).unwrap();
    let head = connection.receive_for("HEAD").unwrap();
    assert!(
        head.head.contains("\r\ncontent-encoding: gzip\r\n"),
        "{head:?}"
    );
}

#[test]
fn the_node_has_the_job_of_the_settings_or_none_at_all() {
    let settings = "system.job = \"hosts\"\nserver.route_prefix = \"/vitals\"";
    let vitals = Setup::new().settings(settings).ready();
    let found = vitals.get(&format!("/vitals{}", path(&["up"])));
    let up = format!("up{{instance=\"{}\",job=\"hosts\"}}", node());
    assert_eq!(page(&found).value(&up), 1.0);
    let vitals = Setup::new()
        .settings("system.node_exporter = false")
        .ready();
    assert_eq!(federate(&vitals, &["up", "{job!=\"\"}"]).body, "");
}

#[test]
fn while_the_aggregator_is_silent_the_last_known_is_given() {
    let vitals = Setup::new().flag("--chaos").ready();
    vitals.strike("pipeline/aggregator", "hang?seconds=10");
    let stale = until("an answer from what was last known", DEADLINE, || {
        let answer = federate(&vitals, &["{job=\"node\"}"]);
        assert_eq!(answer.status, 200, "{}", answer.body);
        (answer.header("x-vitals-stale") == Some("true")).then_some(answer)
    });
    assert!(page(&stale).find("node_load1").is_some());
    until("the aggregator again", DEADLINE, || {
        let answer = federate(&vitals, &["up"]);
        answer.header("x-vitals-stale").is_none().then_some(())
    });
}

#[test]
fn an_iris_is_there_under_its_own_names_and_prometheus_takes_it() {
    let iris = Simulated::start(&[]);
    let watched = Watched::by_account(&iris);
    let vitals = &watched.vitals;
    let of_iris = format!("instance=\"{}\",job=\"iris\"", iris.host());
    let found = page(&federate(vitals, &["{job=\"iris\"}"]));
    assert!(found.value(&format!("iris_cpu_usage{{{of_iris}}}")) >= 0.0);
    assert_eq!(found.value(&format!("up{{{of_iris}}}")), 1.0);
    let all = series(&found);
    let scraped = found.value(&format!("scrape_samples_scraped{{{of_iris}}}"));
    assert_eq!(scraped, all.len() as f64 - 3.0);
    let scrape = |series: &str| series.starts_with("up{") || series.starts_with("scrape_");
    assert!(
        all.iter()
            .all(|series| series.starts_with("iris_") || scrape(series))
    );
    let metrics = vitals.get("/metrics").body;
    assert!(!metrics.contains("\niris_") && !metrics.contains("job="));

    let prometheus = Prometheus::scraping_by(
        vitals,
        "job_name: federate, honor_labels: true, metrics_path: /federate, \
         params: {'match[]': ['{job=~\".+\"}', '{__name__=~\"vitals_.+\"}']}",
    );
    assert!(prometheus.value("iris_cpu_usage%7Bjob%3D%22iris%22%7D") >= 0.0);
    assert_eq!(prometheus.value("up%7Bjob%3D%22iris%22%7D"), 1.0);
    assert_eq!(prometheus.value("up%7Bjob%3D%22node%22%7D"), 1.0);
    assert_eq!(prometheus.value("up%7Bjob%3D%22federate%22%7D"), 1.0);
    let instance = &prometheus.api("/api/v1/query?query=iris_cpu_usage")["result"][0]["metric"];
    assert_eq!(instance["instance"], iris.host());
    let counts = prometheus.value("rate(node_cpu_seconds_total%5B10s%5D)");
    assert!(counts >= 0.0);
    let targets = prometheus.api("/api/v1/targets");
    assert_eq!(targets["activeTargets"][0]["lastError"], "", "{targets}");

    // Who is down is known to be.
    iris.fault("refuse");
    until("an IRIS that is down", DEADLINE, || {
        let up = prometheus.api("/api/v1/query?query=up%7Bjob%3D%22iris%22%7D");
        (up["result"][0]["value"][1] == "0").then_some(())
    });
    let gone = page(&federate(vitals, &["{job=\"iris\"}"]));
    assert_eq!(series(&gone).len(), 3, "{:?}", series(&gone));
    let log = prometheus.log();
    let trouble = log
        .iter()
        .find(|line| line.contains("level=warn") || line.contains("level=error"));
    assert_eq!(trouble, None);
    watched.nobody_was_touched();
}

//! A living production beside Vitals: what is known of it, however it presents itself and whatever
//! stands in front of it.

use serde_json::Value;

use crate::stage::{DEADLINE, Setup, Simulated, Vitals, until};

/// Looks are soon, and wait for whoever is slow for want of a processor.
const SOON: &str = r#"
collect.interval = "1s"
collect.timeout = "900ms"
health.interval = "1s"
summary.interval = "1s"
"#;

/// What a host, the network and an IRIS let one know; what stands in for the other four has a story of
/// its own.
const KNOWN: [&str; 8] = [
    "cpu",
    "memory",
    "disk",
    "network_latency",
    "query_time",
    "hl7_rate",
    "connection_pool",
    "database_size",
];
/// Those of them that are IRIS's.
const OF_IRIS: [&str; 4] = ["query_time", "hl7_rate", "connection_pool", "database_size"];

fn target<'s>(summary: &'s Value, id: &str) -> &'s Value {
    let targets = summary["targets"].as_array().unwrap();
    targets.iter().find(|target| target["id"] == id).unwrap()
}

/// Waits until all eight targets are known.
#[track_caller]
fn all_eight(vitals: &Vitals) -> Value {
    until("all eight targets", DEADLINE, || {
        let summary = vitals.get("/summary").json();
        let known = |id: &&str| target(&summary, id)["value"].is_number();
        KNOWN.iter().all(known).then_some(summary)
    })
}

#[track_caller]
fn messages(vitals: &Vitals, iris: &str) -> f64 {
    until("HL7 messages", DEADLINE, || {
        let series = format!("vitals_hl7_messages_total{{iris=\"{iris}\"}}");
        vitals.page().get(&series)
    })
}

#[track_caller]
fn grows(vitals: &Vitals, iris: &str) {
    let before = messages(vitals, iris);
    until("more HL7 messages", DEADLINE, || {
        (messages(vitals, iris) > before).then_some(())
    });
}

#[test]
fn a_host_is_all_that_must_be_said() {
    let iris = Simulated::start(&["--steady"]);
    let setup = Setup::new().variable("IRIS_HOST", iris.host());
    let vitals = setup.settings(SOON).ready();
    let summary = all_eight(&vitals);
    let targets = summary["targets"].as_array().unwrap().iter();
    let known = targets.filter(|row| row["value"].is_number() && row["scope"] != "container");
    assert_eq!(summary["coverage"]["known"], known.count(), "{summary:#}");
    for id in KNOWN {
        let target = target(&summary, id);
        // The worst of all machines decides, and one of them is that of IRIS.
        let is_of_iris = target["source"] == "iris/main";
        assert_eq!(target["simulated"], is_of_iris, "{target}");
        assert!(is_of_iris || !OF_IRIS.contains(&id), "{target}");
    }
    grows(&vitals, "main");
    let page = vitals.page();
    let simulated = page.value("vitals_iris_simulated{iris=\"main\"}");
    assert_eq!(simulated, 1.0);
    let summary = vitals.get("/summary").json();
    let rate = target(&summary, "hl7_rate")["value"].as_f64().unwrap();
    assert!(rate > 0.0, "{rate}");
    assert!(summary["hl7"]["messages_total"].as_f64().unwrap() > 0.0);
}

/// Time stands still but for what the story says: the figures are exact.
#[test]
fn what_came_in_is_what_is_told() {
    let iris = Simulated::start(&["--steady", "--speed", "0"]);
    let setup = Setup::new().variable("IRIS_HOST", iris.host());
    let vitals = setup.settings(SOON).ready();
    let mut before = 0;
    for seconds in [300, 60, 3_600] {
        iris.advance(seconds);
        let state = iris.state();
        let received = state["production"]["sampled_received"].as_u64().unwrap();
        assert!(received > before, "{received} after {before}");
        until("all that came in", DEADLINE, || {
            (messages(&vitals, "main") == received as f64).then_some(())
        });
        before = received;
    }
}

#[test]
fn every_version_presents_a_production() {
    let versions = ["2024.1", "2026.1", "ce"];
    let servers = versions.map(|version| Simulated::start(&["--steady", "--version", version]));
    let mut settings = SOON.to_owned();
    for (number, server) in servers.iter().enumerate() {
        let url = server.url();
        settings += &format!("[[iris]]\nname = \"v{number}\"\nurl = \"{url}\"\n");
    }
    let vitals = Setup::new().settings(&settings).ready();
    all_eight(&vitals);
    for (number, version) in versions.iter().enumerate() {
        let name = format!("v{number}");
        grows(&vitals, &name);
        let page = vitals.page();
        let families: Vec<_> = page
            .families
            .iter()
            .filter(|family| {
                let label = format!("iris=\"{name}\"");
                family.series.iter().any(|series| series.contains(&label))
            })
            .map(|family| family.name.as_str())
            .collect();
        for expected in [
            "vitals_hl7_messages_per_minute",
            "vitals_hl7_messages_total",
            "vitals_iris_connection_pool_ratio",
            "vitals_iris_connections",
            "vitals_iris_database_size_bytes",
            "vitals_iris_interop_host_status",
            "vitals_iris_query_seconds",
            "vitals_iris_system_state",
        ] {
            assert!(families.contains(&expected), "{version}: {families:?}");
        }
        let tells_version = families.contains(&"vitals_iris_info");
        assert_eq!(tells_version, *version != "2024.1", "{version}");
    }
}

#[test]
fn several_are_told_apart_and_one_that_fails_is_alone() {
    let iris = Simulated::start(&[
        "--steady",
        "--instances",
        "3",
        "--share-port",
        "--prefix",
        "/csp/prod",
    ]);
    let mut settings = SOON.to_owned();
    for (name, url) in ["a", "b", "c"].iter().zip(iris.urls()) {
        assert!(url.contains("/csp/prod/iris"), "{url}");
        settings += &format!("[[iris]]\nname = \"{name}\"\nurl = \"{url}\"\n");
    }
    let vitals = Setup::new().settings(&settings).ready();
    let up = |name: &str| {
        let series = format!("vitals_collector_up{{collector=\"iris/{name}\"}}");
        vitals.page().get(&series) == Some(1.0)
    };
    for name in ["a", "b", "c"] {
        until("all are up", DEADLINE, || up(name).then_some(()));
        grows(&vitals, name);
    }
    iris.fault_of(2, "bad_gateway");
    until("b is down", DEADLINE, || (!up("b")).then_some(()));
    grows(&vitals, "a");
    grows(&vitals, "c");
    let checks = vitals.get("/health").json()["checks"].take();
    assert_eq!(checks["iris/a:up"][0]["status"], "pass", "{checks:#}");
    assert_eq!(checks["iris/c:up"][0]["status"], "pass", "{checks:#}");
    iris.cure();
    until("b is up", DEADLINE, || up("b").then_some(()));
    let tree = vitals.tree();
    let untouched = tree.0.iter().all(|node| node.generation == 1);
    assert!(untouched && tree.all_are("running"), "{tree:?}");
}

#[test]
fn an_account_is_shown_and_its_session_kept() {
    const PASSWORD: &str = "not-to-be-found-anywhere";
    let flags = [
        "--steady",
        "--auth",
        "all",
        "--username",
        "monitor",
        "--password",
        PASSWORD,
    ];
    let iris = Simulated::start(&flags);
    // As files of secrets are: with the end of the line.
    let setup = Setup::new()
        .file("password", &format!("{PASSWORD}\n"))
        .variable("IRIS_HOST", iris.host())
        .variable("IRIS_USERNAME", "monitor")
        .variable("IRIS_PASSWORD_FILE", "password");
    let vitals = setup.settings(SOON).ready();
    grows(&vitals, "main");
    iris.is_asked_again(3);
    let licence = iris.state()["licence"].take();
    assert_eq!(licence["sessions"], 1, "{licence}");
    assert_eq!(licence["sessions_opened"], 1, "{licence}");
    let requests = iris.state()["requests"].take();
    assert_eq!(requests["most_in_flight"], 1, "{requests}");
    assert_eq!(
        requests["alerts"], 0,
        "nobody said we may take them: {requests}"
    );
    for path in ["/metrics", "/health", "/summary", "/vitals/v1/tree"] {
        assert!(!vitals.get(path).body.contains(PASSWORD), "{path}");
    }
    assert!(!vitals.process.log().join("\n").contains(PASSWORD));
}

#[test]
fn they_come_and_go_by_a_reload() {
    let iris = Simulated::start(&["--steady", "--instances", "2"]);
    let settings = |urls: &[&str]| {
        let mut settings = SOON.to_owned();
        for (number, url) in urls.iter().enumerate() {
            settings += &format!("[[iris]]\nname = \"i{number}\"\nurl = \"{url}\"\n");
        }
        settings
    };
    let [one, other] = [&*iris.urls()[0], &*iris.urls()[1]];
    let vitals = Setup::new().settings(&settings(&[])).ready();
    let reload = |urls: &[&str]| {
        vitals.directory.write("vitals.toml", &settings(urls));
        vitals.process.signal(rustix::process::Signal::HUP);
    };
    let ratio = |iris: &str| {
        let series = format!("vitals_iris_connection_pool_ratio{{iris=\"{iris}\"}}");
        vitals.page().get(&series)
    };
    let reason = || {
        let summary = vitals.get("/summary").json();
        target(&summary, "query_time")["reason"].clone()
    };
    assert_eq!(reason(), "not_configured");

    reload(&[one]);
    until("the first", DEADLINE, || ratio("i0"));
    reload(&[one, other]);
    until("the second", DEADLINE, || ratio("i1"));
    assert!(ratio("i0").is_some());
    assert_eq!(vitals.tree().node("collectors/iris/i0").generation, 1);
    // Another one under the name of the first.
    reload(&[other]);
    until("only one", DEADLINE, || {
        (ratio("i0").is_some() && ratio("i1").is_none()).then_some(())
    });
    let asked = iris.asked();
    iris.is_asked_again_of(2, 2);
    assert_eq!(iris.asked(), asked, "the first is left alone");
    reload(&[]);
    until("none", DEADLINE, || {
        (ratio("i0").is_none() && reason() == "not_configured").then_some(())
    });
    let tree = vitals.tree();
    let none = tree.paths().iter().all(|path| !path.contains("iris"));
    assert!(none && tree.all_are("running"), "{tree:?}");
    assert_eq!(vitals.tree().node("collectors/system").generation, 1);
}

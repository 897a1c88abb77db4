//! Ports, prefixes, several servers, the control endpoint.

use std::net::SocketAddr;

use serde_json::json;
use simulator::iris::{Options, Pace, Simulator, StartError};

use crate::client::{Answer, ask, get, metrics};

fn controlled(options: Options) -> Simulator {
    Simulator::start(Options {
        control: Some("127.0.0.1:0".parse().unwrap()),
        pace: Pace::Manual,
        ..options
    })
    .unwrap()
}

fn tell(simulator: &Simulator, method: &str, path: &str, body: &str) -> Answer {
    ask(
        simulator.control_address().unwrap(),
        method,
        path,
        &[],
        body,
    )
    .unwrap()
}

#[test]
fn everything_is_told_over_the_control_endpoint() {
    let simulator = controlled(Options::default());
    for (path, body) in [
        ("/production/stop", ""),
        ("/production/start", ""),
        ("/production/restart", ""),
        ("/failover", ""),
        ("/advance", r#"{"seconds":60}"#),
        (
            "/host",
            r#"{"host":"EHR Outbound","status":"Retry","for_seconds":5}"#,
        ),
        ("/messages", r#"{"nack":1}"#),
        ("/alert", r#"{"message":"A"}"#),
        ("/system_state", r#"{"state":1}"#),
        ("/load", r#"{"factor":2}"#),
        ("/gates", r#"{"licence":false}"#),
        ("/pin", r#"{"family":"iris_cpu_usage","value":"99"}"#),
        (
            "/sql",
            r#"{"query":"SELECT 1","rows":[{"Expression_1":1}]}"#,
        ),
        (
            "/fault",
            r#"{"kind":"bad_gateway","for_seconds":60,"plant":"x","on":"alerts"}"#,
        ),
    ] {
        let answer = tell(&simulator, "POST", path, body);
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
    }
    assert_eq!(metrics(&simulator).value("iris_cpu_usage "), Some(99.0));
    assert_eq!(get(&simulator, "/api/monitor/alerts").status, 502);
    let state = tell(&simulator, "GET", "/state", "").json();
    let first = &state["instances"][0];
    assert_eq!(first["faults"][0]["kind"], "bad_gateway");
    assert_eq!(first["gates"]["licence"], false);
    assert_eq!(first["requests"]["metrics"], 1);
    assert_eq!(first["requests"]["most_in_flight"], 1);
    assert_eq!(first["requests"]["connections"], 2);
    assert_eq!(tell(&simulator, "DELETE", "/fault", "").status, 200);
    assert_eq!(get(&simulator, "/api/monitor/alerts").status, 200);

    assert_eq!(
        tell(&simulator, "POST", "/fault", r#"{"kind":"refuse"}"#).status,
        200
    );
    assert!(
        ask(simulator.addresses()[0], "GET", "/", &[], "").is_err(),
        "at once"
    );
    assert_eq!(tell(&simulator, "DELETE", "/fault", "").status, 200);
    assert_eq!(metrics(&simulator).status, 200);
    assert_eq!(tell(&simulator, "POST", "/iris/restart", "").status, 200);
    assert!(ask(simulator.addresses()[0], "GET", "/", &[], "").is_err());
}

#[test]
fn nonsense_is_refused_with_a_reason() {
    let simulator = controlled(Options::default());
    for (path, body, status) in [
        ("/fault", r#"{"kind":"nonsense"}"#, 400),
        ("/fault", r#"{"kind":"hang","for_seconds":-1}"#, 400),
        ("/fault", "", 400),
        ("/fault?instance=7", r#"{"kind":"hang"}"#, 400),
        ("/host", r#"{"host":"Nobody","status":"Retry"}"#, 400),
        ("/advance", r#"{"seconds":"soon"}"#, 400),
        ("/nothing", "", 404),
    ] {
        let answer = tell(&simulator, "POST", path, body);
        assert_eq!(answer.status, status, "{path} {body}");
        assert!(!answer.json()["error"].as_str().unwrap().is_empty());
    }
}

#[test]
fn prefixes_tell_servers_apart() {
    let simulator = controlled(Options {
        instances: 3,
        share_port: true,
        prefix: "/gateway".to_owned(),
        ..Options::default()
    });
    assert_eq!(simulator.addresses().len(), 1);
    assert!(
        simulator.urls()[1].ends_with("/gateway/iris2"),
        "{}",
        simulator.urls()[1]
    );
    let path = |at: u16| format!("/gateway/iris{at}/api/monitor/metrics");
    assert_eq!(
        tell(
            &simulator,
            "POST",
            "/fault?instance=2",
            r#"{"kind":"forbidden"}"#
        )
        .status,
        200
    );
    for (at, status) in [(1, 200), (2, 403), (3, 200), (4, 404)] {
        assert_eq!(get(&simulator, &path(at)).status, status, "{at}");
    }
    assert_eq!(get(&simulator, "/api/monitor/metrics").status, 404);
    // Their port is still listened on: it hangs up instead of refusing.
    assert_eq!(
        tell(
            &simulator,
            "POST",
            "/fault?instance=3",
            r#"{"kind":"refuse"}"#
        )
        .status,
        200
    );
    assert_eq!(get(&simulator, &path(3)).end, crate::client::End::Reset);
}

#[test]
fn instances_have_ports_and_lives_of_their_own() {
    let simulator = controlled(Options {
        instances: 3,
        ..Options::default()
    });
    simulator.only(2).stop_production().unwrap();
    let interop: Vec<_> = simulator
        .addresses()
        .iter()
        .map(|address| ask(*address, "GET", "/api/monitor/metrics", &[], "").unwrap())
        .map(|answer| answer.text().contains("iris_interop_"))
        .collect();
    assert_eq!(interop, [true, false, true]);
    assert!(simulator.only(4).stop_production().is_err());
}

#[test]
fn other_pages_are_not_there() {
    let simulator = controlled(Options::default());
    for path in [
        "/",
        "/api/monitor",
        "/api/monitor/",
        "/api/monitor/interop/interfaces",
        "/csp/sys",
    ] {
        let answer = get(&simulator, path);
        assert_eq!(
            (answer.status, answer.header("x-simulated")),
            (404, Some("vitals")),
            "{path}"
        );
    }
    let posted = ask(
        simulator.addresses()[0],
        "POST",
        "/api/monitor/metrics",
        &[],
        "",
    )
    .unwrap();
    assert_eq!(posted.status, 405);
}

#[test]
fn every_body_says_that_it_is_simulated() {
    let simulator = controlled(Options::default());
    assert!(
        metrics(&simulator)
            .text()
            .starts_with("# simulated by vitals: ")
    );
    assert!(
        get(&simulator, "/")
            .text()
            .contains("<!-- simulated by vitals: invented -->")
    );
    assert_eq!(
        tell(&simulator, "GET", "/state", "").json()["simulated"],
        json!(true)
    );
}

#[test]
fn options_that_make_no_sense_are_refused() {
    let refused = |options| Simulator::start(options).err().unwrap();
    let anywhere: SocketAddr = "0.0.0.0:0".parse().unwrap();
    let options = || Options::default();
    assert!(matches!(
        refused(Options {
            control: Some(anywhere),
            ..options()
        }),
        StartError::Control(_)
    ));
    assert!(matches!(
        refused(Options {
            instances: 0,
            ..options()
        }),
        StartError::Instances(0)
    ));
    assert!(matches!(
        refused(Options {
            rate: f64::NAN,
            ..options()
        }),
        StartError::Rate(_)
    ));
    assert!(matches!(
        refused(Options {
            prefix: "iris".to_owned(),
            ..options()
        }),
        StartError::Prefix(_)
    ));
    let taken = controlled(options());
    let listen = taken.addresses()[0];
    assert!(matches!(
        refused(Options {
            listen,
            ..options()
        }),
        StartError::Listen { .. }
    ));
}

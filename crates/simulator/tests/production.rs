//! The production, the server and the mirror, as their metrics tell.

use std::time::Duration;

use simulator::iris::{Gates, Options, Pace, Simulator};

use crate::client::{ask, get, metrics};

const ROUTER: &str = "iris_interop_messages{id=\"HOSPITAL\",host=\"HL7 Router\"";
const INBOUND: [&str; 3] = ["ADT Inbound", "Lab Inbound", "Orders Inbound"];

/// 120 messages a minute, at a second that is a multiple of 60.
fn steady() -> Simulator {
    Simulator::start(Options {
        steady: true,
        pace: Pace::Manual,
        start: Some(1_800_000_000),
        mirror: false,
        ..Options::default()
    })
    .unwrap()
}

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn inbound(simulator: &Simulator) -> f64 {
    let answer = metrics(simulator);
    INBOUND
        .iter()
        .map(|host| {
            answer.sum(&format!(
                "iris_interop_messages{{id=\"HOSPITAL\",host=\"{host}\""
            ))
        })
        .sum()
}

#[test]
fn messages_come_at_the_rate_and_are_sampled_every_five_seconds() {
    let simulator = steady();
    // Ten minutes before the start are part of the simulation.
    assert_eq!(inbound(&simulator), 1_200.0);
    simulator.all().advance(seconds(4)).unwrap();
    assert_eq!(inbound(&simulator), 1_200.0);
    simulator.all().advance(seconds(1)).unwrap();
    assert_eq!(inbound(&simulator), 1_210.0);
    simulator.all().advance(seconds(3_595)).unwrap();
    assert_eq!(inbound(&simulator), 1_200.0 + 7_200.0);
    let rates = metrics(&simulator)
        .sum("iris_interop_messages_per_sec{id=\"HOSPITAL\",host=\"HL7 Router\"");
    assert_eq!(rates, 4.0, "a request and its response each");
}

#[test]
fn a_stopped_production_has_no_metrics_and_starts_from_zero() {
    let simulator = steady();
    simulator.all().stop_production().unwrap();
    let stopped = metrics(&simulator).text();
    assert!(!stopped.contains("iris_interop_") && stopped.contains("iris_sql_"));
    simulator.all().advance(seconds(60)).unwrap();
    simulator.all().start_production().unwrap();
    assert_eq!(inbound(&simulator), 0.0);
    simulator.all().advance(seconds(60)).unwrap();
    assert_eq!(inbound(&simulator), 120.0);
    simulator.all().restart_production().unwrap();
    assert_eq!(metrics(&simulator).value(ROUTER), Some(0.0));
}

#[test]
fn a_failing_host_queues_and_catches_up() {
    let simulator = steady();
    let failing = r#"iris_interop_hosts{id="HOSPITAL",status="Retry",host="EHR Outbound""#;
    let queued = r#"iris_interop_queued{id="HOSPITAL",host="EHR Outbound""#;
    simulator
        .all()
        .set_status("EHR Outbound", "retry", seconds(61))
        .unwrap();
    simulator.all().advance(seconds(60)).unwrap();
    let answer = metrics(&simulator);
    assert_eq!(answer.value(failing), Some(1.0));
    assert_eq!(answer.value(queued), Some(96.0), "80 % of 120 go there");
    simulator.all().advance(seconds(60)).unwrap();
    let answer = metrics(&simulator);
    assert_eq!(answer.value(failing), None);
    assert_eq!(answer.value(queued), None);
    assert_eq!(answer.value("iris_interop_queued{"), Some(0.0));
    assert!(
        simulator
            .all()
            .set_status("Nobody", "Retry", seconds(1))
            .is_err()
    );
    assert!(
        simulator
            .all()
            .set_status("EHR Outbound", "tired", seconds(1))
            .is_err()
    );
}

#[test]
fn nacks_suspend_errors_count_and_invalid_messages_show_nowhere() {
    let simulator = steady();
    simulator.all().messages(3, 2, 5).unwrap();
    simulator.all().advance(seconds(10)).unwrap();
    let answer = metrics(&simulator);
    assert_eq!(
        answer.value(r#"iris_interop_messages_suspended{id="HOSPITAL",host="EHR Outbound""#),
        Some(3.0)
    );
    assert_eq!(
        answer.value(r#"iris_interop_messages_errored{id="HOSPITAL",host="EHR Outbound""#),
        Some(2.0)
    );
    assert_eq!(answer.sum("iris_interop_messages_aborted"), 0.0);
}

#[test]
fn an_iris_that_restarts_is_refused_then_503_then_counts_from_zero() {
    let simulator = steady();
    let before = metrics(&simulator).value("iris_csp_activity").unwrap();
    simulator
        .all()
        .restart_iris(seconds(30), seconds(10))
        .unwrap();
    let address = simulator.addresses()[0];
    assert!(ask(address, "GET", "/api/monitor/metrics", &[], "").is_err());
    simulator.all().advance(seconds(30)).unwrap();
    assert_eq!(metrics(&simulator).status, 503);
    simulator.all().advance(seconds(10)).unwrap();
    let after = metrics(&simulator);
    assert_eq!(after.status, 200);
    assert!(after.value("iris_csp_activity").unwrap() < before);
    assert_eq!(after.value(ROUTER), Some(0.0));
}

#[test]
fn alerts_are_read_once_for_all() {
    let simulator = steady();
    let read = || get(&simulator, "/api/monitor/alerts").json();
    let value = |name| metrics(&simulator).value(name);
    assert_eq!(read(), serde_json::json!([]));
    simulator.all().alert(2, "Lock table is full.").unwrap();
    assert_eq!(value("iris_system_alerts_new "), Some(1.0));
    let expected = serde_json::json!([
        { "time": "2027-01-15T08:00:00.000Z", "severity": "2", "message": "Lock table is full." }
    ]);
    assert_eq!(read(), expected);
    assert_eq!(read(), serde_json::json!([]));
    assert_eq!(value("iris_system_alerts_new "), Some(0.0));
    assert_eq!(value("iris_system_alerts_log "), Some(1.0));
    simulator.all().system_state(-1).unwrap();
    assert_eq!(value("iris_system_state "), Some(-1.0));
}

#[test]
fn labels_and_families_are_switched_off() {
    let simulator = steady();
    let all = |change: &dyn Fn(&mut Gates)| {
        let mut gates = Gates::default();
        change(&mut gates);
        simulator.all().gates(gates).unwrap();
        metrics(&simulator)
    };
    let usual = all(&|_| ());
    let total = usual.sum("iris_interop_messages{");

    let no_host = all(&|gates| gates.host_label = false);
    let line = r#"iris_interop_messages{id="HOSPITAL",production="Hospital.Production"}"#;
    assert_eq!(no_host.value(line), Some(total));
    assert!(!no_host.text().contains(r#"host=""#));

    let no_production = all(&|gates| gates.production_label = false);
    assert_eq!(no_production.sum("iris_interop_messages{"), total);
    assert!(!no_production.text().contains("Hospital.Production"));

    let neither = all(&|gates| {
        gates.host_label = false;
        gates.production_label = false;
    });
    assert_eq!(
        neither.value(r#"iris_interop_messages{id="HOSPITAL"} "#),
        Some(total)
    );

    let no_interop = all(&|gates| gates.interop = false).text();
    assert!(!no_interop.contains("iris_interop_"));
    let no_licence = all(&|gates| gates.licence = false).text();
    assert!(!no_licence.contains("iris_license_"));
    let no_activity = all(&|gates| gates.activity = false).text();
    assert!(!no_activity.contains("ORU_R01") && no_activity.contains("iris_interop_messages{"));
    let custom = all(&|gates| gates.custom = true).text();
    assert!(custom.contains("pharmacy_prescription_count{ward=\"Ward 1 \\\"East\\\"\"}"));
}

#[test]
fn a_mirror_has_one_production_and_moves_it() {
    let simulator = Simulator::start(Options {
        instances: 2,
        mirror: true,
        steady: true,
        pace: Pace::Manual,
        start: Some(1_800_000_000),
        ..Options::default()
    })
    .unwrap();
    let ask = |at: usize| {
        ask(
            simulator.addresses()[at],
            "GET",
            "/api/monitor/metrics",
            &[],
            "",
        )
        .unwrap()
    };
    let is_primary = |at| {
        let answer = ask(at);
        let status = answer.value("iris_mirror_status ").unwrap();
        let interop = answer.text().contains("iris_interop_");
        assert_eq!(
            answer.text().contains("iris_mirror_journal_latency_time "),
            status == 3.0
        );
        assert_eq!(interop, status == 2.0);
        interop
    };
    assert_eq!((is_primary(0), is_primary(1)), (true, false));
    simulator.all().failover().unwrap();
    assert_eq!((is_primary(0), is_primary(1)), (false, true));
    assert_eq!(ask(1).value(ROUTER), Some(0.0));
}

#[test]
fn a_pinned_metric_keeps_its_value_and_load_raises_what_comes_in() {
    let simulator = steady();
    simulator
        .all()
        .pin("iris_disk_percent_full", Some("97.5"))
        .unwrap();
    let pinned = metrics(&simulator);
    assert!(pinned.text().contains("} 97.5\n"));
    simulator.all().pin("iris_disk_percent_full", None).unwrap();
    assert!(!metrics(&simulator).text().contains("} 97.5\n"));
    let before = inbound(&simulator);
    simulator.all().load(10.0, seconds(60)).unwrap();
    simulator.all().advance(seconds(120)).unwrap();
    assert_eq!(inbound(&simulator) - before, (59.0 * 10.0 + 61.0) * 2.0);
}

#[test]
fn no_series_is_there_twice() {
    for steady in [true, false] {
        let simulator = Simulator::start(Options {
            steady,
            pace: Pace::Manual,
            start: Some(1_800_000_000),
            ..Options::default()
        })
        .unwrap();
        for gates in [
            Gates::default(),
            Gates {
                host_label: false,
                ..Gates::default()
            },
            Gates {
                host_label: false,
                production_label: false,
                custom: true,
                ..Gates::default()
            },
        ] {
            simulator.all().gates(gates).unwrap();
            simulator.all().advance(seconds(3_600)).unwrap();
            let text = metrics(&simulator).text();
            let series = text.lines().map(|line| line.rsplit_once(' ').unwrap().0);
            let mut known = std::collections::HashSet::new();
            let twice: Vec<_> = series
                .filter(|series| !series.starts_with('#') && !known.insert(*series))
                .collect();
            assert_eq!(twice, Vec::<&str>::new());
        }
    }
}

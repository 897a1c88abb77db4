//! What the metrics of IRIS do not tell is asked by SQL, where that is wanted; and nothing of a message
//! gets out of it.

use serde_json::json;

use crate::stage::{DEADLINE, Setup, Simulated, Vitals, until};

fn watch(iris: &Simulated, more: &str) -> Vitals {
    let settings = format!(
        "collect.interval = \"1s\"
        health.interval = \"1s\"
        [[iris]]
        name = \"main\"
        url = \"{}\"
        username = \"_SYSTEM\"
        password = \"SYS\"
        {more}
        [iris.sql]
        enabled = true
        interval = \"10s\"",
        iris.url()
    );
    Setup::new().settings(&settings).ready()
}

fn total(vitals: &Vitals, family: &str) -> Option<f64> {
    let page = vitals.page();
    let family = page.find(family)?;
    Some(family.series.iter().map(|series| page.value(series)).sum())
}

#[test]
fn queues_and_errors_in_the_log() {
    let iris = Simulated::start(&["--steady"]);
    let vitals = watch(&iris, "");
    until("queues", DEADLINE, || {
        total(&vitals, "vitals_iris_interop_queued")
    });
    let sources = vitals
        .page()
        .find("vitals_source")
        .unwrap()
        .series
        .join(" ");
    assert!(sources.contains("Ens.Queue_Enumerate"), "{sources}");
    // Of every host with a queue it is known whether it stalls, also without an alert value.
    let page = vitals.page();
    let hosts = |family: &str| {
        let series = &page.find(family).unwrap().series;
        let labels = series
            .iter()
            .map(|series| series.split_once('{').unwrap().1);
        labels.map(str::to_owned).collect::<Vec<_>>()
    };
    let queued = hosts("vitals_iris_interop_queued");
    assert!(queued.len() > 1, "{queued:?}");
    assert!(
        queued
            .iter()
            .all(|labels| labels.contains("production=\"Hospital.Production\""))
    );
    assert_eq!(hosts("vitals_iris_interop_stalled"), queued);
    assert_eq!(
        total(&vitals, "vitals_iris_interop_log_errors_total"),
        None,
        "none yet"
    );
    iris.command("POST", "/messages", Some(json!({ "invalid": 7 })));
    until("errors in the log", DEADLINE, || {
        let errors = total(&vitals, "vitals_iris_interop_log_errors_total");
        errors.filter(|errors| *errors == 7.0)
    });
    let held = iris.state()["licence"]["sessions_opened"].as_u64();
    assert_eq!(held, Some(1), "one session for metrics and SQL");
}

#[test]
fn hl7_is_counted_where_the_metrics_are_switched_off() {
    let iris = Simulated::start(&["--steady", "--rate", "600", "--without", "interop"]);
    let vitals = watch(&iris, "namespaces = [\"HOSPITAL\"]");
    let messages = || total(&vitals, "vitals_hl7_messages_total");
    let before = until("a total", DEADLINE, messages);
    until("a higher total", DEADLINE, || {
        messages().filter(|now| *now > before)
    });
    let sources = vitals
        .page()
        .find("vitals_source")
        .unwrap()
        .series
        .join(" ");
    assert!(sources.contains("Ens.MessageHeader"), "{sources}");
}

#[test]
fn what_cannot_be_asked_has_a_reason_and_no_text_is_shown() {
    for (fault, reason, told) in [
        ("sql_not_privileged", "low_privilege", "grant it SELECT"),
        ("sql_not_found", "sql", "SQLCODE -30"),
        ("sql_server_error", "sql", "sql: queues in HOSPITAL"),
        ("sql_disabled", "disabled", "/api/atelier"),
    ] {
        let iris = Simulated::start(&["--steady"]);
        iris.fault_with(json!({ "kind": fault, "plant": "PID|1||CANARY^^^H^MR" }));
        let vitals = watch(&iris, "");
        until(fault, DEADLINE, || {
            let labels = format!("collector=\"iris/main\",reason=\"{reason}\"");
            let series = format!("vitals_collector_errors_total{{{labels}}}");
            vitals.page().get(&series)
        });
        until(told, DEADLINE, || {
            let health = vitals.get("/health").body;
            health.contains(told).then_some(())
        });
        let total = total(&vitals, "vitals_hl7_messages_total");
        assert!(total.is_some(), "the metrics are untouched");
        vitals.tells_nowhere("canary", fault);
    }
}

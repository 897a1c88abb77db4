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
fn rights_that_are_missing_are_named_and_no_text_is_shown() {
    let iris = Simulated::start(&["--steady"]);
    iris.fault_with(json!({ "kind": "sql_not_privileged", "plant": "PID|1||CANARY^^^H^MR" }));
    let vitals = watch(&iris, "");
    until("the reason", DEADLINE, || {
        let series = "vitals_collector_errors_total\
                      {collector=\"iris/main\",reason=\"low_privilege\"}";
        vitals.page().get(series)
    });
    let health = until("the remedy", DEADLINE, || {
        let health = vitals.get("/health").body;
        health.contains("SQLCODE -99").then_some(health)
    });
    assert!(health.contains("grant it SELECT"), "{health}");
    assert!(
        total(&vitals, "vitals_hl7_messages_total").is_some(),
        "the metrics are untouched"
    );
    let said = [
        &*health,
        &vitals.get("/metrics").body,
        &vitals.process.log().join(" "),
    ]
    .concat();
    assert!(!said.contains("CANARY"));
}

//! SQL over HTTP.

use std::time::Duration;

use serde_json::{Value, json};
use simulator::iris::{Options, Pace, Planned, QUERIES, Simulator};

use crate::client::{Answer, ask, basic, metrics};

fn simulator() -> Simulator {
    Simulator::start(Options {
        steady: true,
        pace: Pace::Manual,
        start: Some(1_800_000_000),
        ..Options::default()
    })
    .unwrap()
}

fn post(
    simulator: &Simulator,
    user: &str,
    namespace: &str,
    query: &str,
    parameters: Value,
) -> Answer {
    let body = json!({ "query": query, "parameters": parameters }).to_string();
    let path = format!("/api/atelier/v1/{namespace}/action/query");
    let headers = [&*basic(user, "SYS"), "Content-Type: application/json"];
    ask(simulator.addresses()[0], "POST", &path, &headers, &body).unwrap()
}

fn rows(simulator: &Simulator, namespace: &str, query: &str, parameters: Value) -> Value {
    let answer = post(simulator, "_SYSTEM", namespace, query, parameters);
    assert_eq!(answer.status, 200);
    let mut json = answer.json();
    assert_eq!(
        json["status"],
        json!({ "errors": [], "summary": "" }),
        "{query}"
    );
    json["result"]["content"].take()
}

const NEW: &str =
    "SELECT COUNT(*) AS n, MAX(ID) AS last FROM Ens.MessageHeader WHERE ID > ? AND Type = 1
    AND MessageBodyClassName = 'EnsLib.HL7.Message' AND SourceBusinessType = 1";

#[test]
fn every_known_query_has_an_answer() {
    let simulator = simulator();
    for query in QUERIES {
        let namespace = if query.in_system == Some(true) {
            "%25SYS"
        } else {
            "hospital"
        };
        let parameters: Vec<_> = (0..query.parameters).map(|at| json!(at)).collect();
        let answer = post(
            &simulator,
            "_SYSTEM",
            namespace,
            query.text,
            parameters.into(),
        );
        assert_eq!(answer.json()["status"]["summary"], "", "{}", query.text);
        assert_eq!(answer.header("x-simulated"), Some("vitals"));
    }
}

#[test]
fn a_watermark_counts_what_came_since() {
    let simulator = simulator();
    let first = rows(&simulator, "HOSPITAL", NEW, json!([0]));
    assert_eq!(first[0]["n"], 1_200);
    let last = first[0]["last"].clone();
    assert_eq!(
        rows(&simulator, "HOSPITAL", NEW, json!([last]))[0],
        json!({ "n": 0, "last": "" })
    );
    simulator.all().advance(Duration::from_secs(60)).unwrap();
    assert_eq!(
        rows(&simulator, "HOSPITAL", NEW, json!([last]))[0]["n"],
        120
    );
    assert_eq!(
        rows(&simulator, "HOSPITAL", NEW, json!([last.to_string()]))[0]["n"],
        120
    );
}

#[test]
fn statuses_queues_and_errors_come_from_the_same_state() {
    let simulator = simulator();
    let status =
        "SELECT %EXACT(TargetConfigName) AS host, Status, COUNT(*) AS n FROM Ens.MessageHeader
        WHERE ID > ? GROUP BY %EXACT(TargetConfigName), Status";
    let log = "SELECT %EXACT(ConfigName) AS host, COUNT(*) AS n FROM Ens_Util.Log
        WHERE ID > ? AND Type = 2 GROUP BY %EXACT(ConfigName)";
    let since = rows(
        &simulator,
        "HOSPITAL",
        "SELECT MAX(ID) AS last FROM Ens.MessageHeader",
        json!([]),
    );
    let minute = Duration::from_secs(60);
    simulator.all().messages(3, 2, 5).unwrap();
    simulator
        .all()
        .set_status("Pharmacy Outbound", "Error", 2 * minute)
        .unwrap();
    simulator.all().advance(minute).unwrap();

    let found = rows(&simulator, "HOSPITAL", status, json!([since[0]["last"]]));
    let of = |host: &str, status: i64| {
        let row = found
            .as_array()
            .unwrap()
            .iter()
            .find(|row| row["host"] == host && row["Status"] == status);
        row.map(|row| row["n"].as_u64().unwrap())
    };
    assert_eq!(of("EHR Outbound", 5), Some(3));
    assert_eq!(of("EHR Outbound", 8), Some(2));
    assert_eq!(of("Pharmacy Outbound", 2), Some(24), "20 % of 120 wait");
    assert_eq!(of("Pharmacy Outbound", 9), None);

    let queues = rows(
        &simulator,
        "HOSPITAL",
        "SELECT * FROM Ens.Queue_Enumerate",
        json!([]),
    );
    assert!(
        queues
            .as_array()
            .unwrap()
            .contains(&json!({ "Name": "Pharmacy Outbound", "Count": 24 }))
    );

    let errors = rows(&simulator, "HOSPITAL", log, json!([0]));
    let expected = json!([{ "host": "ADT Inbound", "n": 5 }, { "host": "EHR Outbound", "n": 2 }]);
    assert_eq!(errors, expected);
    let upper = rows(
        &simulator,
        "HOSPITAL",
        &log.replace("%EXACT(ConfigName)", "ConfigName"),
        json!([0]),
    );
    assert_eq!(upper[0]["host"], "ADT INBOUND");
}

#[test]
fn the_system_namespace_has_the_system_tables() {
    let simulator = simulator();
    let count = "SELECT COUNT(*) AS n FROM %SYS.ProcessQuery";
    let processes = rows(&simulator, "%25SYS", count, json!([]))[0]["n"].as_f64();
    assert_eq!(processes, metrics(&simulator).value("iris_process_count "));
    let sizes = rows(
        &simulator,
        "%25SYS",
        "SELECT * FROM %SYS.DatabaseQuery_FreeSpace",
        json!([]),
    );
    let hospital = sizes
        .as_array()
        .unwrap()
        .iter()
        .find(|row| row["DatabaseName"] == "HOSPITAL")
        .unwrap();
    assert_eq!(
        hospital["SizeInt"].as_f64(),
        metrics(&simulator).value("iris_db_size_mb{id=\"HOSPITAL\"")
    );
    let elsewhere = post(&simulator, "_SYSTEM", "HOSPITAL", count, json!([])).json();
    assert!(
        elsewhere["status"]["summary"]
            .as_str()
            .unwrap()
            .contains("SQLCODE: -30")
    );
}

#[test]
fn what_is_not_known_is_not_found_and_what_is_not_allowed_is_refused() {
    let simulator = simulator();
    let unknown = post(
        &simulator,
        "_SYSTEM",
        "HOSPITAL",
        "SELECT * FROM Nope",
        json!([]),
    );
    assert_eq!(unknown.status, 200);
    let error = "ERROR #5540: SQLCODE: -30 Table 'NOPE' not found";
    let status = json!({ "errors": [{ "error": error, "code": 5540 }], "summary": error });
    assert_eq!(unknown.json()["status"], status);

    let weak = post(&simulator, "weak", "HOSPITAL", NEW, json!([0])).json();
    let summary = weak["status"]["summary"].as_str().unwrap();
    assert!(
        summary.contains("SQLCODE: -99 Message: User weak is not privileged"),
        "{summary}"
    );
    let blind = post(
        &simulator,
        "weak",
        "%25SYS",
        "SELECT COUNT(*) AS n FROM %SYS.ProcessQuery",
        json!([]),
    );
    assert_eq!(blind.json()["result"]["content"], json!([{ "n": 0 }]));

    assert_eq!(
        post(&simulator, "_SYSTEM", "NOWHERE", NEW, json!([0])).status,
        404
    );
    let address = simulator.addresses()[0];
    let login = basic("_SYSTEM", "SYS");
    let path = "/api/atelier/v1/HOSPITAL/action/query";
    assert_eq!(
        ask(address, "POST", path, &[&login], "not json")
            .unwrap()
            .status,
        500
    );
    assert_eq!(
        ask(address, "GET", path, &[&login], "").unwrap().status,
        405
    );
}

#[test]
fn the_server_tells_its_version() {
    let simulator = simulator();
    let login = basic("_SYSTEM", "SYS");
    let info = ask(
        simulator.addresses()[0],
        "GET",
        "/api/atelier/",
        &[&login],
        "",
    )
    .unwrap()
    .json();
    assert_eq!(
        info["result"]["content"]["version"],
        "IRIS for UNIX (simulated) 2026.1"
    );
    assert!(
        metrics(&simulator)
            .text()
            .contains(r#"product="IRIS for UNIX (simulated)""#)
    );
}

#[test]
fn a_test_can_plan_answers_of_its_own() {
    let simulator = simulator();
    let planned = |rows: Vec<Value>, error| Planned {
        query: "select Something FROM Somewhere".to_owned(),
        rows,
        error,
    };
    let query = "SELECT  something from SOMEWHERE";
    simulator
        .all()
        .plan(planned(vec![json!({ "Something": 1 })], None))
        .unwrap();
    assert_eq!(
        rows(&simulator, "USER", query, json!([])),
        json!([{ "Something": 1 }])
    );
    simulator
        .all()
        .plan(planned(Vec::new(), Some((-400, "Fatal error".to_owned()))))
        .unwrap();
    let answer = post(&simulator, "_SYSTEM", "USER", query, json!([])).json();
    assert_eq!(
        answer["status"]["summary"],
        "ERROR #5540: SQLCODE: -400 Fatal error"
    );
}

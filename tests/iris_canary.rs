//! A piece of a message wherever IRIS and its gateway could let one slip: in pages of errors, in lines
//! that are broken, in labels, in alerts. It gets no further.

use serde_json::json;

use crate::stage::{DEADLINE, Simulated, Watched, until};

/// A segment with all that separates fields, and what it must be found by.
const SEGMENT: &str = "PID|1||CANARY^^^HOSPITAL&1.2.3~X||CANARY^JANE\\T\\";
const CANARY: &str = "canary";

/// The log says all there is to say.
const TALKATIVE: &str = "log.level = \"trace\"";

/// Faults with a text in them, and the reason that is told instead.
const PLANTED: [(&str, &str); 10] = [
    ("unauthorized", "auth"),
    ("forbidden", "forbidden"),
    ("not_found", "disabled"),
    ("bad_gateway", "unavailable"),
    ("gateway_timeout", "unavailable"),
    ("licences", "licence"),
    ("redirect", "redirect"),
    ("wrong_content_type", "not_prometheus"),
    ("garbage", "parse"),
    ("labels", "parse"),
];

#[test]
fn it_is_found_nowhere() {
    let iris = Simulated::start(&["--steady", "--auth", "all"]);
    let of_iris = "username = \"_SYSTEM\"\npassword = \"SYS\"\nalerts_endpoint = true";
    let watched = Watched::start(iris.url(), TALKATIVE, of_iris);
    watched.has_data();
    let alert = json!({ "message": SEGMENT, "severity": 2 });
    iris.command("POST", "/alert", Some(alert));
    let read = "vitals_iris_alerts_read_total{iris=\"main\",severity=\"2\"}";
    until("the alert is read", DEADLINE, || {
        watched.vitals.page().get(read).filter(|read| *read == 1.0)
    });
    watched.vitals.tells_nowhere(CANARY, "an alert");
    for (fault, reason) in PLANTED {
        let errors = watched.errors(reason);
        iris.fault_with(json!({ "kind": fault, "plant": SEGMENT }));
        until(fault, DEADLINE, || {
            (watched.errors(reason) > errors).then_some(())
        });
        until(&format!("{fault} in the health"), DEADLINE, || {
            let told = format!("({reason})");
            let check = watched.check();
            check["output"].as_str()?.contains(&told).then_some(())
        });
        watched.vitals.tells_nowhere(CANARY, fault);
        iris.cure();
        watched.has_data();
    }
    watched.vitals.tells_nowhere(CANARY, "in the end");
    watched.nobody_was_touched();
}

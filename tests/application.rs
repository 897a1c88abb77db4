//! An application in front: its figures are those it counts itself, and whatever goes wrong with it is
//! told, harms nobody else, and is over when it is over.

use serde_json::json;

use crate::stage::{Application, LOOKS, SOON, Setup, Source, Vitals, get, until};

fn watch(sections: &str) -> Vitals {
    Setup::new()
        .settings(&format!("{SOON}\n{sections}"))
        .ready()
}

fn of(vitals: &Vitals) -> Source<'_> {
    Source::of(vitals, "application/portal")
}

fn series(name: &str) -> String {
    format!("vitals_application_{name}{{application=\"portal\"}}")
}

#[test]
fn its_figures_are_those_it_counts() {
    let application = Application::start(&["--users", "0", "--steady"]);
    application.orders(30, 30);
    let vitals = watch(&application.section("portal"));
    let source = of(&vitals);
    source.is_well();
    let requests = format!("{}_total", "vitals_application_requests");
    let requests = format!("{requests}{{application=\"portal\"}}");
    source.becomes(&requests, 30.0);
    assert_eq!(source.target("cache_hit")["reason"], "too_few");

    let before = application.state();
    application.orders(120, 60);
    application.fault(json!({ "kind": "errors" }));
    application.orders(6, 6);
    application.cure();
    let after = application.state();
    let grown = |key: &str| after[key].as_f64().unwrap() - before[key].as_f64().unwrap();
    let cache =
        |key: &str| after["cache"][key].as_f64().unwrap() - before["cache"][key].as_f64().unwrap();
    source.becomes(&requests, 156.0);
    assert_eq!(grown("requests"), 126.0);
    let (errors, hits) = (
        grown("errors") / grown("requests"),
        cache("hits") / (cache("hits") + cache("misses")),
    );
    source.becomes(&series("error_ratio"), errors);
    source.becomes(&series("cache_hit_ratio"), hits);
    source.becomes(&series("active_users"), 1.0);
    let mean = grown("seconds") / grown("requests");
    until("the mean", LOOKS, || {
        let told = vitals.page().get(&series("response_mean_seconds"))?;
        ((told / mean - 1.0).abs() < 0.001).then_some(())
    });
    let q50 = "vitals_application_response_quantile_seconds{application=\"portal\",q=\"0.5\"}";
    assert!(source.value(q50) <= source.value(&q50.replace("0.5", "0.99")));
    // 6 of 126 is more than 2 %.
    let row = until("the target", LOOKS, || {
        let row = source.target("error_rate");
        (row["value"] == errors).then_some(row)
    });
    assert_eq!(
        (&row["status"], &row["simulated"]),
        (&json!("missed"), &json!(true))
    );

    // Counters that begin anew are no loss, and nothing counts twice.
    application.fault(json!({ "kind": "reset" }));
    application.orders(14, 1);
    source.becomes(&requests, 170.0);
    source.becomes(&series("error_ratio"), 6.0 / 140.0);
}

#[test]
fn what_goes_wrong_is_told_and_passes() {
    let application = Application::start(&["--users", "5", "--pause", "100ms", "--steady"]);
    let vitals = watch(&application.section("portal"));
    let source = of(&vitals);
    source.is_well();
    source.value(&series("response_mean_seconds"));
    let metrics = application.url("/metrics");
    let heals = || {
        application.cure();
        source.is_well();
        source.value(&series("response_mean_seconds"));
    };

    application.fault(json!({ "kind": "ill" }));
    source.is_down("unavailable", "answered 503");
    assert!(
        source.value(&series("response_mean_seconds")) > 0.0,
        "its page is read all the same"
    );
    heals();
    application.fault(json!({ "kind": "hang" }));
    source.is_down("timeout", "no answer");
    until("nothing is told of it", LOOKS, || {
        vitals
            .page()
            .get(&series("response_mean_seconds"))
            .is_none()
            .then_some(())
    });
    heals();
    application.fault(json!({ "kind": "redirect" }));
    source.is_down("redirect", "perhaps to log in");
    heals();
    application.fault(json!({ "kind": "endless" }));
    source.lacks("too_large", &metrics);
    heals();
    application.fault(json!({ "kind": "truncated" }));
    source.lacks("truncated", &metrics);
    heals();

    // All its answers are errors: the probe does not know.
    application.fault(json!({ "kind": "errors" }));
    until("the errors", LOOKS, || {
        (source.target("error_rate")["status"] == "missed").then_some(())
    });
    heals();
    application.fault(json!({ "kind": "slow", "ms": 350 }));
    until("it is slow", LOOKS, || {
        (source.target("api_response")["status"] == "missed").then_some(())
    });
    heals();
    vitals.nothing_panicked_unguarded();
}

/// What the application says of users and patients, in parts that no number or port can be.
const PLANTED: [&str; 4] = ["4711^", "PATIENT", "PID|", "user1"];

#[test]
fn a_bomb_of_series_does_no_harm_and_patients_are_told_to_nobody() {
    let application = Application::start(&["--users", "0", "--steady"]);
    let section = application.section("portal") + "labels = [\"status\", \"patient\"]\n";
    let vitals = watch(&section);
    let source = of(&vitals);
    source.is_well();
    application.orders(10, 1);
    let ok =
        "vitals_application_requests_total{application=\"portal\",patient=\"\",status=\"200\"}";
    let ok = until("requests by status", LOOKS, || {
        let found = source
            .series("vitals_application_requests_total")
            .into_iter();
        let mut found = found.filter(|series| series.contains("status=\"200\""));
        found
            .find(|series| vitals.page().get(series) == Some(10.0))
            .or_else(|| (vitals.page().get(ok) == Some(10.0)).then(|| ok.to_owned()))
    });
    application.fault(json!({ "kind": "patients" }));
    application.orders(5, 1);
    until("what is said of patients is nobody's", LOOKS, || {
        let series = source.series("vitals_application_requests_total");
        series
            .iter()
            .any(|series| series.contains("patient=\"other\""))
            .then_some(())
    });
    application.fault(json!({ "kind": "bomb", "series": 60_000 }));
    source.lacks("too_large", "there are too many");
    assert!(vitals.page().get(&ok).is_some());
    for route in [
        "/metrics",
        "/summary",
        "/health",
        "/federate?match[]=%7B__name__%3D~%22.%2B%22%7D",
    ] {
        let body = get(&vitals.url(route), &[]).body;
        for word in PLANTED {
            assert!(!body.contains(word), "{word} in {route}");
        }
    }
    let log = vitals.process.log().join("\n");
    for word in PLANTED {
        assert!(!log.contains(word), "{word} in {log}");
    }
    assert!(vitals.page().len() < 5_000);
    application.cure();
    source.is_well();
}

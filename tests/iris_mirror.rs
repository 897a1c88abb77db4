//! Members of a mirror are one production: it lives on whichever is the primary, and the other has
//! nothing to tell of it, by design.

use crate::stage::{DEADLINE, Setup, Simulated, Vitals, until};

fn settings(iris: &Simulated) -> String {
    let mut settings =
        "collect.interval = \"1s\"\nhealth.interval = \"1s\"\nsummary.interval = \"1s\"\n"
            .to_owned();
    for (name, url) in ["a", "b"].iter().zip(iris.urls()) {
        settings += &format!("[[iris]]\nname = \"{name}\"\nurl = \"{url}\"\nmirror = \"ward\"\n");
    }
    settings
}

/// Waits until one is the primary, with all there is of the production, and the other is not.
#[track_caller]
fn lives_on(vitals: &Vitals, primary: &str, backup: &str) {
    let of = |family: &str, iris: &str| {
        let labels = match family.contains("_mirror_") {
            true => format!("iris=\"{iris}\",mirror=\"ward\""),
            false => format!("iris=\"{iris}\""),
        };
        vitals.page().get(&format!("{family}{{{labels}}}"))
    };
    until(&format!("{primary} is the primary"), DEADLINE, || {
        let is_primary = |iris| of("vitals_iris_mirror_primary", iris);
        (is_primary(primary) == Some(1.0) && is_primary(backup) == Some(0.0)).then_some(())
    });
    until("the production", DEADLINE, || {
        of("vitals_hl7_messages_total", primary).filter(|messages| *messages > 0.0)
    });
    for family in [
        "vitals_hl7_messages_total",
        "vitals_hl7_messages_per_minute",
    ] {
        assert_eq!(of(family, backup), None, "{family}");
    }
    assert_eq!(of("vitals_iris_mirror_active", primary), Some(1.0));
    assert!(of("vitals_iris_mirror_lag_seconds", backup).is_some());
    assert_eq!(of("vitals_iris_mirror_lag_seconds", primary), None);
    until("the rate is judged by the primary", DEADLINE, || {
        let summary = vitals.get("/summary").json();
        let targets = summary["targets"].as_array()?;
        let rate = targets.iter().find(|target| target["id"] == "hl7_rate")?;
        (rate["value"].is_number() && rate["source"] == format!("iris/{primary}")).then_some(())
    });
    until("both are well", DEADLINE, || {
        let health = vitals.get("/health").json();
        let well = |iris: &str| health["checks"][format!("iris/{iris}:up")][0]["status"] == "pass";
        (well(primary) && well(backup)).then_some(())
    });
}

#[test]
fn the_production_moves_and_is_missed_nowhere() {
    let iris = Simulated::start(&["--steady", "--instances", "2", "--mirror", "--rate", "600"]);
    let vitals = Setup::new().settings(&settings(&iris)).ready();
    lives_on(&vitals, "a", "b");
    iris.command("POST", "/failover", None);
    lives_on(&vitals, "b", "a");
    iris.command("POST", "/failover", None);
    lives_on(&vitals, "a", "b");
}

//! Rule files that are none: named with line and reason by `vitals check` and by a running service,
//! which goes on with the rules it has.

use std::{fs, process::Command};

use rustix::process::Signal;
use serde_json::Value;

use super::weather::{HOT, firing, page, weather, with_rules};
use crate::stage::{DEADLINE, Directory, Pages, Vitals, command, finish, until};

#[path = "../../actors/src/alert/rules/malformed.rs"]
mod malformed;

/// All cases: the text, the line that is named, and what is said.
fn cases() -> impl Iterator<Item = (&'static str, String, &'static str)> {
    let all = [malformed::MALFORMED, malformed::NEWER_THAN_PROMTOOL].concat();
    assert!(all.len() >= 50);
    all.into_iter().map(|(text, line, reason)| {
        let line = line.map_or(String::new(), |line| format!(":{line}:"));
        (text, format!("rules/hot.yml{line}"), reason)
    })
}

#[test]
fn check_names_the_file_the_line_and_the_reason() {
    let directory = with_rules("");
    let settings = "[alerts]\nrules = [\"rules/*.yml\"]\n";
    directory.write("vitals.toml", settings);
    for (text, place, reason) in cases() {
        directory.write("rules/hot.yml", text);
        let mut check = command();
        check.args(["check", "--config", "vitals.toml"]);
        let ran = finish(check.current_dir(directory.path()), DEADLINE);
        assert_eq!(ran.code, Some(2), "{text}\n{ran:?}");
        let says = ran.err.contains(&place) && ran.err.contains(reason);
        assert!(says && ran.out.is_empty(), "{text}\n{place}\n{ran:?}");
    }
}

/// What the audit log has of reloads so far.
fn reloads(vitals: &Vitals) -> Vec<String> {
    let text = fs::read_to_string(vitals.directory.join("data/audit.log")).unwrap_or_default();
    let lines = text
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok());
    lines
        .filter(|line: &Value| line["what"] == "reload")
        .map(|line| line["outcome"].as_str().unwrap_or_default().to_owned())
        .collect()
}

#[test]
fn a_running_service_says_so_and_keeps_the_rules_it_has() {
    let thermometer = Pages::start(&page(35));
    let vitals = weather(with_rules(HOT), &thermometer, None).ready();
    let fires = until("it fires", DEADLINE, || firing(&vitals, "Hot").pop());
    let rules = || vitals.get("/api/v1/rules").json()["data"]["groups"][0]["rules"].clone();
    assert_eq!(rules().as_array().unwrap().len(), 2);
    for (number, (text, place, reason)) in cases().enumerate() {
        vitals.directory.write("rules/hot.yml", text);
        vitals.process.signal(Signal::HUP);
        let outcome = until("a reload", DEADLINE, || {
            reloads(&vitals).get(number).cloned()
        });
        let says = outcome.contains("the rules are not good, the old ones stay")
            && outcome.contains(&place)
            && outcome.contains(reason);
        assert!(says, "{text}\n{outcome}");
    }
    // In the log, too: for whoever sent the signal.
    let (_, place, reason) = cases().last().unwrap();
    vitals.process.says(&place);
    vitals.process.says(reason);
    let successful = "vitals_config_last_reload_successful";
    assert_eq!(vitals.page().value(successful), 0.0);
    assert_eq!(rules().as_array().unwrap().len(), 2);
    assert_eq!(firing(&vitals, "Hot")[0]["activeAt"], fires["activeAt"]);

    // They are evaluated, and a file that is good again is taken.
    thermometer.say(&page(20));
    until("its end", DEADLINE, || {
        firing(&vitals, "Hot").is_empty().then_some(())
    });
    let more = HOT.replace("> 30", "> 10");
    vitals.directory.write("rules/hot.yml", &more);
    vitals.process.signal(Signal::HUP);
    until("the new rule", DEADLINE, || firing(&vitals, "Hot").pop());
    assert_eq!(vitals.page().value(successful), 1.0);
}

#[test]
fn what_rules_of_the_product_do_not_find_is_no_news_and_what_the_users_do_not_is() {
    // A file of the product as it is, and one of the user's.
    let mine = "groups:\n- name: mine\n  rules:\n  - {alert: Mine, expr: iris_nowhere > 0}\n  \
                - {alert: Always, expr: vector(1)}\n";
    let product = concat!(env!("CARGO_MANIFEST_DIR"), "/config/rules");
    let directory = with_rules(mine);
    for file in ["iris.yml", "vitals.yml", "watchdog.yml"] {
        fs::copy(
            format!("{product}/{file}"),
            directory.join("rules").join(file),
        )
        .unwrap();
    }
    let thermometer = Pages::start(&page(20));
    let vitals = weather(directory, &thermometer, None).ready();
    let unmatched = |vitals: &Vitals| -> Vec<String> {
        let page = vitals.get("/metrics").body;
        let all = page
            .lines()
            .filter_map(|line| line.strip_prefix("vitals_alert_rule_unmatched_"));
        let names = all.filter_map(|line| line.split_once("rule=\"")?.1.split_once('"'));
        names.map(|(name, _)| name.to_owned()).collect()
    };
    until("what matches nothing", DEADLINE, || {
        (unmatched(&vitals) == ["Mine"]).then_some(())
    });
    let checked = check(&vitals.directory);
    let warnings: Vec<_> = checked
        .lines()
        .filter(|line| line.contains("matches no series"))
        .collect();
    assert_eq!(
        warnings,
        ["Warning: rules/hot.yml:4: Mine: iris_nowhere matches no series."]
    );

    // With an IRIS all rules about it should find something, and do not.
    let settings = fs::read_to_string(vitals.directory.join("vitals.toml")).unwrap();
    let iris = format!("{settings}[[iris]]\nname = \"main\"\nurl = \"http://127.0.0.1:9\"\n");
    vitals.directory.write("vitals.toml", &iris);
    vitals.process.signal(Signal::HUP);
    until("what matches nothing now", DEADLINE, || {
        let now = unmatched(&vitals);
        let has = |name: &str| now.iter().any(|one| one == name);
        let has_all = has("Mine") && has("VitalsIrisState") && has("VitalsIrisLicence");
        (has_all && !has("VitalsIrisMirror") && !has("Always")).then_some(())
    });
    // A bare one, with all that is built in, has nothing to say.
    let bare = crate::stage::Setup::new().ready();
    until("rules that were evaluated", DEADLINE, || {
        let known = bare.page().get("vitals_alert_rules{health=\"unknown\"}")?;
        (known == 0.0 && unmatched(&bare).is_empty()).then_some(())
    });
}

fn check(directory: &Directory) -> String {
    let mut check: Command = command();
    check.args(["check", "--config", "vitals.toml"]);
    let ran = finish(check.current_dir(directory.path()), DEADLINE);
    assert_eq!((ran.code, &*ran.err), (Some(0), ""), "{ran:?}");
    ran.out
}

//! Alerts over restarts and reloads.

use super::stage::{S, Stage, group, rules, told, written};
use crate::alert::state::{Checkpoint, Evaluator, Settings};

const DOWN: &str = "  - {alert: Down, expr: up == 0, for: 1m}\n";

/// As after a restart: another evaluator, the store and a checkpoint that has been written and read.
fn restarted(stage: Stage, body: &str, at: i64) -> Stage {
    let text = serde_json::to_string(&stage.evaluator.checkpoint()).unwrap();
    let checkpoint: Checkpoint = serde_json::from_str(&text).unwrap();
    let mut evaluator = Evaluator::new(&group(body), Settings::default());
    evaluator.restore(&checkpoint, at * S).unwrap();
    assert_eq!(evaluator.checkpoint().len(), checkpoint.len());
    Stage {
        store: stage.store,
        evaluator,
    }
}

#[test]
fn firing_alerts_fire_on_with_the_start_they_had() {
    let mut stage = Stage::new(&group(DOWN));
    stage.comes("up", 0, 0.0);
    stage.due(60);
    let before = stage
        .evaluator
        .rules()
        .next()
        .unwrap()
        .alerts()
        .next()
        .unwrap()
        .clone();
    let mut stage = restarted(stage, DOWN, 70);
    assert!(stage.due(70).transitions.is_empty());
    assert!(stage.comes("up", 71, 0.0).transitions.is_empty());
    let after = stage
        .evaluator
        .rules()
        .next()
        .unwrap()
        .alerts()
        .next()
        .unwrap();
    assert_eq!(
        (after.fired_at, after.fingerprint()),
        (Some(60 * S), before.fingerprint())
    );
    let ended = stage.comes("up", 80, 1.0);
    assert_eq!(
        told(&ended.transitions),
        ["Down{} firing -> inactive at 80 started 60 ended 80"]
    );
    assert_eq!(
        written(&ended).len(),
        2,
        "its series end, though another process began them"
    );
}

#[test]
fn pending_alerts_go_on_and_long_outages_do_not_count() {
    let mut stage = Stage::new(&group(DOWN));
    stage.comes("up", 0, 0.0);
    stage.comes("up", 30, 0.0);
    let mut short = restarted(stage, DOWN, 40);
    assert!(short.comes("up", 40, 0.0).transitions.is_empty());
    assert_eq!(
        told(&short.due(60).transitions),
        ["Down{} pending -> firing at 60 started 60"]
    );

    let mut stage = Stage::new(&group(DOWN));
    stage.comes("up", 0, 0.0);
    stage.comes("up", 30, 0.0);
    let mut long = restarted(stage, DOWN, 1030);
    assert!(long.comes("up", 1030, 0.0).transitions.is_empty());
    assert_eq!(
        long.evaluator.next_due(),
        Some(1045 * S),
        "the deadline at 1060 is later"
    );
    assert!(long.comes("up", 1059, 0.0).transitions.is_empty());
    assert_eq!(
        told(&long.due(1060).transitions),
        ["Down{} pending -> firing at 1060 started 1060"]
    );
}

#[test]
fn a_restart_by_itself_resolves_nothing() {
    let body = "  - {alert: Down, expr: up == 0 and on() enabled == 1}\n";
    let mut stage = Stage::new(&group(body));
    stage.sample("enabled", 0, 1.0);
    stage.comes("up", 0, 0.0);
    // Away for long: what was stored counts no more, and nothing has come yet.
    let mut stage = restarted(stage, body, 3600);
    assert!(stage.due(3600).transitions.is_empty());
    assert!(stage.comes("up", 3601, 0.0).transitions.is_empty());
    assert!(stage.comes("enabled", 3602, 1.0).transitions.is_empty());
    assert_eq!(told(&stage.comes("up", 3603, 1.0).transitions).len(), 1);

    // What never comes again is resolved in the end.
    let mut stage = Stage::new(&group(body));
    stage.sample("enabled", 0, 1.0);
    stage.comes("up", 0, 0.0);
    let mut stage = restarted(stage, body, 3600);
    assert!(stage.due(3890).transitions.is_empty());
    assert_eq!(
        told(&stage.due(3910).transitions),
        ["Down{} firing -> inactive at 3910 started 0 ended 3910"]
    );
}

#[test]
fn while_the_past_cannot_be_read_nothing_is_resolved() {
    let body = "  - {alert: Down, expr: up == 0}\n";
    let down = || {
        let mut stage = Stage::new(&group(body));
        stage.comes("up", 0, 0.0);
        let mut stage = restarted(stage, body, 3600);
        stage.evaluator.lacks_past(true);
        assert!(stage.comes("up", 3601, 1.0).transitions.is_empty());
        stage
    };
    let mut stage = down();
    stage.evaluator.lacks_past(false);
    let is_over = |at| {
        vec![format!(
            "Down{{}} firing -> inactive at {at} started 0 ended {at}"
        )]
    };
    assert_eq!(
        told(&stage.comes("up", 3602, 1.0).transitions),
        is_over(3602)
    );

    // But not for ever.
    let mut stage = down();
    assert!(stage.comes("up", 3890, 1.0).transitions.is_empty());
    assert_eq!(
        told(&stage.comes("up", 3910, 1.0).transitions),
        is_over(3910)
    );
}

#[test]
fn a_checkpoint_of_another_version_is_refused() {
    let text = r#"{"version":2,"at":0,"rules":[]}"#;
    let checkpoint: Checkpoint = serde_json::from_str(text).unwrap();
    let mut stage = Stage::new(&group(DOWN));
    let error = stage.evaluator.restore(&checkpoint, 0).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the checkpoint of alerts has version 2, not 1: alerts begin anew"
    );
}

#[test]
fn without_a_checkpoint_the_store_tells_since_when() {
    // (pending before the restart, away for, firing how long after it), in minutes, with a `for` of 30.
    for (before, away, after) in [(10, 5, 20), (25, 5, 10), (40, 5, 0), (10, 70, 30)] {
        let body = "  - {alert: Down, expr: up == 0, for: 30m}\n";
        let mut stage = Stage::new(&group(body));
        for minute in 0..=before {
            stage.comes("up", minute * 60, 0.0);
        }
        let start = before + away;
        stage.evaluator = Evaluator::new(&group(body), Settings::default());
        let mut minute = start;
        let fired = loop {
            let told = told(&stage.comes("up", minute * 60, 0.0).transitions);
            if told.iter().any(|one| one.contains("-> firing")) {
                break minute;
            }
            minute += 1;
            assert!(minute < start + 40, "never fired");
        };
        // One that had been firing is pending for one evaluation, as in Prometheus.
        assert_eq!(fired - start, after.max(1), "{before} {away}");
    }
}

#[test]
fn other_rules_keep_what_is_the_same_and_end_what_is_gone() {
    let before = "  - {alert: Down, expr: up == 0, for: 1m, labels: {severity: page}}\n  - {alert: Gone, expr: up == 0}\n  - {record: r, expr: up}\n";
    let mut stage = Stage::new(&group(before));
    stage.comes("up", 0, 0.0);
    stage.due(60);
    let after = group(
        "  - {alert: New, expr: up == 0}\n  - {alert: Down, expr: up < 1, for: 5m, labels: {severity: page}, annotations: {a: b}}\n",
    );
    let evaluation = stage.evaluator.reload(&after, Settings::default(), 61 * S);
    assert_eq!(
        told(&evaluation.transitions),
        ["Gone{} firing -> inactive at 61 started 0 ended 61"]
    );
    let ended = [
        "ALERTS_FOR_STATE{alertname=\"Gone\"} stale",
        "ALERTS{alertname=\"Gone\", alertstate=\"firing\"} stale",
        "r stale",
    ];
    assert_eq!(written(&evaluation), ended);
    stage.keep(evaluation);
    assert_eq!(
        told(&stage.due(62).transitions),
        ["New{} inactive -> firing at 62 started 62"]
    );
    let down = stage
        .evaluator
        .rules()
        .nth(1)
        .unwrap()
        .alerts()
        .next()
        .unwrap();
    assert_eq!(
        (down.fired_at, &*down.annotations[0].0),
        (Some(60 * S), "a")
    );
}

#[test]
fn a_rule_of_another_group_is_another_rule() {
    let mut stage = Stage::new(&group("  - {alert: A, expr: up == 0}\n"));
    stage.comes("up", 0, 0.0);
    let other = rules("groups:\n- name: other\n  rules:\n  - {alert: A, expr: up == 0}\n");
    let evaluation = stage.evaluator.reload(&other, Settings::default(), S);
    assert_eq!(
        told(&evaluation.transitions),
        ["A{} firing -> inactive at 1 started 0 ended 1"]
    );
}

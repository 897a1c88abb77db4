//! Rules that run because metrics came, and because time passed.

use super::stage::{S, Stage, group, rules, told, written};
use crate::alert::rules::Origin;
use crate::alert::state::Settings;

#[test]
fn only_rules_that_read_what_came_are_run() {
    let body = "  - {alert: A, expr: a > 0}\n  - {alert: B, expr: b > 0 and a > 0}\n  - {alert: C, expr: '{__name__=~\"c.*\"} > 0'}\n  - {alert: D, expr: '{job=\"x\"} > 9'}\n";
    let mut stage = Stage::new(&group(body));
    assert_eq!(stage.due(0).runs, 4, "all are due at first");
    assert_eq!(stage.due(1).runs, 0);
    for (name, runs) in [("a", 3), ("b", 2), ("cpu", 2), ("other", 1)] {
        stage.evaluator.appended([name]);
        assert_eq!(stage.due(2).runs, runs, "{name}");
    }
    stage.evaluator.appended(["a", "b", "cpu"]);
    assert_eq!(stage.due(3).runs, 4);
}

#[test]
fn a_condition_is_told_with_the_sample_that_makes_it() {
    let mut stage = Stage::new(&group("  - {alert: A, expr: load > 1}\n"));
    stage.due(0);
    assert!(stage.comes("load", 1, 0.5).transitions.is_empty());
    assert_eq!(
        told(&stage.comes("load", 2, 1.5).transitions),
        ["A{} inactive -> firing at 2 started 2"]
    );
    assert_eq!(
        told(&stage.comes("load", 3, 0.5).transitions),
        ["A{} firing -> inactive at 3 started 2 ended 3"]
    );
}

#[test]
fn for_runs_out_by_time_to_the_millisecond() {
    let mut stage = Stage::new(&group(
        "  - {alert: A, expr: load > 1, for: 5s, keep_firing_for: 3s}\n",
    ));
    stage.due(0);
    stage.comes("load", 2, 2.0);
    assert_eq!(stage.evaluator.next_due(), Some(7 * S));
    assert_eq!(stage.due(6).runs, 0);
    assert_eq!(
        told(&stage.due(7).transitions),
        ["A{} pending -> firing at 7 started 7"]
    );
    stage.comes("load", 8, 0.0);
    assert_eq!(stage.evaluator.next_due(), Some(11 * S));
    assert_eq!(
        told(&stage.due(11).transitions),
        ["A{} firing -> inactive at 11 started 7 ended 11"]
    );
}

#[test]
fn what_does_not_come_any_more_is_noticed_by_time() {
    let mut stage = Stage::new(&group(
        "  - {alert: Gone, expr: absent(load)}\n  - {alert: Here, expr: load > 0}\n",
    ));
    stage.sample("load", 0, 1.0);
    assert_eq!(
        told(&stage.due(0).transitions),
        ["Here{} inactive -> firing at 0 started 0"]
    );
    let mut all = Vec::new();
    let mut times = 0;
    while let Some(due) = stage.evaluator.next_due().filter(|due| *due <= 400 * S) {
        all.extend(told(&stage.due(due / S).transitions));
        times += 1;
    }
    // Samples count for five minutes; unasked, rules are run every fifteen seconds.
    assert_eq!(
        all,
        [
            "Gone{} inactive -> firing at 300 started 300",
            "Here{} firing -> inactive at 300 started 0 ended 300"
        ]
    );
    assert_eq!(times, 26);
}

#[test]
fn a_series_that_ends_resolves_at_once() {
    let mut stage = Stage::new(&group("  - {alert: A, expr: load > 0}\n"));
    stage.comes("load", 0, 1.0);
    stage.stale("load", 1);
    stage.evaluator.appended(["load"]);
    assert_eq!(
        told(&stage.due(1).transitions),
        ["A{} firing -> inactive at 1 started 0 ended 1"]
    );
}

#[test]
fn what_only_a_sample_can_change_is_seldom_run_without_one() {
    let group = |expr: &str| group(&format!("  - {{alert: A, expr: '{expr}', for: 5m}}\n"));
    for (expr, due) in [
        ("load > 1", 60),
        ("rate(load[5m]) > 1 or sum(load) > 1", 60),
        ("load > 1 and hour() > 30", 15),
        ("load offset 1h > 1", 15),
        ("time() - load > 1", 15),
        ("absent(load)", 15),
        ("here > 1", 15),
    ] {
        let mut stage = Stage::new(&group(expr));
        stage.sample("here", 0, 0.0);
        stage.due(0);
        assert_eq!(stage.evaluator.next_due(), Some(due * S), "{expr}");
        assert_eq!(
            stage.comes("load", 1, 2.0).runs,
            usize::from(expr != "here > 1")
        );
    }
    // Nor what reads nothing alone.
    let mut stage = Stage::new(&group("vector(1)"));
    stage.due(0);
    assert_eq!((stage.due(9).runs, stage.due(10).runs), (0, 1));
    assert_eq!(stage.evaluator.next_due(), Some(25 * S));
    // What it reads is a while behind.
    let mut stage = Stage::new(&rules(
        "groups:\n- name: g\n  query_offset: 30s\n  rules:\n  - {alert: A, expr: load > 1}\n",
    ));
    stage.due(0);
    assert_eq!(stage.evaluator.next_due(), Some(15 * S));
}

#[test]
fn a_group_with_an_interval_is_run_at_it_and_no_sooner() {
    let text = "groups:\n- name: g\n  interval: 30s\n  rules:\n  - {alert: A, expr: load > 1}\n";
    let mut stage = Stage::new(&rules(text));
    stage.due(0);
    assert_eq!(stage.comes("load", 5, 2.0).runs, 0);
    assert_eq!(stage.evaluator.next_due(), Some(30 * S));
    assert_eq!(
        told(&stage.due(30).transitions),
        ["A{} inactive -> firing at 30 started 30"]
    );
}

#[test]
fn recorded_series_keep_the_pace_of_the_grid_and_alerts_follow_them_at_once() {
    let body = "  - {alert: Early, expr: twice > 3}\n  - {record: twice, expr: load * 2}\n  - {alert: Late, expr: twice > 3}\n";
    let mut stage = Stage::new(&group(body));
    stage.comes("load", 0, 1.0);
    for at in 1..10 {
        assert!(written(&stage.comes("load", at, 1.0)).is_empty());
    }
    let evaluation = stage.comes("load", 10, 2.0);
    assert_eq!(
        told(&evaluation.transitions),
        [
            "Late{} inactive -> firing at 10 started 10",
            "Early{} inactive -> firing at 10 started 10"
        ]
    );
    assert_eq!(
        evaluation
            .samples
            .iter()
            .filter(|sample| sample.labels.get("__name__") == Some("twice"))
            .count(),
        1
    );
}

#[test]
fn alerts_are_written_at_the_pace_of_the_grid_and_when_they_change() {
    let mut stage = Stage::new(&group("  - {alert: A, expr: load > 0}\n"));
    stage.comes("load{i=\"1\"}", 0, 1.0);
    let counts: Vec<usize> = (1..=11)
        .map(|at| {
            stage
                .comes(
                    if at == 5 {
                        "load{i=\"2\"}"
                    } else {
                        "load{i=\"1\"}"
                    },
                    at,
                    1.0,
                )
                .samples
                .len()
        })
        .collect();
    assert_eq!(counts, [0, 0, 0, 0, 2, 0, 0, 0, 0, 4, 0]);
}

#[test]
fn rules_that_read_each_other_come_to_an_end() {
    let body = "  - {record: a, expr: b + 1 or vector(0)}\n  - {record: b, expr: a + 1}\n  - {alert: A, expr: 'ALERTS or vector(1)'}\n  - {alert: B, expr: 'ALERTS or vector(1)'}\n";
    let mut stage = Stage::new(&group(body));
    let evaluation = stage.due(0);
    assert!(evaluation.runs <= 12, "{}", evaluation.runs);
}

#[test]
fn time_that_goes_back_a_little_is_now() {
    let mut stage = Stage::new(&group("  - {alert: A, expr: load > 0, for: 10s}\n"));
    stage.comes("load", 100, 1.0);
    stage.comes("load", 95, 1.0);
    assert_eq!(
        stage.evaluator.rules().next().unwrap().last_evaluation,
        Some(100 * S)
    );
}

#[test]
fn a_clock_that_is_set_back_delays_nothing() {
    let mut stage = Stage::new(&group(
        "  - {alert: A, expr: load > 0, for: 10s}\n  - {alert: B, expr: load < 0}\n",
    ));
    stage.comes("load", 5_000, 1.0);
    stage.store.clear();
    assert!(stage.comes("load", 1_000, 1.0).transitions.is_empty());
    assert_eq!(stage.evaluator.next_due(), Some(1_010 * S));
    assert_eq!(
        told(&stage.due(1_010).transitions),
        ["A{} pending -> firing at 1010 started 1010"]
    );
}

#[test]
fn a_rule_that_reads_nothing_is_known_since_when() {
    let mut stage = Stage::new(&group("  - {alert: A, expr: load > 5}\n"));
    let unmatched = |stage: &Stage| stage.evaluator.rules().next().unwrap().unmatched_since;
    stage.due(0);
    stage.due(60);
    assert_eq!(unmatched(&stage), Some(0));
    stage.comes("load", 70, 1.0);
    assert_eq!(unmatched(&stage), None);
}

#[test]
fn where_nothing_is_to_be_matched_that_is_no_news() {
    let origin = |has_source| Origin::Product { has_source };
    let mut rules = group(
        "  - {alert: A, expr: vector(1)}\n  - {alert: B, expr: 'ALERTS{alertstate=\"firing\"}'}\n  \
         - {alert: C, expr: vitals_alert_rule_unmatched_seconds > 3600}\n  \
         - {alert: D, expr: load > 5}\n  - {alert: E, expr: nought > 5}\n",
    );
    rules.set_origins(|rule| origin(**rule.name() != *"D"));
    let mut stage = Stage::new(&rules);
    let unmatched = |stage: &Stage| -> Vec<String> {
        let rules = stage.evaluator.rules();
        let unmatched = rules.filter(|rule| rule.unmatched_since.is_some());
        unmatched
            .map(|rule| rule.rule().name().to_string())
            .collect()
    };
    stage.due(0);
    assert_eq!(unmatched(&stage), ["E"]);
    // Its source is configured, and then no more.
    let reloaded = |stage: &mut Stage, has_source: bool, at: i64| {
        let mut rules = group("  - {alert: D, expr: load > 5}\n");
        rules.set_origins(|_| origin(has_source));
        stage
            .evaluator
            .reload(&rules, Settings::default(), at * 1_000);
        stage.due(at);
    };
    reloaded(&mut stage, true, 60);
    assert_eq!(unmatched(&stage), ["D"]);
    reloaded(&mut stage, false, 120);
    assert!(unmatched(&stage).is_empty());
}

//! Many rules, many alerts, rules that take too long.

use std::time::Duration;

use promql::{Cancel, Engine};

use super::stage::{S, Stage, group};
use crate::alert::rules::{RuleSet, parse};

#[test]
fn ten_thousand_alerts_come_and_go() {
    let mut stage = Stage::new(&group(
        "  - {alert: A, expr: load > 1, labels: {severity: page}, annotations: {s: '{{ $labels.i }} at {{ $value }}'}}\n",
    ));
    for i in 0..10_000 {
        stage.sample(&format!("load{{i=\"{i}\"}}"), 0, 2.0);
    }
    let evaluation = stage.all(0);
    assert_eq!(
        (evaluation.transitions.len(), evaluation.samples.len()),
        (10_000, 20_000)
    );
    assert!(stage.all(5).transitions.is_empty());
    for i in 0..10_000 {
        stage.sample(&format!("load{{i=\"{i}\"}}"), 10, 0.0);
    }
    assert_eq!(stage.all(10).transitions.len(), 10_000);
}

#[test]
fn a_rule_is_cut_at_its_deadline_and_the_others_run() {
    let mut engine = Engine::default();
    engine.limits.timeout = Duration::ZERO;
    let slow = parse(
        "a.yml",
        "groups:\n- name: a\n  rules:\n  - {alert: Slow, expr: 'sum(rate(load[1h])) > 0'}\n",
        &engine,
    )
    .unwrap();
    let quick = group("  - {alert: Quick, expr: load > 0}\n");
    let rules = RuleSet {
        groups: [slow, quick.groups].concat(),
        files: Vec::new(),
    };
    let mut stage = Stage::new(&rules);
    stage.sample("load", 0, 1.0);
    let evaluation = stage.all(0);
    assert_eq!(
        (
            evaluation.runs,
            evaluation.failures,
            evaluation.transitions.len()
        ),
        (2, 1, 1)
    );
    let slow = stage.evaluator.rules().next().unwrap();
    assert_eq!(
        slow.last_error.as_deref(),
        Some("query timed out in expression evaluation")
    );
}

#[test]
fn an_evaluation_that_is_cancelled_changes_no_alert() {
    let mut stage = Stage::new(&group("  - {alert: A, expr: sum(load) > 0}\n"));
    stage.sample("load", 0, 1.0);
    stage.all(0);
    let cancel = Cancel::new();
    cancel.cancel();
    let evaluation = stage.evaluator.evaluate_all(&stage.store, S, &cancel);
    assert_eq!((evaluation.failures, evaluation.transitions.len()), (1, 0));
}

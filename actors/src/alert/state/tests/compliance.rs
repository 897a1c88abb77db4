//! What the alert generator specification of prometheus/compliance demands of rules and states.

use super::stage::{S, Stage, group, rules, told, written};
use crate::alert::state::{AlertState, Health};

const FOR_A_MINUTE: &str = "  - alert: Down\n    expr: up == 0\n    for: 1m\n    labels: {severity: page}\n    \
    annotations: {summary: 'down: {{ $value }} {{ $labels.job }}'}\n";

#[test]
fn pending_for_as_long_as_it_says_then_firing_then_resolved() {
    let mut stage = Stage::new(&group(FOR_A_MINUTE));
    let mut all = Vec::new();
    for at in (0..=180).step_by(15) {
        stage.sample(
            "up{job=\"a\"}",
            at,
            if (30..120).contains(&at) { 0.0 } else { 1.0 },
        );
        all.extend(told(&stage.all(at).transitions));
    }
    assert_eq!(
        all,
        [
            "Down{job=a,severity=page} inactive -> pending at 30 started 30",
            "Down{job=a,severity=page} pending -> firing at 90 started 90",
            "Down{job=a,severity=page} firing -> inactive at 120 started 90 ended 120",
        ]
    );
}

#[test]
fn no_for_is_never_pending() {
    let mut stage = Stage::new(&group("  - {alert: Down, expr: up == 0}\n"));
    stage.sample("up", 0, 0.0);
    assert_eq!(
        told(&stage.all(0).transitions),
        ["Down{} inactive -> firing at 0 started 0"]
    );
    let alert = stage
        .evaluator
        .rules()
        .next()
        .unwrap()
        .alerts()
        .next()
        .unwrap();
    assert_eq!((alert.active_at, alert.fired_at), (0, Some(0)));
}

#[test]
fn a_for_below_the_interval_fires_at_the_next_evaluation() {
    let mut stage = Stage::new(&group("  - {alert: Down, expr: up == 0, for: 1s}\n"));
    stage.sample("up", 0, 0.0);
    assert_eq!(
        told(&stage.all(0).transitions),
        ["Down{} inactive -> pending at 0 started 0"]
    );
    assert_eq!(
        told(&stage.all(15).transitions),
        ["Down{} pending -> firing at 15 started 15"]
    );
}

#[test]
fn pending_that_ends_is_gone_and_begins_anew() {
    let mut stage = Stage::new(&group(FOR_A_MINUTE));
    let mut all = Vec::new();
    for (at, up) in [(0, 0.0), (30, 1.0), (60, 0.0), (90, 0.0), (120, 0.0)] {
        stage.sample("up", at, up);
        all.extend(told(&stage.all(at).transitions));
    }
    assert_eq!(
        all,
        [
            "Down{severity=page} inactive -> pending at 0 started 0",
            "Down{severity=page} pending -> inactive at 30 started 0 ended 30",
            "Down{severity=page} inactive -> pending at 60 started 60",
            "Down{severity=page} pending -> firing at 120 started 120",
        ]
    );
}

#[test]
fn labels_of_the_sample_the_rule_and_the_name_of_the_alert() {
    let body = "  - alert: A\n    expr: up\n    labels: {job: 'over {{ $labels.job }}', value: '{{ $value }}', \
        alertname: no, gone: '', alertstate: x}\n";
    let mut stage = Stage::new(&group(body));
    stage.sample("up{job=\"a\",gone=\"b\",alertname=\"c\"}", 0, 2.0);
    let evaluation = stage.all(0);
    let expected = "A{alertstate=x,job=over a,value=2} inactive -> firing at 0 started 0";
    assert_eq!(told(&evaluation.transitions), [expected]);
    assert_eq!(
        written(&evaluation),
        [
            "ALERTS_FOR_STATE{alertname=\"A\", alertstate=\"x\", job=\"over a\", value=\"2\"} 0",
            "ALERTS{alertname=\"A\", alertstate=\"firing\", job=\"over a\", value=\"2\"} 1",
        ]
    );
}

#[test]
fn annotations_and_value_follow_every_evaluation() {
    let body = "  - {alert: A, expr: load > 1, annotations: {s: 'at {{ $value }} {{ $labels.__name__ }}'}}\n";
    let mut stage = Stage::new(&group(body));
    for (at, value, text) in [
        (0, 2.0, "at 2 load"),
        (15, 3.0, "at 3 load"),
        (30, 3.0, "at 3 load"),
    ] {
        stage.sample("load", at, value);
        stage.all(at);
        let alert = stage
            .evaluator
            .rules()
            .next()
            .unwrap()
            .alerts()
            .next()
            .unwrap();
        assert_eq!(alert.value, value);
        assert_eq!(&*alert.annotations[0].1, text);
    }
}

#[test]
fn a_template_that_fails_stands_as_its_error() {
    let mut stage = Stage::new(&group(
        "  - {alert: A, expr: up, annotations: {s: '{{ first (query \"gone\") }}'}}\n",
    ));
    stage.sample("up", 0, 1.0);
    let text = stage.all(0).transitions[0].annotations[0].1.to_string();
    assert!(
        text.starts_with("<error expanding template: error executing template __alert_A:"),
        "{text}"
    );
    assert!(
        text.ends_with("first() called on vector with no elements>"),
        "{text}"
    );
}

#[test]
fn alerts_with_the_same_labels_are_an_error_and_change_nothing() {
    let mut stage = Stage::new(&group(
        "  - {alert: A, expr: up == 0, labels: {instance: all}}\n",
    ));
    stage.sample("up{instance=\"a\"}", 0, 0.0);
    assert_eq!(stage.all(0).transitions.len(), 1);
    stage.sample("up{instance=\"b\"}", 15, 0.0);
    let evaluation = stage.all(15);
    assert_eq!(
        (
            evaluation.failures,
            evaluation.transitions.len(),
            evaluation.samples.len()
        ),
        (1, 0, 0)
    );
    let rule = stage.evaluator.rules().next().unwrap();
    assert_eq!(rule.health, Health::Bad);
    let expected = "vector contains metrics with the same labelset after applying alert labels";
    assert_eq!(rule.last_error.as_deref(), Some(expected));
    assert_eq!(rule.state(), AlertState::Firing);
    stage.sample("up{instance=\"b\"}", 30, 1.0);
    stage.all(30);
    let rule = stage.evaluator.rules().next().unwrap();
    assert_eq!(
        (rule.health, &rule.last_error, rule.last_evaluation),
        (Health::Good, &None, Some(30 * S))
    );
}

#[test]
fn alerts_are_series_until_they_are_not() {
    let mut stage = Stage::new(&group(FOR_A_MINUTE));
    stage.sample("up", 0, 0.0);
    let active = "ALERTS_FOR_STATE{alertname=\"Down\", severity=\"page\"} 0";
    let state = |state, value| {
        format!("ALERTS{{alertname=\"Down\", alertstate=\"{state}\", severity=\"page\"}} {value}")
    };
    assert_eq!(written(&stage.all(0)), [active, &state("pending", "1")]);
    assert_eq!(written(&stage.all(30)), [active, &state("pending", "1")]);
    assert_eq!(
        written(&stage.all(60)),
        [active, &state("firing", "1"), &state("pending", "stale")]
    );
    stage.sample("up", 75, 1.0);
    let ended = "ALERTS_FOR_STATE{alertname=\"Down\", severity=\"page\"} stale";
    assert_eq!(written(&stage.all(75)), [ended, &state("firing", "stale")]);
    assert!(written(&stage.all(90)).is_empty());
}

#[test]
fn a_resolved_alert_is_kept_for_a_quarter_of_an_hour_or_until_it_is_back() {
    let mut stage = Stage::new(&group("  - {alert: A, expr: up == 0}\n"));
    stage.sample("up", 0, 0.0);
    stage.all(0);
    stage.sample("up", 60, 1.0);
    stage.all(60);
    for at in [600, 960] {
        stage.sample("up", at, 1.0);
        stage.all(at);
        let rule = stage.evaluator.rules().next().unwrap();
        assert_eq!(
            (rule.alerts().count(), rule.active_alerts().count()),
            (1, 0)
        );
        assert_eq!(rule.alerts().next().unwrap().resolved_at, Some(60 * S));
    }
    stage.all(961);
    assert_eq!(stage.evaluator.rules().next().unwrap().alerts().count(), 0);

    stage.sample("up", 1000, 0.0);
    stage.all(1000);
    stage.sample("up", 1010, 1.0);
    stage.all(1010);
    stage.sample("up", 1020, 0.0);
    let back = told(&stage.all(1020).transitions);
    assert_eq!(back, ["A{} inactive -> firing at 1020 started 1020"]);
    let alert = stage
        .evaluator
        .rules()
        .next()
        .unwrap()
        .alerts()
        .next()
        .unwrap();
    assert_eq!((alert.active_at, alert.resolved_at), (1020 * S, None));
}

#[test]
fn firing_is_kept_up_for_as_long_as_it_says() {
    let mut stage = Stage::new(&group(
        "  - {alert: A, expr: up == 0, keep_firing_for: 1m}\n",
    ));
    let mut all = Vec::new();
    for (at, up) in [
        (0, 0.0),
        (15, 1.0),
        (30, 1.0),
        (45, 0.0),
        (60, 1.0),
        (90, 1.0),
        (119, 1.0),
        (120, 1.0),
    ] {
        stage.sample("up", at, up);
        all.extend(told(&stage.all(at).transitions));
    }
    assert_eq!(
        all,
        [
            "A{} inactive -> firing at 0 started 0",
            "A{} firing -> inactive at 120 started 0 ended 120"
        ]
    );
}

#[test]
fn more_alerts_than_the_limit_are_none_at_all() {
    let text = "groups:\n- name: g\n  limit: 2\n  rules:\n  - {alert: A, expr: up == 0}\n";
    let mut stage = Stage::new(&rules(text));
    stage.sample("up{i=\"1\"}", 0, 0.0);
    stage.sample("up{i=\"2\"}", 0, 0.0);
    assert_eq!(stage.all(0).transitions.len(), 2);
    stage.sample("up{i=\"3\"}", 15, 0.0);
    let evaluation = stage.all(15);
    let rule = stage.evaluator.rules().next().unwrap();
    assert_eq!(
        rule.last_error.as_deref(),
        Some("exceeded limit of 2 with 3 alerts")
    );
    assert_eq!(rule.alerts().count(), 0);
    // Whoever was told that they fire is told that they do not.
    let ended = evaluation
        .transitions
        .iter()
        .filter(|one| one.ends_at == Some(15 * S));
    assert_eq!(ended.count(), 3);
}

#[test]
fn later_rules_see_what_earlier_ones_made_in_the_same_evaluation() {
    let body = "  - {record: twice, expr: load * 2}\n  - {alert: A, expr: twice > 3, labels: {from: record}}\n  \
        - {alert: B, expr: 'ALERTS{alertname=\"A\", alertstate=\"firing\"}'}\n";
    let mut stage = Stage::new(&group(body));
    stage.sample("load{job=\"x\"}", 0, 2.0);
    assert_eq!(
        told(&stage.all(0).transitions),
        [
            "A{from=record,job=x} inactive -> firing at 0 started 0",
            "B{alertstate=firing,from=record,job=x} inactive -> firing at 0 started 0",
        ]
    );
}

#[test]
fn expressions_are_evaluated_as_far_back_as_the_group_says() {
    let text = "groups:\n- name: g\n  query_offset: 1m\n  rules:\n  - {record: seen, expr: load}\n  - {alert: A, expr: load > 1}\n";
    let mut stage = Stage::new(&rules(text));
    stage.sample("load", 0, 1.0);
    stage.sample("load", 60, 2.0);
    let first = stage.all(60);
    assert_eq!(
        (
            first.transitions.len(),
            first.samples[0].at,
            first.samples[0].value
        ),
        (0, 0, 1.0)
    );
    let second = stage.all(120);
    assert_eq!(
        told(&second.transitions),
        ["A{} inactive -> firing at 120 started 120"]
    );
    assert!(second.samples.iter().all(|sample| sample.at == 60 * S));
}

#[test]
fn what_cannot_be_evaluated_is_bad_and_changes_nothing() {
    let mut stage = Stage::new(&group(
        "  - {alert: A, expr: a * on(x) b > 0}\n  - {alert: M, expr: 'up[5m]'}\n  - {alert: C, expr: '1'}\n",
    ));
    stage.sample("a{x=\"1\"}", 0, 1.0);
    stage.sample("b{x=\"1\"}", 0, 1.0);
    stage.all(0);
    stage.sample("b{x=\"1\",y=\"2\"}", 15, 1.0);
    let evaluation = stage.all(15);
    assert_eq!(
        (
            evaluation.runs,
            evaluation.failures,
            evaluation.transitions.len()
        ),
        (3, 2, 0)
    );
    let rules: Vec<_> = stage.evaluator.rules().collect();
    assert_eq!(rules[0].state(), AlertState::Firing);
    assert!(
        rules[0]
            .last_error
            .as_deref()
            .unwrap()
            .contains("many-to-many"),
        "{:?}",
        rules[0].last_error
    );
    assert_eq!(
        rules[1].last_error.as_deref(),
        Some("rule result is not a vector or scalar")
    );
    assert_eq!(
        (rules[2].state(), rules[2].health),
        (AlertState::Firing, Health::Good)
    );
}

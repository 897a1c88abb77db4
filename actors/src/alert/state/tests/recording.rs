//! Rules that make series.

use super::stage::{Stage, group, rules, written};

#[test]
fn what_is_yielded_is_recorded_and_what_is_no_longer_ends() {
    let body =
        "  - {record: 'job:up:sum', expr: sum by (job) (up), labels: {site: north, job2: ''}}\n";
    let mut stage = Stage::new(&group(body));
    stage.sample("up{job=\"a\"}", 0, 1.0);
    stage.sample("up{job=\"b\"}", 0, 1.0);
    let b = "job:up:sum{job=\"b\", site=\"north\"}";
    assert_eq!(
        written(&stage.all(0)),
        ["job:up:sum{job=\"a\", site=\"north\"} 1", &format!("{b} 1")]
    );
    stage.stale("up{job=\"a\"}", 15);
    assert_eq!(
        written(&stage.all(15)),
        [
            "job:up:sum{job=\"a\", site=\"north\"} stale",
            &format!("{b} 1")
        ]
    );
    assert_eq!(written(&stage.all(30)), [format!("{b} 1")]);
    assert!(written(&stage.all(400)).contains(&format!("{b} stale")));
}

#[test]
fn a_scalar_is_a_series_without_labels() {
    let mut stage = Stage::new(&group("  - {record: now, expr: time()}\n"));
    assert_eq!(written(&stage.all(15)), ["now 15"]);
}

#[test]
fn series_that_become_the_same_are_an_error() {
    let mut stage = Stage::new(&group("  - {record: r, expr: up, labels: {i: x}}\n"));
    stage.sample("up{i=\"1\"}", 0, 1.0);
    assert_eq!(written(&stage.all(0)), ["r{i=\"x\"} 1"]);
    stage.sample("up{i=\"2\"}", 15, 1.0);
    let evaluation = stage.all(15);
    assert_eq!((evaluation.failures, evaluation.samples.len()), (1, 0));
    let expected = "vector contains metrics with the same labelset after applying rule labels";
    assert_eq!(
        stage
            .evaluator
            .rules()
            .next()
            .unwrap()
            .last_error
            .as_deref(),
        Some(expected)
    );
}

#[test]
fn more_series_than_the_limit_are_an_error() {
    let mut stage = Stage::new(&rules(
        "groups:\n- name: g\n  limit: 1\n  rules:\n  - {record: r, expr: up}\n",
    ));
    stage.sample("up{i=\"1\"}", 0, 1.0);
    stage.sample("up{i=\"2\"}", 0, 1.0);
    assert_eq!(stage.all(0).samples.len(), 0);
    let error = stage.evaluator.rules().next().unwrap().last_error.clone();
    assert_eq!(error.as_deref(), Some("exceeded limit of 1 with 2 series"));
}

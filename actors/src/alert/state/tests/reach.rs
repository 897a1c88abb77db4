//! From when on rules read that are about to run.

use super::stage::{S, Stage, group};

const NOW: i64 = 100_000;

#[test]
fn those_that_are_due_and_those_that_read_what_they_write() {
    let mut stage = Stage::new(&group(
        "  - alert: Quick
    expr: fast > 1
  - alert: Slow
    expr: max_over_time(slow[1h]) > 1
",
    ));
    stage.sample("fast", NOW, 0.0);
    let since = |stage: &Stage, at: i64| stage.evaluator.reads_since(at * S).map(|ms| ms / S);
    assert_eq!(since(&stage, NOW), Some(NOW - 3_600), "all are due");
    stage.all(NOW);
    stage.evaluator.appended(["fast"]);
    assert_eq!(
        since(&stage, NOW + 1),
        Some(NOW + 1 - 300),
        "the first alone"
    );
    stage.evaluator.appended(["slow"]);
    assert_eq!(since(&stage, NOW + 1), Some(NOW + 1 - 3_600));
}

#[test]
fn what_is_read_of_alerts_is_read_with_them() {
    let mut stage = Stage::new(&group(
        "  - alert: Quick
    expr: fast > 1
  - record: slow
    expr: max_over_time(ALERTS[2h])
  - record: slower
    expr: slow offset 3h
",
    ));
    stage.all(NOW);
    stage.evaluator.appended(["fast"]);
    let since = stage.evaluator.reads_since((NOW + 1) * S);
    assert_eq!(since, Some((NOW + 1 - 3 * 3_600 - 300) * S));
}

#[test]
fn nobody_knows_where_texts_ask_or_the_store_tells_since_when() {
    for (rule, first, later) in [
        (
            "  - alert: Asks
    expr: fast > 1
    annotations:
      is: '{{ query \"up\" }}'
",
            None,
            None,
        ),
        (
            "  - alert: Awaits
    expr: fast > 1
    for: 1h
",
            None,
            Some(300),
        ),
        (
            "  - record: at_once
    expr: fast @ 5
",
            None,
            None,
        ),
    ] {
        let mut stage = Stage::new(&group(rule));
        let back = |stage: &Stage, at: i64| {
            let since = stage.evaluator.reads_since(at * S);
            since.map(|since| at - since / S)
        };
        assert_eq!(back(&stage, NOW), first, "{rule}");
        stage.all(NOW);
        stage.evaluator.appended(["fast"]);
        assert_eq!(back(&stage, NOW + 299), first, "{rule}");
        assert_eq!(back(&stage, NOW + 301), later, "{rule}");
    }
}

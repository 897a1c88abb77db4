//! Rules that read what is not at hand are run later, and nothing else changes.

use promql::{Cancel, Error, Hints, Matcher, MemoryStore, Queryable, SeriesIter};

use super::stage::{S, Stage, group};
use crate::alert::state::Evaluation;

const NOW: i64 = 100_000;

/// A store that must not be asked for what was before a moment.
struct Recent<'s> {
    store: &'s MemoryStore,
    since: i64,
}

impl Queryable for Recent<'_> {
    fn select<'a>(
        &'a self,
        matchers: &[Matcher],
        start_ms: i64,
        end_ms: i64,
        hints: &Hints,
    ) -> Result<SeriesIter<'a>, Error> {
        assert!(start_ms >= self.since, "{matchers:?} from {start_ms}");
        self.store.select(matchers, start_ms, end_ms, hints)
    }
}

/// What can be run on the last ten minutes.
fn at_hand(stage: &mut Stage, at: i64) -> Evaluation {
    let since = (at - 600) * S;
    let recent = Recent {
        store: &stage.store,
        since,
    };
    let evaluator = &mut stage.evaluator;
    evaluator.evaluate_since(since, &recent, at * S, &Cancel::new())
}

#[test]
fn those_that_read_the_last_minutes_are_run_and_others_left() {
    let mut stage = Stage::new(&group(
        "  - alert: Quick
    expr: fast > 1
  - alert: Far
    expr: max_over_time(fast[1h]) > 1
  - alert: Asks
    expr: fast > 1
    annotations:
      is: '{{ query \"up\" }}'
  - record: once
    expr: fast @ 5
",
    ));
    stage.sample("fast", NOW, 0.0);
    let first = at_hand(&mut stage, NOW);
    assert_eq!((first.runs, first.is_partial), (1, true));
    let again = at_hand(&mut stage, NOW);
    assert_eq!((again.runs, again.is_partial), (0, true), "they wait");
    let rest = stage.due(NOW);
    assert_eq!((rest.runs, rest.is_partial), (3, false));
    let none = at_hand(&mut stage, NOW + 1);
    assert_eq!((none.runs, none.is_partial), (0, false), "nothing came");
}

#[test]
fn what_has_been_written_is_read_by_those_that_are_run_later() {
    const RULES: &str = "  - record: far
    expr: max_over_time(fast[1h])
  - record: quick
    expr: fast * 2
  - record: later
    expr: far + quick
";
    let mut both = [Stage::new(&group(RULES)), Stage::new(&group(RULES))];
    for stage in &mut both {
        stage.sample("fast", NOW, 3.0);
    }
    let [split, whole] = &mut both;
    let mut evaluation = at_hand(split, NOW);
    assert_eq!((evaluation.runs, evaluation.is_partial), (1, true));
    let evaluator = &mut split.evaluator;
    evaluator.go_on(&mut evaluation, &split.store, NOW * S, &Cancel::new());
    let written = |evaluation: &Evaluation| {
        let last = |name: &str| {
            let mut samples = evaluation.samples.iter().rev();
            let of_it = samples.find(|one| one.labels.get("__name__") == Some(name));
            of_it.map(|one| one.value)
        };
        ["quick", "far", "later"].map(last)
    };
    assert_eq!(written(&evaluation), [Some(6.0), Some(3.0), Some(9.0)]);
    assert_eq!(written(&evaluation), written(&whole.due(NOW)));
}

#[test]
fn the_store_is_asked_once_since_when_alerts_have_been_active() {
    let mut stage = Stage::new(&group(
        "  - alert: Awaits
    expr: fast > 1
    for: 1h
",
    ));
    let first = at_hand(&mut stage, NOW);
    assert_eq!((first.runs, first.is_partial), (0, true));
    stage.all(NOW);
    stage.sample("fast", NOW + 1, 2.0);
    stage.evaluator.appended(["fast"]);
    let evaluation = at_hand(&mut stage, NOW + 1);
    assert_eq!((evaluation.runs, evaluation.is_partial), (1, false));
    assert_eq!(evaluation.transitions.len(), 1);
}

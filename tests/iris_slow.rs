//! Whoever is slow to answer is asked less often, and its figures count for longer.

use std::time::{Duration, Instant};

use crate::stage::{DEADLINE, Simulated, Watched, until};

/// Within the half second that Vitals waits, and far beyond a fifth of a second.
const SLOW: u64 = 250;

#[test]
fn an_answer_of_a_quarter_second_is_had_every_other_second() {
    let iris = Simulated::start(&["--steady"]);
    let watched = Watched::start(iris.url(), "", "");
    watched.has_data();
    iris.fault_with(serde_json::json!({ "kind": "slow", "milliseconds": SLOW }));
    iris.is_asked_again(2);
    let began = Instant::now();
    let asked = iris.asked();
    until("four slow answers", DEADLINE, || {
        assert!(!watched.series().is_empty(), "its figures still count");
        (iris.asked() >= asked + 4).then_some(())
    });
    let least = Duration::from_secs(6);
    assert!(
        began.elapsed() > least,
        "every second: {:?}",
        began.elapsed()
    );
    iris.cure();
    iris.is_asked_again(3);
    watched.has_data();
    assert_eq!(iris.state()["requests"]["most_in_flight"], 1);
    watched.nobody_was_touched();
}

#[test]
fn one_that_never_ends_is_said_to_be_tried_less_often() {
    let iris = Simulated::start(&["--steady"]);
    iris.fault("drip");
    let watched = Watched::start(iris.url(), "", "");
    let line = watched.vitals.process.says("did not come to its end");
    assert!(line.ends_with("(timeout); trying again every 3s"), "{line}");
    let (began, asked) = (Instant::now(), iris.asked());
    iris.is_asked_again(2);
    let least = Duration::from_secs(3);
    assert!(
        began.elapsed() > least,
        "{:?} from {asked}",
        began.elapsed()
    );
    iris.cure();
    watched.has_data();
}

//! Rules that wait are what they would be if they were run each time that something comes.

use std::collections::BTreeMap;

use exposition::Labels;
use proptest::{collection::vec, prelude::*};

use super::stage::{S, Stage, group, told};
use crate::alert::state::{AlertState, Evaluation, HELD_BACK, Transition, Wanted};

const BUSY: &str = "  - {alert: Busy, expr: 'avg_over_time(cpu[20s]) > 0.5', for: 30s}\n";
const HOT: &str = "  - {alert: Hot, expr: cpu > 0.5, for: 1m, keep_firing_for: 5s}\n";
const FULL: &str = "  - {alert: Full, expr: disk > 0.5, for: 29s}\n";
/// Does not wait, and reads what another that does writes.
const NOW: &str = "  - {alert: Now, expr: 'cpu > 0.9 and on () ALERTS{alertname=\"Hot\"}'}\n";

/// A stage whose rules hear of metrics as the history tells them.
struct Told {
    stage: Stage,
    wanted: Wanted,
    held_back: Vec<i64>,
}

impl Told {
    fn new(rules: &str) -> Self {
        Told {
            stage: Stage::new(&group(rules)),
            wanted: Wanted::All,
            held_back: Vec::new(),
        }
    }

    /// A sample comes at a time in seconds, and every tenth time everything else.
    fn comes(&mut self, series: &str, at: i64, value: f64) -> Evaluation {
        self.stage.sample(series, at, value);
        let name = series.split('{').next().unwrap();
        if at % HELD_BACK.as_secs() as i64 != 0 && !self.wanted.has(name) {
            self.held_back.push(at * S);
            return Evaluation::default();
        }
        self.stage.evaluator.appended([name]);
        self.stage.evaluator.missed(self.held_back.drain(..));
        self.due(at)
    }

    fn due(&mut self, at: i64) -> Evaluation {
        let evaluation = self.stage.due(at);
        if let Some(wanted) = self.stage.evaluator.wanted() {
            self.wanted = wanted;
        }
        evaluation
    }

    /// Since when alerts are active, and in which state.
    fn active(&self) -> BTreeMap<Labels, (AlertState, i64, Option<i64>)> {
        let rules = self.stage.evaluator.rules();
        let active = rules.flat_map(|rule| rule.active_alerts());
        let active = active.map(|alert| {
            (
                alert.labels.clone(),
                (alert.state, alert.active_at, alert.fired_at),
            )
        });
        active.collect()
    }
}

#[test]
fn what_rules_wait_for_is_not_wanted_until_they_wait_no_more() {
    let mut told = Told::new(&[HOT, NOW].concat());
    told.due(0);
    assert!(told.wanted.has("cpu"), "another reads it, too");
    let mut told = Told::new(&[HOT, FULL].concat());
    told.due(0);
    assert!(!told.wanted.has("cpu") && told.wanted.has("disk") && !told.wanted.has("other"));
    for at in 1..10 {
        assert_eq!(told.comes("cpu", at, f64::from(at > 4)).runs, 0, "{at}");
    }
    told.comes("cpu", 10, 1.0);
    assert!(told.wanted.has("cpu"), "something is pending");
    for (at, value) in [(11, 1.0), (12, 1.0), (13, 0.0)] {
        assert_eq!(told.comes("cpu", at, value).runs, 1);
    }
    assert!(told.active().is_empty() && !told.wanted.has("cpu"));
    // One that asks for whatever there is, or for a pattern, makes everything wanted.
    let mut any = Told::new("  - {alert: Any, expr: '{job=\"x\"} > 1'}\n");
    any.due(0);
    assert!(matches!(any.wanted, Wanted::All));
}

#[test]
fn an_alert_fires_when_it_would_have_had_it_not_waited() {
    let mut one = Told::new("  - {alert: Hot, expr: cpu > 0.5, for: 1m}\n");
    one.due(0);
    let mut transitions = Vec::new();
    for at in 1..=70 {
        transitions.extend(one.comes("cpu", at, f64::from(at >= 3)).transitions);
        transitions.extend(one.due(at).transitions);
    }
    let expected = [
        "Hot{} inactive -> pending at 3 started 3",
        "Hot{} pending -> firing at 63 started 63",
    ];
    assert_eq!(told(&transitions), expected);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn they_are_what_they_would_be_without_waiting(
        values in vec((0..4_u8, 0..12_u8), 1..25),
        with_one_that_does_not_wait: bool,
    ) {
        let now = if with_one_that_does_not_wait { NOW } else { "" };
        let rules = [BUSY, HOT, FULL, now].concat();
        let (mut at_once, mut later) = (Told::new(&rules), Told::new(&rules));
        at_once.due(0);
        later.due(0);
        let (mut expected, mut told) = (Vec::new(), Vec::new());
        let mut at = 0;
        // Spells of a value on one of two hosts, or of both.
        for (value, length) in values {
            for _ in 0..=length {
                at += 1;
                for host in ["a", "b"] {
                    let series = format!("cpu{{host=\"{host}\"}}");
                    let value = f64::from(value) / 3.0 * f64::from(u8::from(host == "a" || value > 1));
                    at_once.wanted = Wanted::All;
                    expected.extend(at_once.comes(&series, at, value).transitions);
                    told.extend(later.comes(&series, at, value).transitions);
                }
                expected.extend(at_once.due(at).transitions);
                told.extend(later.due(at).transitions);
                if at % 10 == 0 {
                    prop_assert_eq!(at_once.active(), later.active(), "at {}", at);
                }
            }
        }
        // What was pending and fired not nobody was told of.
        let is_news = |one: &Transition| AlertState::Firing == one.to || AlertState::Firing == one.from;
        expected.retain(is_news);
        told.retain(is_news);
        prop_assert_eq!(told, expected);
    }
}

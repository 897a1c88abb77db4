//! A store, rules, and what came of them.

use exposition::Labels;
use promql::{Cancel, Engine, MemoryStore, STALE_BITS, notation};

use crate::alert::rules::{RuleSet, parse};
use crate::alert::state::{Evaluation, Evaluator, Settings, Transition};

/// Rules over a store in memory. What they write is stored.
pub(super) struct Stage {
    pub(super) store: MemoryStore,
    pub(super) evaluator: Evaluator,
}

pub(super) fn rules(text: &str) -> RuleSet {
    RuleSet {
        groups: parse("rules.yml", text, &Engine::default()).unwrap(),
        files: vec!["rules.yml".into()],
    }
}

/// One group with these rules, indented by two.
pub(super) fn group(body: &str) -> RuleSet {
    rules(&format!("groups:\n- name: g\n  rules:\n{body}"))
}

pub(super) fn labels(text: &str) -> Labels {
    notation::series(text).unwrap().0
}

/// Seconds, as milliseconds.
pub(super) const S: i64 = 1_000;

impl Stage {
    pub(super) fn new(rules: &RuleSet) -> Self {
        Stage {
            store: MemoryStore::new(),
            evaluator: Evaluator::new(rules, Settings::default()),
        }
    }

    /// A sample at a time in seconds.
    pub(super) fn sample(&mut self, series: &str, at: i64, value: f64) {
        self.store.append(labels(series), [(at * S, value)]);
    }

    /// The end of a series.
    pub(super) fn stale(&mut self, series: &str, at: i64) {
        self.sample(series, at, f64::from_bits(STALE_BITS));
    }

    /// Every rule once, at a time in seconds.
    pub(super) fn all(&mut self, at: i64) -> Evaluation {
        let evaluation = self
            .evaluator
            .evaluate_all(&self.store, at * S, &Cancel::new());
        self.keep(evaluation)
    }

    /// What is due, at a time in seconds.
    pub(super) fn due(&mut self, at: i64) -> Evaluation {
        let evaluation = self.evaluator.evaluate(&self.store, at * S, &Cancel::new());
        self.keep(evaluation)
    }

    /// A sample comes, and what reads it is run.
    pub(super) fn comes(&mut self, series: &str, at: i64, value: f64) -> Evaluation {
        self.sample(series, at, value);
        let name = series.split('{').next().unwrap_or(series).to_owned();
        self.evaluator.appended([name.as_str()]);
        self.due(at)
    }

    pub(super) fn keep(&mut self, evaluation: Evaluation) -> Evaluation {
        for sample in &evaluation.samples {
            self.store
                .append(sample.labels.clone(), [(sample.at, sample.value)]);
        }
        evaluation
    }
}

/// `alertname/label…: pending -> firing` of each, in order, with the times in seconds.
pub(super) fn told(transitions: &[Transition]) -> Vec<String> {
    let text = |one: &Transition| {
        let others = one.labels.iter().filter(|(name, _)| *name != "alertname");
        let others: Vec<_> = others
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let ends = one
            .ends_at
            .map(|at| format!(" ended {}", at / S))
            .unwrap_or_default();
        format!(
            "{}{{{}}} {} -> {} at {} started {}{ends}",
            one.labels.get("alertname").unwrap_or_default(),
            others.join(","),
            one.from.as_str(),
            one.to.as_str(),
            one.at / S,
            one.starts_at / S,
        )
    };
    transitions.iter().map(text).collect()
}

/// `series value`, sorted; `stale` for the end of one.
pub(super) fn written(evaluation: &Evaluation) -> Vec<String> {
    let text = |labels: &Labels, value: f64| match value.to_bits() {
        STALE_BITS => format!("{} stale", promql::series_text(labels)),
        _ => format!("{} {value}", promql::series_text(labels)),
    };
    let samples = evaluation.samples.iter();
    let mut texts: Vec<_> = samples.map(|one| text(&one.labels, one.value)).collect();
    texts.sort();
    texts
}

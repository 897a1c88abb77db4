//! What an evaluation needs and takes along, beside the actor, and what it brings back.

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    sync::Arc,
    time::{Duration, Instant},
};

use promql::Cancel;

use super::{
    actor::LOOK,
    cause::{Evidence, is_of_this_host},
    figures::RuleFigures,
    processes::Processes,
};
use crate::{
    alert::{
        fingerprint::Fingerprint,
        rules::{Alerting, Rule, metric_name},
        state::{Alert, AlertState, Checkpoint, Evaluation, Evaluator, RuleState, Transition},
    },
    history::Reader,
    standing::Standing,
};

/// Causes that are looked for after one evaluation: where everything fires at once, nobody reads them
/// all, and the first message must not wait for the last.
const MOST_CAUSES: usize = 20;

/// Rules that took no longer than this the last time are run where they are asked for, if they read what
/// is in memory only: to have them run by another thread takes as long as most of them.
const QUICK: Duration = Duration::from_millis(10);

/// What metrics begin with that tell of this host, and that [causes](is_of_this_host) are looked for in.
const OF_THIS_HOST: [&str; 2] = ["vitals_host_", "vitals_target_met"];

/// What an evaluation needs, and takes along.
pub(super) struct Bench {
    pub(super) evaluator: Evaluator,
    pub(super) processes: Processes,
    /// How long it took the last time; none where all is to be run by another thread.
    took: Option<Duration>,
}

/// What an evaluation brought back.
pub(super) struct Done {
    pub(super) evaluation: Evaluation,
    /// Why what has begun to fire does, as far as is known.
    pub(super) causes: HashMap<Fingerprint, Cause>,
    pub(super) checkpoint: Option<Checkpoint>,
    pub(super) figures: RuleFigures,
}

/// Why an alert fires.
pub(super) struct Cause {
    /// In words.
    pub(super) text: String,
    /// Of its rule.
    pub(super) expression: String,
}

/// What has begun to fire.
fn begun(evaluation: &Evaluation) -> impl Iterator<Item = &Transition> {
    let transitions = evaluation.transitions.iter();
    transitions.filter(|change| change.to == AlertState::Firing)
}

/// Whether there are causes to look for, in all of history.
pub(super) fn has_causes(evaluation: &Evaluation) -> bool {
    begun(evaluation).next().is_some()
}

impl Bench {
    pub(super) fn new(evaluator: Evaluator) -> Self {
        Bench {
            evaluator,
            processes: Processes::default(),
            took: None,
        }
    }

    /// Metrics of these names have come, some of them before now.
    pub(super) fn mark(&mut self, came: &BTreeSet<Arc<str>>, missed: Vec<i64>) {
        self.evaluator.appended(came.iter().map(|name| &**name));
        self.evaluator.missed(missed);
    }

    /// Runs what of that which is due is soon done and waits for no disk; nothing where it was not the
    /// last time.
    pub(super) fn evaluate_at_once(&mut self, reader: &Reader, at: i64) -> Evaluation {
        if self.took.is_none_or(|took| took > QUICK) {
            self.took = None;
            return Evaluation {
                is_partial: true,
                ..Evaluation::default()
            };
        }
        let (since, memory) = (reader.in_memory_since(), reader.in_memory());
        let began = Instant::now();
        let evaluator = &mut self.evaluator;
        let evaluation = evaluator.evaluate_since(since, &memory, at, &Cancel::new());
        self.took = Some(began.elapsed());
        evaluation
    }

    /// Runs what else is due.
    pub(super) fn evaluate(&mut self, evaluation: &mut Evaluation, reader: &Reader, at: i64) {
        let began = Instant::now();
        self.evaluator.go_on(evaluation, reader, at, &Cancel::new());
        self.took.get_or_insert_with(|| began.elapsed());
    }

    /// What came of it, with the causes of what has begun to fire.
    pub(super) fn done(
        &mut self,
        evaluation: Evaluation,
        reader: &Reader,
        standing: &Standing,
        at: i64,
    ) -> Done {
        let Bench {
            evaluator,
            processes,
            ..
        } = self;
        let mut causes = HashMap::new();
        for (number, change) in begun(&evaluation).enumerate() {
            let rule = evaluator.rules().find(|rule| rule.has(&change.labels));
            let Some(rule) = rule.map(|rule| rule.rule()) else {
                continue;
            };
            let mut evidence = Evidence {
                reader,
                standing,
                processes,
                at,
            };
            let text = match number < MOST_CAUSES {
                true => evidence.cause(&change.labels, &rule.query),
                false => String::new(),
            };
            let expression = rule.expression.clone();
            causes.insert(change.fingerprint, Cause { text, expression });
        }
        let changed = !evaluation.transitions.is_empty();
        Done {
            causes,
            checkpoint: changed.then(|| evaluator.checkpoint()),
            figures: RuleFigures::of(evaluator),
            evaluation,
        }
    }

    /// Looks at processes where somebody may soon want to know which are busy: while an alert of this host
    /// is pending, and seldom where a rule may fire that is not pending for long.
    pub(super) fn keep_looking(&mut self) {
        let of_this_host =
            |alert: &Alert| alert.state == AlertState::Pending && is_of_this_host(&alert.labels);
        let mut active = self.evaluator.rules().flat_map(RuleState::active_alerts);
        if active.any(of_this_host) {
            return self.processes.keep_looking(true);
        }
        let rules = || self.evaluator.rules().map(RuleState::rule);
        let recorded: HashSet<_> = rules().filter_map(recorded).collect();
        if rules().any(|rule| is_sudden(rule, &recorded)) {
            self.processes.keep_looking(false);
        }
    }
}

/// Whether alerts of it may be of this host, and fire before a look at processes that begins when they are
/// pending says anything.
fn is_sudden(rule: &Rule, recorded: &HashSet<&str>) -> bool {
    let is_soon = |alerting: &Alerting| alerting.hold < 2 * LOOK;
    // What is recorded may be of anything.
    let of_this_host =
        |name: &str| recorded.contains(name) || OF_THIS_HOST.iter().any(|of| name.starts_with(of));
    let is_labelled = || {
        let labels = rule.labels();
        ["host", "objective"]
            .iter()
            .any(|label| labels.get(label).is_some())
    };
    let mut names = rule.query.selectors().map(metric_name);
    rule.alerting().is_some_and(is_soon)
        && (names.any(|name| name.is_none_or(of_this_host)) || is_labelled())
}

/// What it records.
fn recorded(rule: &Rule) -> Option<&str> {
    rule.alerting().is_none().then_some(&**rule.name())
}

#[cfg(test)]
mod tests {
    use promql::Engine;

    use super::*;
    use crate::alert::{built_in, rules::parse};

    #[test]
    fn processes_are_looked_at_ahead_for_rules_that_fire_at_once_alone() {
        let own = built_in::RULES.map(|own| parse(own.name, own.text, &Engine::default()).unwrap());
        let rules = || own.iter().flatten().flat_map(|group| &group.rules);
        let recorded = rules().filter_map(recorded).collect();
        assert!(!rules().any(|rule| is_sudden(rule, &recorded)));
        let file = |rule: &str| format!("groups:\n- name: g\n  rules:\n  - {rule}\n");
        for (rule, expected) in [
            ("{alert: A, expr: vitals_host_cpu_used_ratio > 0.5}", true),
            (
                "{alert: A, expr: vitals_host_cpu_used_ratio > 0.5, for: 1m}",
                false,
            ),
            ("{alert: A, expr: '{host=\"local\"} > 0.5'}", true),
            ("{alert: A, expr: up == 0, labels: {host: local}}", true),
            ("{alert: A, expr: up == 0, labels: {objective: cpu}}", true),
            ("{alert: A, expr: 'inst:cpu > 0.5'}", true),
            ("{alert: A, expr: up == 0}", false),
            ("{record: r, expr: vitals_host_cpu_used_ratio}", false),
        ] {
            let groups = parse("rules.yml", &file(rule), &Engine::default()).unwrap();
            let recorded = HashSet::from(["inst:cpu"]);
            let is_sudden = is_sudden(&groups[0].rules[0], &recorded);
            assert_eq!(is_sudden, expected, "{rule}");
        }
    }
}

//! Other rules, while alerts are active.

use std::collections::HashMap;

use super::context::{Settings, millis};
use super::evaluator::{Evaluation, Evaluator};
use super::group::GroupState;
use super::index::Index;
use super::rule::{RuleState, stale};
use crate::alert::rules::RuleSet;
use exposition::Labels;

/// What makes a rule the same in another version of its file.
pub(super) type RuleKey = (String, String, String, Labels);

impl Evaluator {
    /// Takes other rules. What a rule of the same file, group, name and labels is in goes on; alerts
    /// of rules that are gone are resolved, and their series end.
    pub fn reload(&mut self, rules: &RuleSet, settings: Settings, at: i64) -> Evaluation {
        let mut before: HashMap<RuleKey, Vec<(RuleState, i64)>> = HashMap::new();
        for group in self.groups.drain(..) {
            let written_at = at.saturating_sub(millis(group.group.query_offset));
            for rule in group.rules {
                let key = key(&group.group.file, &group.group.name, &rule);
                before.entry(key).or_default().push((rule, written_at));
            }
        }
        self.settings = settings;
        self.index = Index::of(rules);
        self.waiting.clear();
        for group in &rules.groups {
            let mut state = GroupState::new(group);
            for rule in &mut state.rules {
                let same = before.get_mut(&key(&group.file, &group.name, rule));
                if let Some(same) = same.filter(|same| !same.is_empty()) {
                    rule.go_on(same.remove(0).0);
                }
            }
            self.groups.push(state);
        }
        let mut evaluation = Evaluation::default();
        for (mut rule, written_at) in before.into_values().flatten() {
            let Evaluation {
                transitions,
                samples,
                ..
            } = &mut evaluation;
            rule.resolve_all(at, written_at, transitions, samples);
            let recorded = rule.recorded.drain();
            samples.extend(recorded.map(|labels| stale(labels, written_at)));
        }
        evaluation
    }
}

impl RuleState {
    /// Takes over what another version of it was in. Run again at once: its expression may differ.
    fn go_on(&mut self, before: RuleState) {
        self.health = before.health;
        self.last_error = before.last_error;
        self.evaluation_time = before.evaluation_time;
        self.alerts = before.alerts;
        self.has_other_texts = true;
        self.recorded = before.recorded;
        self.written_at = before.written_at;
        self.awaited = before.awaited;
        self.known = before.known;
        self.is_restored = before.is_restored;
        self.first_evaluation = before.first_evaluation;
        self.unmatched_since = before.unmatched_since;
    }
}

pub(super) fn key(file: &str, group: &str, rule: &RuleState) -> RuleKey {
    let name = rule.rule().name().to_string();
    (file.into(), group.into(), name, rule.rule().labels())
}

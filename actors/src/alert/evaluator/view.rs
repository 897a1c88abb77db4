//! What there is to see of rules and alerts: for routes, the summary and the terminal.

use std::{sync::Arc, time::Duration};

use exposition::Labels;

use crate::alert::{
    fingerprint::Fingerprint,
    rules::Group,
    state::{AlertState, Annotations, Evaluator, Health, RuleState},
};

/// All rules and what they are in, at one moment.
#[derive(Debug, Clone, Default)]
pub struct RulesView {
    /// In the order of their files.
    pub groups: Vec<GroupView>,
}

/// A group.
#[derive(Debug, Clone)]
pub struct GroupView {
    /// The group, as its file has it.
    pub group: Arc<Group>,
    /// How often it is evaluated.
    pub interval: Duration,
    /// When it was last evaluated, Unix milliseconds.
    pub last_evaluation: Option<i64>,
    /// How long that took.
    pub evaluation_time: Duration,
    /// Its rules, in the order of [`Group::rules`].
    pub rules: Vec<RuleView>,
}

/// A rule.
#[derive(Debug, Clone)]
pub struct RuleView {
    /// The gravest state of its alerts.
    pub state: AlertState,
    /// How its last evaluation went.
    pub health: Health,
    /// Why it failed, if it did.
    pub last_error: Option<String>,
    /// When it was last evaluated, Unix milliseconds.
    pub last_evaluation: Option<i64>,
    /// How long that took.
    pub evaluation_time: Duration,
    /// Pending and firing ones, sorted by their labels.
    pub alerts: Vec<ActiveAlert>,
}

/// A pending or firing alert.
#[derive(Debug, Clone)]
pub struct ActiveAlert {
    /// With `alertname`.
    pub labels: Labels,
    /// What is told of it.
    pub annotations: Annotations,
    /// Pending or firing.
    pub state: AlertState,
    /// Of the expression.
    pub value: f64,
    /// Since when its condition holds, Unix milliseconds.
    pub active_at: i64,
    /// Since when it fires; of a pending one, as `active_at`.
    pub starts_at: i64,
    /// Since when it fires on without its condition, Unix milliseconds.
    pub keep_firing_since: Option<i64>,
    /// Of its labels.
    pub fingerprint: Fingerprint,
}

impl RulesView {
    /// Of an evaluator as it is now.
    pub(super) fn of(evaluator: &Evaluator) -> Self {
        let interval = evaluator.settings().interval;
        let groups = evaluator.groups().iter().map(|state| GroupView {
            group: state.group.clone(),
            interval: state.interval(interval),
            last_evaluation: state.last_evaluation,
            evaluation_time: state.evaluation_time,
            rules: state.rules.iter().map(RuleView::of).collect(),
        });
        RulesView {
            groups: groups.collect(),
        }
    }

    /// All pending and firing alerts.
    pub fn alerts(&self) -> impl Iterator<Item = &ActiveAlert> {
        let rules = self.groups.iter().flat_map(|group| &group.rules);
        rules.flat_map(|rule| &rule.alerts)
    }

    /// Those that fire.
    pub fn firing(&self) -> impl Iterator<Item = &ActiveAlert> {
        self.alerts()
            .filter(|alert| alert.state == AlertState::Firing)
    }
}

impl RuleView {
    fn of(rule: &RuleState) -> Self {
        let mut alerts: Vec<_> = rule
            .active_alerts()
            .map(|alert| ActiveAlert {
                labels: alert.labels.clone(),
                annotations: alert.annotations.clone(),
                state: alert.state,
                value: alert.value,
                active_at: alert.active_at,
                starts_at: alert.starts_at(),
                keep_firing_since: alert.keep_firing_since,
                fingerprint: alert.fingerprint(),
            })
            .collect();
        alerts.sort_by(|a, b| a.labels.cmp(&b.labels));
        RuleView {
            state: rule.state(),
            health: rule.health,
            last_error: rule.last_error.clone(),
            last_evaluation: rule.last_evaluation,
            evaluation_time: rule.evaluation_time,
            alerts,
        }
    }
}

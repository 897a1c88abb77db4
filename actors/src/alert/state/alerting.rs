//! Rules that make alerts: the state machine, as Prometheus has it.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use exposition::Labels;
use promql::{METRIC_NAME, Sample};

use super::alert::{Alert, AlertState, Annotations, RESOLVED_RETENTION, Transition};
use super::context::{Context, millis};
use super::rule::{RuleState, WrittenSample, stale};
use crate::alert::rules::Alerting;
use crate::alert::template::{Expansion, Template};

/// The label with the name of an alert.
pub(super) const ALERT_NAME: &str = "alertname";
pub(super) const ALERTS: &str = "ALERTS";
const ALERT_STATE: &str = "alertstate";
/// The series that tells since when alerts are active.
pub(super) const ALERTS_FOR_STATE: &str = "ALERTS_FOR_STATE";

/// What one sample of the result says.
struct Yield {
    labels: Labels,
    annotations: Annotations,
    value: f64,
    source: u64,
}

impl RuleState {
    /// Moves every alert to where the result of the expression puts it.
    pub(super) fn alert(
        &mut self,
        rule: &Alerting,
        yielded: Vec<Sample>,
        context: &Context,
        transitions: &mut Vec<Transition>,
        samples: &mut Vec<WrittenSample>,
    ) -> Result<(), String> {
        let yields = self.yields(rule, yielded, context)?;
        self.has_other_texts = false;
        let mut present = HashSet::with_capacity(yields.len());
        for one in yields {
            present.insert(one.labels.clone());
            self.take(one, context.at);
        }
        let awaits = self.awaits(context);
        let mut active = 0;
        self.alerts.retain(|labels, alert| {
            let is_present = present.contains(labels);
            let kept = (awaits && !is_present && alert.is_active())
                || advance(rule, alert, is_present, context.at, transitions);
            active += usize::from(kept && alert.is_active());
            if !kept {
                samples.extend(ended(alert, context.query_at));
            }
            kept
        });
        self.restore_for_states(rule, context);
        if context.limit > 0 && active > context.limit {
            self.resolve_all(context.at, context.query_at, transitions, samples);
            return Err(format!(
                "exceeded limit of {} with {active} alerts",
                context.limit
            ));
        }
        self.write(context, samples);
        self.deadline = self
            .alerts
            .values()
            .filter_map(|alert| next_step(rule, alert))
            .min();
        Ok(())
    }

    /// Labels and annotations of every sample, before anything is changed: two alerts with the same
    /// labels are an error.
    fn yields(
        &self,
        rule: &Alerting,
        yielded: Vec<Sample>,
        context: &Context,
    ) -> Result<Vec<Yield>, String> {
        let name = format!("__alert_{}", rule.name);
        let answer = |query: &str| context.answer(query);
        let mut met = HashSet::with_capacity(yielded.len());
        let mut yields = Vec::with_capacity(yielded.len());
        for sample in yielded {
            let with = Expansion {
                labels: &sample.labels,
                external_labels: &context.settings.external_labels,
                external_url: &context.settings.external_url,
                value: sample.value,
                now: context.at as f64 / 1000.0,
                query: &answer,
            };
            let mut labels = sample.labels.without(METRIC_NAME);
            for (label, template) in &rule.labels {
                labels = match template.constant() {
                    Some(text) => labels.with(label.clone(), text),
                    None => labels.with(label.clone(), template.expand_or_error(&name, &with)),
                };
            }
            labels = labels.with(ALERT_NAME, rule.name.clone());
            if !met.insert(labels.clone()) {
                return Err(
                    "vector contains metrics with the same labelset after applying alert labels"
                        .into(),
                );
            }
            let annotations = self
                .unchanged(rule, &labels, &sample)
                .unwrap_or_else(|| annotations(&rule.annotations, &name, &with));
            yields.push(Yield {
                labels,
                annotations,
                value: sample.value,
                source: hash(&sample.labels),
            });
        }
        Ok(yields)
    }

    /// The annotations there are, where expanding them again would make the same.
    fn unchanged(&self, rule: &Alerting, labels: &Labels, sample: &Sample) -> Option<Annotations> {
        let alert = self.alerts.get(labels)?;
        let is_same = !self.has_other_texts
            && alert.value.to_bits() == sample.value.to_bits()
            && alert.source == hash(&sample.labels)
            && rule
                .annotations
                .iter()
                .all(|(_, template)| template.is_pure());
        is_same.then(|| alert.annotations.clone())
    }

    /// An alert that is yielded: updated, or made.
    fn take(&mut self, one: Yield, at: i64) {
        if let Some(alert) = self.alerts.get_mut(&one.labels)
            && alert.is_active()
        {
            alert.value = one.value;
            alert.annotations = one.annotations;
            alert.source = one.source;
            alert.is_new = false;
            return;
        }
        let alert = Alert {
            labels: one.labels.clone(),
            annotations: one.annotations,
            value: one.value,
            state: AlertState::Pending,
            active_at: at,
            fired_at: None,
            resolved_at: None,
            keep_firing_since: None,
            source: one.source,
            written: None,
            is_new: true,
        };
        self.alerts.insert(one.labels, alert);
    }

    /// Whether metrics it reads have yet to come after a restart, or those of before to be read.
    fn awaits(&mut self, context: &Context) -> bool {
        let awaits = self.awaited.as_ref().is_some_and(|(names, until)| {
            (context.lacks_past || !names.is_empty()) && context.at < *until
        });
        if !awaits {
            self.awaited = None;
        }
        awaits
    }

    /// `ALERTS` and `ALERTS_FOR_STATE`: of what changed, and from time to time of all.
    fn write(&mut self, context: &Context, samples: &mut Vec<WrittenSample>) {
        let is_due = |written: i64| context.at >= written.saturating_add(context.interval);
        let all = self.written_at.is_none_or(is_due);
        if all {
            self.written_at = Some(context.at);
        }
        let at = context.query_at;
        for alert in self.alerts.values_mut() {
            if alert.written == Some(alert.state) && !all {
                continue;
            }
            if alert.written.is_some_and(|written| written != alert.state) {
                samples.extend(ended_state(alert, at));
            }
            if !alert.is_active() {
                if alert.written.take().is_some() {
                    samples.push(stale(for_state(alert), at));
                }
                continue;
            }
            alert.written = Some(alert.state);
            let sample = |labels, value| WrittenSample { labels, at, value };
            samples.push(sample(of_state(alert, alert.state), 1.0));
            let active_at = alert.active_at.div_euclid(1000) as f64;
            samples.push(sample(for_state(alert), active_at));
        }
    }

    /// Ends every alert and its series.
    pub(super) fn resolve_all(
        &mut self,
        at: i64,
        written_at: i64,
        transitions: &mut Vec<Transition>,
        samples: &mut Vec<WrittenSample>,
    ) {
        for (_, mut alert) in self.alerts.drain() {
            samples.extend(ended(&alert, written_at));
            if alert.is_active() {
                alert.resolved_at = Some(at);
                transitions.push(alert.become_state(AlertState::Inactive, at));
            }
        }
        self.deadline = None;
    }
}

/// Moves an alert by one evaluation. False: it is to be forgotten.
fn advance(
    rule: &Alerting,
    alert: &mut Alert,
    is_present: bool,
    at: i64,
    transitions: &mut Vec<Transition>,
) -> bool {
    if is_present {
        alert.keep_firing_since = None;
    } else {
        let keeps_firing =
            alert.state == AlertState::Firing && !rule.keep_firing_for.is_zero() && {
                let since = *alert.keep_firing_since.get_or_insert(at);
                at - since < millis(rule.keep_firing_for)
            };
        if keeps_firing {
            return true;
        }
        return match alert.state {
            AlertState::Inactive => alert
                .resolved_at
                .is_some_and(|resolved| at - resolved <= millis(RESOLVED_RETENTION)),
            AlertState::Pending => {
                alert.resolved_at = Some(at);
                transitions.push(alert.become_state(AlertState::Inactive, at));
                false
            }
            AlertState::Firing => {
                alert.resolved_at = Some(at);
                transitions.push(alert.become_state(AlertState::Inactive, at));
                true
            }
        };
    }
    // An alert that fires at once was never pending.
    let from = if alert.is_new {
        AlertState::Inactive
    } else {
        alert.state
    };
    if alert.state == AlertState::Pending && at - alert.active_at >= millis(rule.hold) {
        alert.fired_at = Some(at);
        alert.state = AlertState::Firing;
    }
    if alert.state != from {
        transitions.push(alert.transition(from, at));
    }
    true
}

/// When time alone will move it.
fn next_step(rule: &Alerting, alert: &Alert) -> Option<i64> {
    match (alert.state, alert.keep_firing_since) {
        (AlertState::Pending, _) => Some(alert.active_at.saturating_add(millis(rule.hold))),
        (AlertState::Firing, Some(since)) => {
            Some(since.saturating_add(millis(rule.keep_firing_for)))
        }
        _ => None,
    }
}

fn annotations(templates: &[(Arc<str>, Template)], name: &str, with: &Expansion) -> Annotations {
    let expand = |(annotation, template): &(Arc<str>, Template)| {
        (
            annotation.clone(),
            Arc::from(template.expand_or_error(name, with)),
        )
    };
    templates.iter().map(expand).collect()
}

fn hash(labels: &Labels) -> u64 {
    let mut hasher = DefaultHasher::new();
    labels.hash(&mut hasher);
    hasher.finish()
}

fn of_state(alert: &Alert, state: AlertState) -> Labels {
    let labels = alert.labels.with(ALERT_STATE, state.as_str());
    labels.with(METRIC_NAME, ALERTS)
}

fn for_state(alert: &Alert) -> Labels {
    alert.labels.with(METRIC_NAME, ALERTS_FOR_STATE)
}

/// The end of the series it was last written as.
fn ended_state(alert: &Alert, at: i64) -> Option<WrittenSample> {
    alert.written.map(|state| stale(of_state(alert, state), at))
}

/// The end of all its series.
fn ended(alert: &Alert, at: i64) -> impl Iterator<Item = WrittenSample> {
    let state = ended_state(alert, at);
    let since = alert.written.map(|_| stale(for_state(alert), at));
    state.into_iter().chain(since)
}

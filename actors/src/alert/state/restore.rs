//! Since when alerts have been active, told by the store after a restart.

use std::collections::HashMap;
use std::time::Duration;

use exposition::Labels;
use promql::{Error, Hints, METRIC_NAME, Matcher, STALE_BITS, Watch};

use super::alert::AlertState;
use super::alerting::{ALERT_NAME, ALERTS_FOR_STATE};
use super::context::{Context, Settings, millis};
use super::rule::RuleState;
use crate::alert::rules::Alerting;

/// For how long after the first evaluation alerts are taken to be those from before the restart.
const SOUGHT: Duration = Duration::from_secs(5 * 60);

/// By the labels of alerts: when they were last written, and since when they were active.
pub(super) type Known = HashMap<Labels, (i64, i64)>;

impl RuleState {
    /// Dates pending alerts back to when they became active before the restart, less the time nobody
    /// looked. As in Prometheus: one that had been firing fires at the next evaluation, others stay
    /// pending for the grace period at least, and rules with a `for` shorter than that begin anew.
    pub(super) fn restore_for_states(&mut self, rule: &Alerting, context: &Context) {
        let settings = context.settings;
        if !self.may_restore(rule, settings, context.at) {
            self.known = None;
            return;
        }
        if self.known.is_none() {
            let first = self.first_evaluation.unwrap_or(context.at);
            // Where it cannot be read now it is asked again.
            self.known = last_known(rule, context, first).ok();
        }
        let Some(known) = self.known.as_ref().filter(|known| !known.is_empty()) else {
            return;
        };
        let hold = millis(rule.hold);
        for alert in self.alerts.values_mut() {
            let is_new = alert.is_new && alert.state == AlertState::Pending;
            let Some((down_at, since)) = known.get(&alert.labels).filter(|_| is_new) else {
                continue;
            };
            let remaining = hold - (down_at - since);
            alert.active_at = if remaining <= 0 {
                *since
            } else if remaining < millis(settings.grace_period) {
                context.at + millis(settings.grace_period) - hold
            } else {
                since + (context.at - down_at)
            };
        }
    }

    /// Whether the store is asked since when alerts were active before: once, as soon as it answers.
    pub(super) fn seeks(&self, rule: &Alerting, settings: &Settings, at: i64) -> bool {
        self.known.is_none() && self.may_restore(rule, settings, at)
    }

    fn may_restore(&self, rule: &Alerting, settings: &Settings, at: i64) -> bool {
        let is_sought = |first| at - first <= millis(SOUGHT);
        !self.is_restored
            && rule.hold >= settings.grace_period
            && self.first_evaluation.is_none_or(is_sought)
    }
}

fn last_known(rule: &Alerting, context: &Context, first: i64) -> Result<Known, Error> {
    let matchers = [
        Matcher::equal(METRIC_NAME, ALERTS_FOR_STATE),
        Matcher::equal(ALERT_NAME, &*rule.name),
    ];
    let from = first.saturating_sub(millis(context.settings.outage_tolerance));
    let mut hints = Hints::none();
    hints.watch = Watch::start(context.settings.engine.limits.timeout, context.cancel);
    let mut known = HashMap::new();
    for series in context.store.select(&matchers, from, first - 1, &hints)? {
        let series = series?;
        let last = series.times.last().zip(series.values.last());
        if let Some((at, since)) = last.filter(|(_, since)| since.to_bits() != STALE_BITS) {
            let labels = series.labels.without(METRIC_NAME);
            known.insert(labels, (*at, (since * 1000.0) as i64));
        }
    }
    Ok(known)
}

//! Since when alerts have been active, told by the store after a restart.

use std::collections::HashMap;
use std::time::Duration;

use exposition::Labels;
use promql::{Error, Hints, METRIC_NAME, Matcher, STALE_BITS, Watch};

use super::alert::{Alert, AlertState};
use super::alerting::{ALERT_NAME, ALERTS_FOR_STATE};
use super::context::{Context, Settings, millis};
use super::rule::RuleState;
use crate::alert::rules::Alerting;

/// For how long after the first evaluation alerts are taken to be those from before the restart.
const SOUGHT: Duration = Duration::from_secs(5 * 60);

impl RuleState {
    /// Dates pending alerts back to when they became active before the restart, less the time nobody
    /// looked. As in Prometheus: one that had been firing fires at the next evaluation, others stay
    /// pending for the grace period at least, and rules with a `for` shorter than that begin anew.
    pub(super) fn restore_for_states(&mut self, rule: &Alerting, context: &Context) {
        let settings = context.settings;
        let first = self.first_evaluation.unwrap_or(context.at);
        if !self.may_seek(rule, settings, context.at) || !self.has_new() {
            return;
        }
        // A store that cannot be read now will not tell later: alerts begin anew.
        let Ok(known) = last_known(rule, context, first) else {
            return;
        };
        let hold = millis(rule.hold);
        for alert in self.alerts.values_mut() {
            let Some((down_at, since)) = known.get(&alert.labels) else {
                continue;
            };
            if !is_new_and_pending(alert) {
                continue;
            }
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

    /// Whether the store may be asked since when alerts have been active.
    pub(super) fn may_seek(&self, rule: &Alerting, settings: &Settings, at: i64) -> bool {
        let is_sought = |first| at - first <= millis(SOUGHT);
        !self.is_restored
            && rule.hold >= settings.grace_period
            && self.first_evaluation.is_none_or(is_sought)
    }

    fn has_new(&self) -> bool {
        self.alerts.values().any(is_new_and_pending)
    }
}

fn is_new_and_pending(alert: &Alert) -> bool {
    alert.is_new && alert.state == AlertState::Pending
}

/// By the labels of alerts: when they were last written, and since when they were active.
fn last_known(
    rule: &Alerting,
    context: &Context,
    first: i64,
) -> Result<HashMap<Labels, (i64, i64)>, Error> {
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

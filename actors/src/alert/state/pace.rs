//! When a rule is due.

use super::context::millis;
use super::group::GroupState;
use super::rule::RuleState;

impl GroupState {
    /// Whether a rule is to be run at `at`.
    pub(super) fn is_due(&self, rule: &RuleState, at: i64, interval: i64) -> bool {
        let Some(last) = rule.last_evaluation else {
            return true;
        };
        let passed = at - last;
        if let Some(own) = self.group.interval {
            return passed >= millis(own);
        }
        let by_data = rule.is_marked && (!rule.is_recording() || passed >= interval);
        by_data || self.due(rule, interval).is_some_and(|due| due <= at)
    }

    /// When a rule is due by time, whatever comes. `None`: at once.
    pub(super) fn due(&self, rule: &RuleState, interval: i64) -> Option<i64> {
        let last = rule.last_evaluation?;
        if let Some(own) = self.group.interval {
            return Some(last.saturating_add(millis(own)));
        }
        // Half an interval late: samples of the tick come first where they come at all.
        let unasked = last.saturating_add(interval + interval / 2);
        // A deadline that has passed unmet waits for data, and does not keep the clock busy.
        let deadline = rule.deadline.filter(|deadline| *deadline > last);
        Some(deadline.map_or(unasked, |deadline| deadline.min(unasked)))
    }
}

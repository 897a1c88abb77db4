//! When a rule is due.

use super::context::millis;
use super::group::GroupState;
use super::rule::RuleState;

/// A rule that nothing but a sample can move is run so seldom without one, in milliseconds: not never, so
/// that it is seen to work.
const IDLE: i64 = 60_000;

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
        // No sample comes for it: together with others, so that no thread wakes for it alone.
        let with_others = rule.reads_nothing() && passed >= interval;
        by_data || with_others || self.due(rule, interval).is_some_and(|due| due <= at)
    }

    /// When a rule is due by time, whatever comes. `None`: at once.
    pub(super) fn due(&self, rule: &RuleState, interval: i64) -> Option<i64> {
        let last = rule.last_evaluation?;
        if let Some(own) = self.group.interval {
            return Some(last.saturating_add(millis(own)));
        }
        // Half an interval late: samples of the tick come first where they come at all.
        let late = interval + interval / 2;
        let unasked = last.saturating_add(
            match rule.is_idle && rule.active_alerts().next().is_none() {
                true => late.max(IDLE),
                false => late,
            },
        );
        // A deadline that has passed unmet waits for data, and does not keep the clock busy.
        let deadline = rule.deadline.filter(|deadline| *deadline > last);
        Some(deadline.map_or(unasked, |deadline| deadline.min(unasked)))
    }
}

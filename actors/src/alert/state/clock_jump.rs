//! Time that goes backwards.

use super::context::millis;
use super::evaluator::Evaluator;

impl Evaluator {
    /// The time to evaluate at. A little before the last evaluation is meant to be at it; where the
    /// clock was set back by more than an interval, what is dated after it is dated now, so that
    /// nothing waits for the old time to come again.
    pub(super) fn settle(&mut self, at: i64) -> i64 {
        let last = match self.last_at {
            Some(last) if at < last => last,
            _ => {
                self.last_at = Some(at);
                return at;
            }
        };
        if last - at <= millis(self.settings.interval) {
            return last;
        }
        self.last_at = Some(at);
        for rule in self.groups.iter_mut().flat_map(|group| &mut group.rules) {
            let clamp = |time: &mut Option<i64>| *time = time.map(|time| time.min(at));
            for alert in rule.alerts.values_mut() {
                alert.active_at = alert.active_at.min(at);
                clamp(&mut alert.keep_firing_since);
                clamp(&mut alert.resolved_at);
            }
            clamp(&mut rule.written_at);
            // Due at once.
            rule.last_evaluation = None;
        }
        at
    }
}

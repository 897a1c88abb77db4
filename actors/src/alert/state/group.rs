//! A group and its rules.

use std::sync::Arc;
use std::time::Duration;

use super::rule::RuleState;
use crate::alert::rules::Group;

/// A group and what its rules are in.
#[derive(Debug)]
pub struct GroupState {
    /// The group, as its file has it.
    pub group: Arc<Group>,
    /// Its rules, in order.
    pub rules: Vec<RuleState>,
    /// When any of its rules was last evaluated, in Unix milliseconds.
    pub last_evaluation: Option<i64>,
    /// How long its rules took at that evaluation.
    pub evaluation_time: Duration,
}

impl GroupState {
    pub(super) fn new(group: &Arc<Group>) -> Self {
        GroupState {
            rules: (0..group.rules.len())
                .map(|place| RuleState::new(group, place))
                .collect(),
            group: group.clone(),
            last_evaluation: None,
            evaluation_time: Duration::ZERO,
        }
    }

    /// The interval it says, or the given one.
    pub fn interval(&self, otherwise: Duration) -> Duration {
        self.group.interval.unwrap_or(otherwise)
    }
}

//! An alert, and what becomes of it.

use std::sync::Arc;
use std::time::Duration;

use exposition::Labels;
use serde::{Deserialize, Serialize};

use crate::alert::fingerprint::Fingerprint;

/// How long a resolved alert is kept, so that consumers who were away can be told again.
pub(super) const RESOLVED_RETENTION: Duration = Duration::from_secs(15 * 60);

/// Where an alert stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AlertState {
    /// Its condition does not hold.
    Inactive,
    /// Its condition holds, not yet for as long as the rule's `for`.
    Pending,
    /// Its condition has held for as long as the rule's `for`.
    Firing,
}

impl AlertState {
    /// As in the label `alertstate`.
    pub fn as_str(self) -> &'static str {
        match self {
            AlertState::Inactive => "inactive",
            AlertState::Pending => "pending",
            AlertState::Firing => "firing",
        }
    }
}

/// Names and texts, sorted by name.
pub type Annotations = Arc<[(Arc<str>, Arc<str>)]>;

/// One alert of a rule. Times are Unix milliseconds.
#[derive(Debug, Clone)]
pub struct Alert {
    /// What tells it from others; `alertname` among them.
    pub labels: Labels,
    /// What is told of it, as of the last evaluation.
    pub annotations: Annotations,
    /// The value of the expression at the last evaluation that yielded it.
    pub value: f64,
    /// Where it stands.
    pub state: AlertState,
    /// Since when its condition has held.
    pub active_at: i64,
    /// Since when it has been firing, or was when it resolved.
    pub fired_at: Option<i64>,
    /// When it resolved, while it is kept to be told of.
    pub resolved_at: Option<i64>,
    /// Since when it has been firing without its condition, by `keep_firing_for`.
    pub keep_firing_since: Option<i64>,
    /// A hash of the labels of the sample it is made of; 0 where that is not known.
    pub(super) source: u64,
    /// Under which state it was last written as `ALERTS`.
    pub(super) written: Option<AlertState>,
    /// Made in this evaluation.
    pub(super) is_new: bool,
}

impl Alert {
    /// The number Prometheus and Alertmanager have for its labels.
    pub fn fingerprint(&self) -> Fingerprint {
        Fingerprint::of(&self.labels)
    }

    /// When it started: to fire, if it ever has.
    pub fn starts_at(&self) -> i64 {
        self.fired_at.unwrap_or(self.active_at)
    }

    /// Pending or firing.
    pub fn is_active(&self) -> bool {
        self.state != AlertState::Inactive
    }

    /// Goes to another state, and says so.
    pub(super) fn become_state(&mut self, to: AlertState, at: i64) -> Transition {
        let from = std::mem::replace(&mut self.state, to);
        self.transition(from, at)
    }

    /// What there is to say of a change to the state it is in.
    pub(super) fn transition(&self, from: AlertState, at: i64) -> Transition {
        Transition {
            labels: self.labels.clone(),
            annotations: self.annotations.clone(),
            value: self.value,
            from,
            to: self.state,
            at,
            starts_at: self.starts_at(),
            ends_at: self
                .resolved_at
                .filter(|_| self.state == AlertState::Inactive),
            fingerprint: self.fingerprint(),
        }
    }
}

/// An alert that changed its state. Times are Unix milliseconds.
#[derive(Debug, Clone, PartialEq)]
pub struct Transition {
    /// Of the alert.
    pub labels: Labels,
    /// As they are now.
    pub annotations: Annotations,
    /// The value of the expression that made or kept it.
    pub value: f64,
    /// The state before.
    pub from: AlertState,
    /// The state now.
    pub to: AlertState,
    /// The time of the evaluation.
    pub at: i64,
    /// When it began to fire; of a pending one, when it became pending.
    pub starts_at: i64,
    /// When it resolved.
    pub ends_at: Option<i64>,
    /// Of the labels.
    pub fingerprint: Fingerprint,
}

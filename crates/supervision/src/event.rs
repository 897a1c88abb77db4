//! What happened in a tree, for the log, alerts and the dashboard.

use std::{sync::Arc, time::Duration};

use crate::exit::Exit;

/// Something happened to a child. Told by broadcast: a slow reader loses the oldest, nobody waits.
#[derive(Clone, Debug)]
pub struct Event {
    /// The child's names below the root, joined by `/`; empty for the root.
    pub path: Arc<str>,
    /// What happened.
    pub kind: EventKind,
}

/// What can happen to a child.
#[derive(Clone, Debug)]
#[non_exhaustive]
#[expect(missing_docs, reason = "the fields say what the variants' docs name")]
pub enum EventKind {
    /// An incarnation is up.
    Started { generation: u64 },
    /// An incarnation ended.
    Exited { generation: u64, exit: Exit },
    /// The next incarnation waits for `delay`; it is restart number `attempt` since the last
    /// healthy time, counted from 0.
    Backoff { delay: Duration, attempt: u32 },
    /// As many restarts as its overseer's intensity, which never escalates: it stays in backoff.
    Degraded { restarts: u32 },
    /// A degraded child stayed up for its `reset_after`.
    Recovered,
    /// A thread was given up; `abandoned` counts those still stuck in this tree.
    Abandoned { after: Duration, abandoned: usize },
    /// A message type is refused for a while.
    Quarantined {
        message: &'static str,
        lasts: Duration,
    },
    /// It did not stop within its deadline and was abandoned.
    ShutdownTimeout { deadline: Duration },
    /// This overseer gave up and leaves the decision to its parent.
    Escalated { exit: Exit },
    /// It ended for good: not restarted, and whoever sends to it is told `Stopped`.
    Stopped,
    /// The children of this overseer could not be started as specified.
    Refused { reason: String },
}

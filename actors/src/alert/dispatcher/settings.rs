//! What a dispatcher is given by whoever builds the tree.

use std::{sync::Arc, time::Duration};

use outbox::Outbox;

use super::Outlet;
use crate::{clock::Clock, events::Events, own::OwnMetrics};

/// How long an alert waits for the disk.
pub const PATIENCE: Duration = Duration::from_millis(50);

/// What a dispatcher is given.
#[derive(Clone)]
pub struct DispatcherSettings {
    /// Outlives every incarnation. The sinks become its consumers.
    pub outbox: Outbox,
    /// Whom everything goes to.
    pub sinks: Vec<Outlet>,
    /// Which Vitals says it: `source` of every payload.
    pub source: Arc<str>,
    /// Where transitions are shown to whoever watches.
    pub events: Events,
    /// The counters of the process.
    pub own: OwnMetrics,
    /// The time of day.
    pub clock: Clock,
    /// When what is done.
    pub cadence: Cadence,
}

/// What a dispatcher does by the clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cadence {
    /// What sinks keep of firing alerts is corrected so often.
    pub reconcile: Duration,
    /// Everything that fires is announced again so often; a multiple of `reconcile`.
    pub announce: Duration,
    /// A sign of life is left so often, and lasts three times as long.
    pub beat: Duration,
    /// There is none when the evaluator has said nothing for so long.
    pub silence: Duration,
    /// A delivery that is not answered for so long has failed: longer than the sink's own timeout.
    pub delivery: Duration,
}

impl Default for Cadence {
    fn default() -> Self {
        Cadence {
            reconcile: Duration::from_secs(60),
            announce: Duration::from_secs(300),
            beat: Duration::from_secs(10),
            silence: Duration::from_secs(180),
            delivery: Duration::from_secs(10),
        }
    }
}

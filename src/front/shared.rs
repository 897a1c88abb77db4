//! What every handler can reach.

use std::{
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Duration,
};

use supervision::{Ref, Tree};
use vitals_actors::{
    aggregator::{Aggregator, AggregatorSettings},
    last_known::LastKnown,
    own::OwnMetrics,
};

use super::freshness::Freshness;

/// Owned by the process; it outlives every incarnation of the front.
pub(crate) struct Shared {
    pub(crate) aggregator: Ref<Aggregator>,
    /// For pages made without the aggregator.
    pub(crate) aggregator_settings: AggregatorSettings,
    pub(crate) last_known: Arc<LastKnown>,
    pub(crate) freshness: Freshness,
    pub(crate) own: OwnMetrics,
    /// Set once the tree stands.
    pub(crate) tree: Arc<OnceLock<Tree>>,
    /// The process is on its way down.
    pub(crate) draining: AtomicBool,
    /// Whether the chaos routes are open.
    pub(crate) chaos: bool,
    /// How old an answer may be that is given while the aggregator is silent.
    pub(crate) lasts: Lasts,
}

/// Three intervals of each route.
pub(crate) struct Lasts {
    pub(crate) exposition: Duration,
    pub(crate) summary: Duration,
    pub(crate) health: Duration,
}

impl Shared {
    pub(crate) fn is_draining(&self) -> bool {
        self.draining.load(Relaxed)
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::{settings::Settings, tree::Parts};

    /// Everything a handler can reach, with no actor behind it.
    pub(crate) fn shared() -> Arc<Shared> {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let main = actix_rt::Arbiter::current();
        let parts = Parts::new(Settings::default(), listener, main).unwrap();
        parts.shared.clone()
    }
}

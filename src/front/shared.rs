//! What every handler can reach.

use std::{
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, AtomicU32, Ordering::Relaxed},
    },
    time::Duration,
};

use arc_swap::ArcSwap;
use supervision::{Ref, Tree};
use vitals_actors::{
    aggregator::{Aggregator, AggregatorSettings},
    alert::evaluator::EvaluatorActor,
    events::Events,
    history::CurrentHead,
    last_known::LastKnown,
    own::OwnMetrics,
};

use super::{api::Desk, events::Seats, freshness::Freshness, held::Room};
use crate::{audit::Audit, reload::Reloader, settings::Settings};

/// What is last known counts for so many intervals of its route.
const LASTS: u32 = 3;
/// A check takes seconds where it waits in vain: whoever checks each second is not silent by then.
const SHORTEST_SILENCE: Duration = Duration::from_secs(10);

/// Owned by the process; it outlives every incarnation of the front.
pub(crate) struct Shared {
    pub(crate) aggregator: Ref<Aggregator>,
    pub(crate) evaluator: Ref<EvaluatorActor>,
    /// What happens, for whoever watches.
    pub(crate) events: Events,
    /// What queries read.
    pub(crate) head: CurrentHead,
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
    /// Settings that count until a restart.
    pub(crate) started_with: Arc<Settings>,
    /// Settings that a reload changes.
    pub(crate) live: Arc<ArcSwap<Settings>>,
    pub(crate) reloader: Arc<Reloader>,
    pub(crate) audit: Arc<Audit>,
    /// For answers that are made for one client only.
    pub(crate) room: Room,
    /// The same for exports, which take longer.
    pub(crate) exports: Room,
    /// For those who watch events.
    pub(crate) seats: Seats,
    /// Where queries are evaluated.
    pub(crate) desk: Desk,
    /// Requests that routes are at work on.
    pub(crate) under_way: AtomicU32,
    /// Whether it can be reached from this machine only.
    pub(crate) on_loopback: bool,
    /// The name of this machine.
    pub(crate) machine: String,
}

impl Shared {
    pub(crate) fn is_draining(&self) -> bool {
        self.draining.load(Relaxed)
    }

    /// A path without the prefix of all routes. What is not below it is as it was.
    pub(super) fn below_prefix<'p>(&self, path: &'p str) -> &'p str {
        let below = path.strip_prefix(self.started_with.server.prefix());
        below.filter(|below| below.starts_with('/')).unwrap_or(path)
    }

    /// How old an answer may be that is given while the aggregator is silent.
    pub(super) fn lasts(&self) -> Lasts {
        let settings = self.live.load();
        Lasts {
            exposition: settings.collect.interval * LASTS,
            summary: settings.summary.interval * LASTS,
            health: (settings.health.interval * LASTS).max(SHORTEST_SILENCE),
        }
    }
}

/// Three intervals of each route.
pub(super) struct Lasts {
    pub(super) exposition: Duration,
    pub(super) summary: Duration,
    pub(super) health: Duration,
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::{alerting, cli::Flags, store::Store, tree::Parts};

    /// Everything a handler can reach, with no actor behind it.
    pub(crate) fn shared() -> Arc<Shared> {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let main = actix_rt::Arbiter::current();
        let (settings, flags) = (Settings::default(), Flags::default());
        let store = Store::open(None, &settings.history).unwrap();
        let ruling = alerting::ruling(&settings).unwrap();
        let parts = Parts::new(settings, ruling, flags, listener, store, main).unwrap();
        parts.shared.clone()
    }
}

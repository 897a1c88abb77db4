//! The collectors as the settings want them, also while they run: those whose settings change are
//! replaced, the others are left alone.

use std::{sync::Arc, time::Duration};

use arc_swap::ArcSwap;
use serde_json::{Value, json};
use supervision::{
    AddChild, AskError, Backoff, Capacity, ChildSpec, Overseer, Ref, RemoveChild, SpecError,
};
use vitals_actors::{
    aggregator::Aggregator,
    clock::Clock,
    collector::{
        Collector, CollectorActor, CollectorSettings,
        network::NetworkCollector,
        system::{SystemCollector, SystemSettings},
    },
    messages::Forget,
    own::OwnMetrics,
};

use crate::settings::Settings;

/// The address of a collector that may be replaced by another.
pub(crate) type Seat<C> = ArcSwap<Ref<CollectorActor<C>>>;

/// A collector is given 5 s to stop; the overseer may be stopping another at the same time.
const CHANGE_DEADLINE: Duration = Duration::from_secs(15);
const CAPACITY: Capacity = Capacity {
    commands: 4,
    queries: 16,
};
const SYSTEM: &str = "system";
const NETWORK: &str = "network";

/// All collectors, and what they need.
pub(crate) struct Collectors {
    pub(crate) overseer: Ref<Overseer>,
    pub(crate) system: Arc<Seat<SystemCollector>>,
    network: Seat<NetworkCollector>,
    aggregator: Ref<Aggregator>,
    own: OwnMetrics,
    backoff: Backoff,
}

/// A collector that should run.
struct Wanted {
    name: &'static str,
    /// All settings it depends on: when these are others, it is another collector.
    by: Value,
    spec: fn(&Collectors, &Settings) -> ChildSpec,
}

/// Why the collectors could not be changed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ChangeError {
    #[error("the collector {0} was not stopped: {1}")]
    Stop(&'static str, AskError),
    #[error("the aggregator did not forget the collector {0}: {1}")]
    Forget(&'static str, AskError),
    #[error("the collector {0} was not started: {1}")]
    Start(&'static str, AskError),
    #[error("the collector {0} was not started: {1}")]
    Spec(&'static str, SpecError),
}

/// The collectors these settings want, in the order of their start.
fn wanted(settings: &Settings) -> Vec<Wanted> {
    let timeout = settings.collect.timeout;
    let mut wanted = vec![Wanted {
        name: SYSTEM,
        by: json!([settings.system, timeout]),
        spec: Collectors::system,
    }];
    if !settings.network.targets.is_empty() {
        wanted.push(Wanted {
            name: NETWORK,
            by: json!([settings.network, settings.collect]),
            spec: Collectors::network,
        });
    }
    wanted
}

impl Collectors {
    /// `backoff`: between the incarnations of each.
    pub(crate) fn new(aggregator: Ref<Aggregator>, own: OwnMetrics, backoff: Backoff) -> Arc<Self> {
        Arc::new(Collectors {
            overseer: Ref::new("collectors", Capacity::default()),
            system: Arc::new(seat(SYSTEM)),
            network: seat(NETWORK),
            aggregator,
            own,
            backoff,
        })
    }

    /// Those the overseer starts with.
    pub(crate) fn children(&self, settings: &Settings) -> Vec<ChildSpec> {
        let spec = |wanted: Wanted| (wanted.spec)(self, settings);
        wanted(settings).into_iter().map(spec).collect()
    }

    /// Stops, starts and replaces what the two settings have different. Where it fails, some may be
    /// changed already; doing it again does the rest.
    pub(crate) async fn change(&self, old: &Settings, new: &Settings) -> Result<(), ChangeError> {
        let (old, wanted) = (wanted(old), wanted(new));
        let same = |one: &Wanted, other: &Wanted| one.name == other.name && one.by == other.by;
        for gone in old
            .iter()
            .filter(|old| !wanted.iter().any(|new| same(old, new)))
        {
            let stopped = RemoveChild(gone.name.to_owned());
            let stopped = self.overseer.ask(stopped, CHANGE_DEADLINE).await;
            // That it was not there is as good.
            let _ = stopped.map_err(|error| ChangeError::Stop(gone.name, error))?;
            if !wanted.iter().any(|new| new.name == gone.name) {
                let source = gone.name.into();
                let forgotten = self
                    .aggregator
                    .ask(Forget { source }, CHANGE_DEADLINE)
                    .await;
                forgotten.map_err(|error| ChangeError::Forget(gone.name, error))?;
            }
        }
        for new_one in wanted
            .iter()
            .filter(|new| !old.iter().any(|old| same(old, new)))
        {
            self.seat_anew(new_one.name);
            let spec = (new_one.spec)(self, new);
            let started = self.overseer.ask(AddChild(spec), CHANGE_DEADLINE).await;
            started
                .map_err(|error| ChangeError::Start(new_one.name, error))?
                .map_err(|error| ChangeError::Spec(new_one.name, error))?;
        }
        Ok(())
    }

    /// An address serves one child in its life: the next one has its own.
    fn seat_anew(&self, name: &str) {
        match name {
            SYSTEM => self.system.store(Arc::new(Ref::new(SYSTEM, CAPACITY))),
            NETWORK => self.network.store(Arc::new(Ref::new(NETWORK, CAPACITY))),
            _ => {}
        }
    }

    fn system(&self, settings: &Settings) -> ChildSpec {
        let system = &settings.system;
        let source = SystemSettings {
            node_exporter: system.node_exporter,
            procfs: system.procfs.clone(),
            rootfs: system.rootfs.clone(),
            network_filesystems: system.network_filesystems,
        };
        let collector = self.collector(system.interval, settings);
        self.spec(&self.system, collector, move || {
            SystemCollector::new(source.clone())
        })
    }

    fn network(&self, settings: &Settings) -> ChildSpec {
        let targets = settings.network.targets.clone();
        let collector = self.collector(settings.collect.interval, settings);
        self.spec(&self.network, collector, move || {
            NetworkCollector::new(targets.iter().cloned())
        })
    }

    fn spec<C: Collector + 'static>(
        &self,
        seat: &Seat<C>,
        collector: CollectorSettings,
        source: impl Fn() -> C + Send + Sync + 'static,
    ) -> ChildSpec {
        ChildSpec::new(&seat.load(), move |start, _| {
            CollectorActor::new(source(), collector.clone()).generation(start.generation)
        })
        .backoff(self.backoff)
    }

    fn collector(&self, interval: Duration, settings: &Settings) -> CollectorSettings {
        CollectorSettings {
            interval,
            timeout: settings.collect.timeout,
            aggregator: self.aggregator.clone(),
            own: self.own.clone(),
            clock: Clock::System,
        }
    }
}

fn seat<C: Collector>(name: &str) -> Seat<C> {
    ArcSwap::from_pointee(Ref::new(name, CAPACITY))
}

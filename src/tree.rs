//! The whole supervision tree on one screen.
//!
//! ```text
//! vitals                 one_for_one, 5 restarts in 60 s; past that the process ends with 70
//! ├── pipeline           one_for_one, 10 in 60 s
//! │   └── aggregator     the latest value of every series
//! ├── collectors         one_for_one, never escalates
//! │   └── system         the host, every second
//! ├── health             every 30 s
//! └── front              HTTP
//! ```

use std::{
    net::TcpListener,
    sync::{Arc, OnceLock},
    time::Duration,
};

use actix_rt::ArbiterHandle;
use supervision::{Backoff, Capacity, ChildSpec, Escalate, Overseer, Ref, Strategy, Tree};
use vitals_actors::{
    aggregator::{Aggregator, AggregatorSettings},
    clock::Clock,
    collector::{
        CollectorActor, CollectorSettings,
        system::{SystemCollector, SystemSettings},
    },
    health::{Health, HealthSettings},
    last_known::LastKnown,
    own::OwnMetrics,
    targets::Thresholds,
    units::Intensity,
};

use crate::{
    build,
    front::{Freshness, Front, Lasts, Shared},
    settings::Settings,
};

/// Whoever answers for others is replaced sooner.
const HANG: Duration = Duration::from_secs(2);
/// The front finishes its answers first.
const FRONT_SHUTDOWN: Duration = Duration::from_secs(10);
/// What is last known counts for so many intervals of its route.
const LASTS: u32 = 3;

/// What outlives every incarnation: addresses, the socket, and what is shared.
pub(crate) struct Parts {
    settings: Settings,
    listener: Arc<TcpListener>,
    /// An arbiter that lives as long as the process.
    main: ArbiterHandle,
    own: OwnMetrics,
    last_known: Arc<LastKnown>,
    pub(crate) shared: Arc<Shared>,
    pub(crate) tree: Arc<OnceLock<Tree>>,
    aggregator_settings: AggregatorSettings,

    pipeline: Ref<Overseer>,
    aggregator: Ref<Aggregator>,
    collectors: Ref<Overseer>,
    system: Ref<CollectorActor<SystemCollector>>,
    health: Ref<Health>,
    front: Ref<Front>,
}

impl Parts {
    /// # Errors
    /// When the names of Vitals' own metrics clash.
    pub(crate) fn new(
        settings: Settings,
        listener: TcpListener,
        main: ArbiterHandle,
    ) -> Result<Self, prometheus::Error> {
        let own = OwnMetrics::new()?;
        let last_known = LastKnown::new();
        let tree = Arc::new(OnceLock::new());
        let aggregator = Ref::new("aggregator", capacity(1024, 256));
        let system = Ref::new("system", capacity(4, 16));
        let aggregator_settings = AggregatorSettings {
            thresholds: thresholds(&settings),
            summary_interval: settings.summary.interval,
            build: (build::VERSION, build::REVISION),
            last_known: last_known.clone(),
            own: own.clone(),
            tree: tree.clone(),
        };
        let shared = Arc::new(Shared {
            aggregator: aggregator.clone(),
            aggregator_settings: aggregator_settings.clone(),
            last_known: last_known.clone(),
            freshness: Freshness::new(system.clone(), last_known.clone()),
            own: own.clone(),
            tree: tree.clone(),
            draining: Default::default(),
            chaos: settings.server.chaos && settings.server.address.ip().is_loopback(),
            lasts: Lasts {
                exposition: settings.collect.interval * LASTS,
                summary: settings.summary.interval * LASTS,
                health: settings.health.interval * LASTS,
            },
        });
        Ok(Parts {
            listener: Arc::new(listener),
            main,
            own,
            last_known,
            shared,
            tree,
            aggregator_settings,
            pipeline: Ref::new("pipeline", Capacity::default()),
            aggregator,
            collectors: Ref::new("collectors", Capacity::default()),
            system,
            health: Ref::new("health", capacity(16, 16)),
            front: Ref::new("front", capacity(16, 16)),
            settings,
        })
    }

    /// The root, and below it everything.
    pub(crate) fn root(self: &Arc<Self>) -> Overseer {
        let Intensity { restarts, period } = self.settings.supervision.root;
        let (pipeline, collectors) = (self.clone(), self.clone());
        Overseer::new(Strategy::OneForOne)
            .intensity(restarts, period)
            .child(self.overseer(&self.pipeline, move || pipeline.pipeline()))
            .child(self.overseer(&self.collectors, move || collectors.collectors()))
            .child(self.health())
            .child(self.front())
    }

    fn pipeline(self: &Arc<Self>) -> Overseer {
        let Intensity { restarts, period } = self.settings.supervision.pipeline;
        Overseer::new(Strategy::OneForOne)
            .intensity(restarts, period)
            .child(self.aggregator())
    }

    fn collectors(self: &Arc<Self>) -> Overseer {
        let Intensity { restarts, period } = self.settings.supervision.collectors;
        Overseer::new(Strategy::OneForOne)
            .intensity(restarts, period)
            .escalate(Escalate::Never)
            .child(self.system())
    }

    fn aggregator(&self) -> ChildSpec {
        let settings = self.aggregator_settings.clone();
        ChildSpec::new(&self.aggregator, move |start, _| {
            Aggregator::new(&start, settings.clone())
        })
        .backoff(self.backoff())
        .hang(HANG)
    }

    fn system(&self) -> ChildSpec {
        let source = SystemSettings {
            node_exporter: self.settings.system.node_exporter,
            procfs: self.settings.system.procfs.clone(),
            rootfs: self.settings.system.rootfs.clone(),
        };
        let settings = CollectorSettings {
            interval: self.settings.system.interval,
            timeout: self.settings.collect.timeout,
            aggregator: self.aggregator.clone(),
            own: self.own.clone(),
            clock: Clock::System,
        };
        ChildSpec::new(&self.system, move |_, _| {
            CollectorActor::new(SystemCollector::new(source.clone()), settings.clone())
        })
        .backoff(self.backoff())
    }

    fn health(&self) -> ChildSpec {
        let settings = HealthSettings {
            interval: self.settings.health.interval,
            aggregator: self.aggregator.clone(),
            last_known: self.last_known.clone(),
            tree: self.tree.clone(),
        };
        ChildSpec::new(&self.health, move |start, _| {
            Health::new(&start, settings.clone())
        })
        .backoff(self.backoff())
        .hang(HANG)
    }

    fn front(&self) -> ChildSpec {
        let (listener, shared, main) = (
            self.listener.clone(),
            self.shared.clone(),
            self.main.clone(),
        );
        ChildSpec::new(&self.front, move |_, _| {
            Front::new(listener.clone(), shared.clone(), main.clone())
        })
        .backoff(self.backoff())
        .hang(HANG)
        .shutdown(FRONT_SHUTDOWN)
    }

    fn overseer(
        &self,
        child: &Ref<Overseer>,
        build: impl Fn() -> Overseer + Send + Sync + 'static,
    ) -> ChildSpec {
        ChildSpec::overseer(child, build).backoff(self.backoff())
    }

    fn backoff(&self) -> Backoff {
        let supervision = &self.settings.supervision;
        Backoff {
            min: supervision.backoff_min,
            max: supervision.backoff_max,
            reset_after: supervision.reset_after,
            ..Backoff::default()
        }
    }
}

fn capacity(commands: usize, queries: usize) -> Capacity {
    Capacity { commands, queries }
}

fn thresholds(settings: &Settings) -> Thresholds {
    let targets = &settings.targets;
    Thresholds {
        cpu: targets.cpu,
        memory: targets.memory,
        disk: targets.disk,
        network_latency: targets.network_latency,
        query_time: targets.query_time,
        hl7_rate: targets.hl7_rate,
        connection_pool: targets.connection_pool,
        database_size: targets.database_size,
        api_response: targets.api_response,
        error_rate: targets.error_rate,
        cache_hit: targets.cache_hit,
        uptime: targets.uptime,
    }
}

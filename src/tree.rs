//! The whole supervision tree on one screen.
//!
//! ```text
//! vitals                 one_for_one, 5 restarts in 60 s; past that the process ends with 70
//! ├── pipeline           one_for_one, 10 in 60 s
//! │   ├── history        every sample, in memory
//! │   ├── aggregator     the latest value of every series
//! │   ├── evaluator      the rules, as samples come
//! │   └── dispatcher     what begins to fire or ends, to every sink
//! ├── journal            writes history to disk
//! ├── sinks              one_for_one, never escalates
//! │   ├── log            alerts as lines of the log
//! │   └── redis          alerts on Redis
//! ├── collectors         one_for_one, never escalates
//! │   ├── system         the host, every second
//! │   └── network        connections to what it depends on
//! ├── health             every 30 s
//! └── front              HTTP
//! ```

use std::{
    net::TcpListener,
    sync::{Arc, OnceLock},
    time::Duration,
};

use actix_rt::ArbiterHandle;
use arc_swap::ArcSwap;
use supervision::{Backoff, Capacity, ChildSpec, Escalate, Overseer, Ref, Strategy, Tree};
use vitals_actors::{
    aggregator::{Aggregator, AggregatorSettings},
    alert::{
        dispatcher::{Cadence, Dispatcher, DispatcherSettings},
        evaluator::{EvaluatorActor, EvaluatorSettings, PromisedRuling},
        state::Wanted,
    },
    clock::Clock,
    events::Events,
    health::{Health, HealthSettings},
    history::{History, HistorySettings, Journal, JournalSettings},
    last_known::LastKnown,
    own::OwnMetrics,
    tuning::Tunable,
    units::Intensity,
};

use crate::{
    alerting::{self, Sinks},
    audit::Audit,
    build,
    cli::Flags,
    collectors::Collectors,
    front::{Desk, Freshness, Front, Shared},
    reload::{Reloader, tuning},
    settings::Settings,
    store::Store,
};

/// Whoever answers for others is replaced sooner.
const HANG: Duration = Duration::from_secs(2);
/// The front finishes its answers first.
const FRONT_SHUTDOWN: Duration = Duration::from_secs(10);

/// What outlives every incarnation: addresses, the socket, and what is shared.
pub(crate) struct Parts {
    /// What counts until a restart.
    settings: Arc<Settings>,
    /// What a reload changes.
    live: Arc<ArcSwap<Settings>>,
    tuning: Tunable,
    listener: Arc<TcpListener>,
    /// An arbiter that lives as long as the process.
    main: ArbiterHandle,
    last_known: Arc<LastKnown>,
    pub(crate) shared: Arc<Shared>,
    pub(crate) tree: Arc<OnceLock<Tree>>,
    aggregator_settings: AggregatorSettings,

    pipeline: Ref<Overseer>,
    history: Ref<History>,
    history_settings: HistorySettings,
    /// Where there is a directory to write to.
    journal: Option<(Ref<Journal>, JournalSettings)>,
    aggregator: Ref<Aggregator>,
    evaluator: Ref<EvaluatorActor>,
    evaluator_settings: EvaluatorSettings,
    dispatcher: Ref<Dispatcher>,
    dispatcher_settings: DispatcherSettings,
    sinks: (Ref<Overseer>, Sinks),
    collectors: Arc<Collectors>,
    health: Ref<Health>,
    front: Ref<Front>,
}

impl Parts {
    /// # Errors
    /// When the names of Vitals' own metrics clash.
    pub(crate) fn new(
        settings: Settings,
        ruling: PromisedRuling,
        flags: Flags,
        listener: TcpListener,
        store: Store,
        main: ArbiterHandle,
    ) -> Result<Self, prometheus::Error> {
        let settings = Arc::new(settings);
        let live = Arc::new(ArcSwap::new(settings.clone()));
        let tuning = tuning(&settings).tunable();
        let own = OwnMetrics::new()?;
        let audit = Arc::new(Audit::new(store.data.as_deref(), own.audit_lost.clone()));
        let last_known = LastKnown::new();
        let aggregator = Ref::new("aggregator", capacity(1024, 256));
        let evaluator = Ref::new("evaluator", capacity(8, 16));
        let dispatcher = Ref::new("dispatcher", capacity(1024, 16));
        let (events, sinks) = (Events::default(), Sinks::new(&settings, own.clone()));
        let ruling = Arc::new(ArcSwap::from_pointee(ruling));
        let machine = machine();
        let history = Ref::new("history", capacity(64, 16));
        let wanted: Arc<ArcSwap<Wanted>> = Arc::default();
        let journal = store.data.map(|data| {
            let settings = JournalSettings {
                head: store.head.clone(),
                bell: Arc::default(),
                data,
                last_known: last_known.clone(),
            };
            (Ref::new("journal", capacity(1, 1)), settings)
        });
        let history_settings = HistorySettings {
            head: store.head.clone(),
            bell: journal.as_ref().map(|(_, settings)| settings.bell.clone()),
            evaluator: evaluator.clone(),
            wanted: wanted.clone(),
        };
        let evaluator_settings = EvaluatorSettings {
            ruling: ruling.clone(),
            head: store.head.clone(),
            history: history.clone(),
            wanted,
            dispatcher: dispatcher.clone(),
            aggregator: aggregator.clone(),
            last_known: last_known.clone(),
            own: own.clone(),
            clock: Clock::System,
            data: journal.as_ref().map(|(_, settings)| settings.data.clone()),
            left: store.alerts.map(Arc::new),
        };
        let dispatcher_settings = DispatcherSettings {
            outbox: store.outbox,
            sinks: sinks.outlets(),
            source: alerting::source(&machine),
            events: events.clone(),
            own: own.clone(),
            clock: Clock::System,
            cadence: Cadence::default(),
        };
        let tree = Arc::new(OnceLock::new());
        let health = Ref::new("health", capacity(16, 16));
        let backoff = backoff(&settings);
        let collectors = Collectors::new(
            aggregator.clone(),
            own.clone(),
            backoff,
            settings.proxies.clone(),
        );
        let aggregator_settings = AggregatorSettings {
            tuning: tuning.clone(),
            build: (build::VERSION, build::REVISION),
            last_known: last_known.clone(),
            own: own.clone(),
            tree: tree.clone(),
            history: history.clone(),
            head: store.head.clone(),
            uptimes: Arc::new(store.uptimes),
            clock: Clock::System,
            events: events.clone(),
        };
        let reloader = Arc::new(Reloader {
            flags,
            started_with: settings.clone(),
            live: live.clone(),
            tuning: tuning.clone(),
            aggregator: aggregator.clone(),
            evaluator: evaluator.clone(),
            ruling,
            health: health.clone(),
            collectors: collectors.clone(),
            own: own.clone(),
            audit: audit.clone(),
            main: main.clone(),
            gate: Default::default(),
            asked_again: Default::default(),
        });
        let shared = Arc::new(Shared {
            aggregator: aggregator.clone(),
            evaluator: evaluator.clone(),
            events,
            head: store.head.clone(),
            aggregator_settings: aggregator_settings.clone(),
            last_known: last_known.clone(),
            freshness: Freshness::new(collectors.system.clone(), last_known.clone()),
            own: own.clone(),
            tree: tree.clone(),
            draining: Default::default(),
            chaos: settings.server.chaos && settings.server.address.ip().is_loopback(),
            started_with: settings.clone(),
            live: live.clone(),
            reloader,
            audit,
            room: Default::default(),
            exports: Default::default(),
            seats: Default::default(),
            desk: Desk::new(&settings.query, own.clone(), store.head.clone()),
            under_way: Default::default(),
            on_loopback: settings.server.address.ip().to_canonical().is_loopback(),
            machine,
        });
        Ok(Parts {
            listener: Arc::new(listener),
            main,
            live,
            tuning,
            last_known,
            shared,
            tree,
            aggregator_settings,
            pipeline: Ref::new("pipeline", Capacity::default()),
            history,
            history_settings,
            journal,
            aggregator,
            evaluator,
            evaluator_settings,
            dispatcher,
            dispatcher_settings,
            sinks: (Ref::new("sinks", Capacity::default()), sinks),
            collectors,
            health,
            front: Ref::new("front", capacity(16, 16)),
            settings,
        })
    }

    /// The root, and below it everything.
    pub(crate) fn root(self: &Arc<Self>) -> Overseer {
        let Intensity { restarts, period } = self.settings.supervision.root;
        let (pipeline, collectors) = (self.clone(), self.clone());
        let root = Overseer::new(Strategy::OneForOne)
            .intensity(restarts, period)
            .child(self.overseer(&self.pipeline, move || pipeline.pipeline()));
        let root = self.journal().into_iter().fold(root, Overseer::child);
        let sinks = self.clone();
        root.child(self.overseer(&self.sinks.0, move || sinks.sinks()))
            .child(self.overseer(&self.collectors.overseer, move || collectors.collectors()))
            .child(self.health())
            .child(self.front())
    }

    fn pipeline(self: &Arc<Self>) -> Overseer {
        let Intensity { restarts, period } = self.settings.supervision.pipeline;
        Overseer::new(Strategy::OneForOne)
            .intensity(restarts, period)
            .child(self.history())
            .child(self.aggregator())
            .child(self.evaluator())
            .child(self.dispatcher())
    }

    fn sinks(self: &Arc<Self>) -> Overseer {
        let Intensity { restarts, period } = self.settings.supervision.collectors;
        let overseer = Overseer::new(Strategy::OneForOne)
            .intensity(restarts, period)
            .escalate(Escalate::Never);
        let children = self.sinks.1.children(backoff(&self.settings));
        children.into_iter().fold(overseer, Overseer::child)
    }

    fn evaluator(&self) -> ChildSpec {
        let settings = self.evaluator_settings.clone();
        ChildSpec::new(&self.evaluator, move |start, _| {
            EvaluatorActor::new(&start, settings.clone())
        })
        .backoff(backoff(&self.settings))
    }

    fn dispatcher(&self) -> ChildSpec {
        let settings = self.dispatcher_settings.clone();
        ChildSpec::new(&self.dispatcher, move |start, _| {
            Dispatcher::new(&start, settings.clone())
        })
        .backoff(backoff(&self.settings))
    }

    fn history(&self) -> ChildSpec {
        let settings = self.history_settings.clone();
        ChildSpec::new(&self.history, move |_, _| History::new(settings.clone()))
            .backoff(backoff(&self.settings))
            .hang(HANG)
    }

    fn journal(&self) -> Option<ChildSpec> {
        let (journal, settings) = self.journal.clone()?;
        let spec = ChildSpec::new(&journal, move |_, _| Journal::new(settings.clone()));
        Some(spec.backoff(backoff(&self.settings)))
    }

    fn collectors(self: &Arc<Self>) -> Overseer {
        let Intensity { restarts, period } = self.settings.supervision.collectors;
        let overseer = Overseer::new(Strategy::OneForOne)
            .intensity(restarts, period)
            .escalate(Escalate::Never);
        let children = self.collectors.children(&self.live.load());
        children.into_iter().fold(overseer, Overseer::child)
    }

    fn aggregator(&self) -> ChildSpec {
        let settings = self.aggregator_settings.clone();
        ChildSpec::new(&self.aggregator, move |start, _| {
            Aggregator::new(&start, settings.clone())
        })
        .backoff(backoff(&self.settings))
        .hang(HANG)
    }

    fn health(&self) -> ChildSpec {
        let settings = HealthSettings {
            tuning: self.tuning.clone(),
            aggregator: self.aggregator.clone(),
            last_known: self.last_known.clone(),
            tree: self.tree.clone(),
        };
        ChildSpec::new(&self.health, move |start, _| {
            Health::new(&start, settings.clone())
        })
        .backoff(backoff(&self.settings))
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
        .backoff(backoff(&self.settings))
        .hang(HANG)
        .shutdown(FRONT_SHUTDOWN)
    }

    fn overseer(
        &self,
        child: &Ref<Overseer>,
        build: impl Fn() -> Overseer + Send + Sync + 'static,
    ) -> ChildSpec {
        ChildSpec::overseer(child, build).backoff(backoff(&self.settings))
    }
}

fn backoff(settings: &Settings) -> Backoff {
    let supervision = &settings.supervision;
    Backoff {
        min: supervision.backoff_min,
        max: supervision.backoff_max,
        reset_after: supervision.reset_after,
        ..Backoff::default()
    }
}

/// The name of this machine, as other machines may know it.
fn machine() -> String {
    let name = rustix::system::uname()
        .nodename()
        .to_string_lossy()
        .into_owned();
    name.trim_end_matches('.').to_owned()
}

fn capacity(commands: usize, queries: usize) -> Capacity {
    Capacity { commands, queries }
}

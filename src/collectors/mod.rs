//! The collectors as the settings want them, also while they run: those whose settings change are
//! replaced, the others are left alone.

mod sources;
mod wanted;

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use arc_swap::ArcSwap;
use parking_lot::Mutex;
use supervision::{
    AddChild, AskError, Backoff, Capacity, ChildSpec, Overseer, Ref, RemoveChild, SpecError,
};
use vitals_actors::{
    aggregator::Aggregator,
    clock::Clock,
    collector::{
        Collector, CollectorActor, CollectorSettings, application::ApplicationCollector,
        grafana::GrafanaCollector, iris::IrisCollector, network::NetworkCollector,
        postgres::PostgresCollector, redis::RedisCollector, scrape::ScrapeCollector,
        system::SystemCollector,
    },
    http::{Outward, Proxies, Trust},
    messages::Forget,
    own::OwnMetrics,
};

use self::wanted::{Source, Wanted, wanted};
pub(crate) use self::{
    sources::redis as redis_settings,
    wanted::{SYSTEM, connections},
};
use crate::settings::Settings;

/// The address of a collector that may be replaced by another.
pub(crate) type Seat<C> = ArcSwap<Ref<CollectorActor<C>>>;

/// A collector that hangs is replaced before what it said last counts no more: measured each second,
/// that is for three and its timeout.
const HANG: Duration = Duration::from_secs(3);
/// A collector is given 5 s to stop; the overseer may be stopping another at the same time.
const CHANGE_DEADLINE: Duration = Duration::from_secs(15);
const CAPACITY: Capacity = Capacity {
    commands: 4,
    queries: 16,
};

/// All collectors, and what they need.
pub(crate) struct Collectors {
    pub(crate) overseer: Ref<Overseer>,
    pub(crate) system: Arc<Seat<SystemCollector>>,
    network: Seats<NetworkCollector>,
    iris: Seats<IrisCollector>,
    application: Seats<ApplicationCollector>,
    redis: Seats<RedisCollector>,
    grafana: Seats<GrafanaCollector>,
    postgres: Seats<PostgresCollector>,
    scrape: Seats<ScrapeCollector>,
    aggregator: Ref<Aggregator>,
    own: OwnMetrics,
    backoff: Backoff,
    /// The authorities of this machine, and the proxies its environment names.
    outward: Outward,
}

/// The addresses of collectors of a kind, each kept as long as its collector is wanted: an overseer
/// that is started anew finds those of its children again.
struct Seats<C: Collector>(Mutex<BTreeMap<String, Ref<CollectorActor<C>>>>);

impl<C: Collector> Seats<C> {
    fn new() -> Self {
        Seats(Mutex::default())
    }

    fn of(&self, name: &str) -> Ref<CollectorActor<C>> {
        let mut seats = self.0.lock();
        let new = || Ref::new(name, CAPACITY);
        seats.entry(name.to_owned()).or_insert_with(new).clone()
    }

    fn leave(&self, name: &str) {
        self.0.lock().remove(name);
    }
}

/// Why the collectors could not be changed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ChangeError {
    #[error("the collector {0} was not stopped: {1}")]
    Stop(String, AskError),
    #[error("the aggregator did not forget the collector {0}: {1}")]
    Forget(String, AskError),
    #[error("the collector {0} was not started: {1}")]
    Start(String, AskError),
    #[error("the collector {0} was not started: {1}")]
    Spec(String, SpecError),
}

impl Collectors {
    /// `backoff`: between the incarnations of each.
    pub(crate) fn new(
        aggregator: Ref<Aggregator>,
        own: OwnMetrics,
        backoff: Backoff,
        proxies: Proxies,
    ) -> Arc<Self> {
        Arc::new(Collectors {
            overseer: Ref::new("collectors", Capacity::default()),
            system: Arc::new(ArcSwap::from_pointee(Ref::new(SYSTEM, CAPACITY))),
            network: Seats::new(),
            iris: Seats::new(),
            application: Seats::new(),
            redis: Seats::new(),
            grafana: Seats::new(),
            postgres: Seats::new(),
            scrape: Seats::new(),
            aggregator,
            own,
            backoff,
            outward: Outward {
                trust: Trust::default(),
                proxies,
            },
        })
    }

    /// Those the overseer starts with.
    pub(crate) fn children(&self, settings: &Settings) -> Vec<ChildSpec> {
        let wanted = wanted(settings);
        wanted.iter().map(|wanted| self.spec(wanted)).collect()
    }

    /// Stops, starts and replaces what the two settings have different. Where it fails, some may be
    /// changed already; doing it again does the rest.
    pub(crate) async fn change(&self, old: &Settings, new: &Settings) -> Result<(), ChangeError> {
        let (old, new) = (wanted(old), wanted(new));
        for gone in old.iter().filter(|old| !new.contains(old)) {
            let name = || gone.name.clone();
            let stopped = self.overseer.ask(RemoveChild(name()), CHANGE_DEADLINE);
            // That it was not there is as good.
            let _ = stopped
                .await
                .map_err(|error| ChangeError::Stop(name(), error))?;
            if !new.iter().any(|new| new.name == gone.name) {
                let source = gone.name.as_str().into();
                let forgotten = self.aggregator.ask(Forget { source }, CHANGE_DEADLINE);
                forgotten
                    .await
                    .map_err(|error| ChangeError::Forget(name(), error))?;
            }
            self.leave(gone);
        }
        for wanted in new.iter().filter(|new| !old.contains(new)) {
            let name = || wanted.name.clone();
            let spec = self.spec(wanted);
            let started = self.overseer.ask(AddChild(spec), CHANGE_DEADLINE).await;
            started
                .map_err(|error| ChangeError::Start(name(), error))?
                .map_err(|error| ChangeError::Spec(name(), error))?;
        }
        Ok(())
    }

    /// An address serves one child in its life: the next one of its name has its own.
    fn leave(&self, gone: &Wanted) {
        match &gone.source {
            Source::System(..) => self.system.store(Arc::new(Ref::new(SYSTEM, CAPACITY))),
            Source::Network(_) => self.network.leave(&gone.name),
            Source::Iris(..) => self.iris.leave(&gone.name),
            Source::Application(_) => self.application.leave(&gone.name),
            Source::Redis(..) => self.redis.leave(&gone.name),
            Source::Grafana(..) => self.grafana.leave(&gone.name),
            Source::Postgres(..) => self.postgres.leave(&gone.name),
            Source::Scrape(..) => self.scrape.leave(&gone.name),
        }
    }

    fn spec(&self, wanted: &Wanted) -> ChildSpec {
        let name = &*wanted.name;
        // Each incarnation is made of the same settings.
        match wanted.source.clone() {
            Source::System(system, grid) => {
                let source = sources::system(system, grid);
                self.seated(&self.system.load(), wanted, move || {
                    SystemCollector::new(source.clone())
                })
            }
            Source::Network(targets) => self.seated(&self.network.of(name), wanted, move || {
                NetworkCollector::new(targets.iter().cloned())
            }),
            Source::Iris(url, iris) => {
                let source = sources::iris(url, *iris, &self.outward);
                self.seated(&self.iris.of(name), wanted, move || {
                    IrisCollector::new(source.clone())
                })
            }
            Source::Application(application) => {
                let source = sources::application(*application, &self.outward);
                self.seated(&self.application.of(name), wanted, move || {
                    ApplicationCollector::new(source.clone())
                })
            }
            Source::Redis(url, redis) => {
                let source = sources::redis(url, *redis, &self.outward.trust);
                self.seated(&self.redis.of(name), wanted, move || {
                    RedisCollector::new(source.clone())
                })
            }
            Source::Grafana(url, grafana) => {
                let source = sources::grafana(url, *grafana, &self.outward);
                self.seated(&self.grafana.of(name), wanted, move || {
                    GrafanaCollector::new(source.clone())
                })
            }
            Source::Postgres(url, postgres) => {
                let source = sources::postgres(url, *postgres, &self.outward.trust);
                self.seated(&self.postgres.of(name), wanted, move || {
                    PostgresCollector::new(source.clone())
                })
            }
            Source::Scrape(url, scrape) => {
                let source = sources::scrape(url, *scrape, &self.outward);
                self.seated(&self.scrape.of(name), wanted, move || {
                    ScrapeCollector::new(source.clone())
                })
            }
        }
    }

    fn seated<C: Collector>(
        &self,
        seat: &Ref<CollectorActor<C>>,
        wanted: &Wanted,
        source: impl Fn() -> C + Send + Sync + 'static,
    ) -> ChildSpec {
        let settings = CollectorSettings {
            interval: wanted.interval,
            timeout: wanted.timeout,
            aggregator: self.aggregator.clone(),
            own: self.own.clone(),
            clock: Clock::System,
        };
        ChildSpec::new(seat, move |start, _| {
            CollectorActor::new(source(), settings.clone()).generation(start.generation)
        })
        .backoff(self.backoff)
        .hang(HANG)
    }
}

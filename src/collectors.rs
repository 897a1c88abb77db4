//! The collectors as the settings want them, also while they run: those whose settings change are
//! replaced, the others are left alone.

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
        Collector, CollectorActor, CollectorSettings,
        application::{ApplicationCollector, ApplicationSettings},
        iris::{IrisCollector, IrisSettings, SqlSettings},
        network::NetworkCollector,
        scrape::{ScrapeCollector, ScrapeSettings},
        system::{SystemCollector, SystemSettings},
    },
    http::{BaseUrl, Credentials, PageUrl, Trust},
    messages::Forget,
    net::Endpoint,
    own::OwnMetrics,
};

use crate::settings::{Application, Authorities, Iris, Scrape, Settings, System};

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
const SYSTEM: &str = "system";
const NETWORK: &str = "network";

/// All collectors, and what they need.
pub(crate) struct Collectors {
    pub(crate) overseer: Ref<Overseer>,
    pub(crate) system: Arc<Seat<SystemCollector>>,
    network: Seats<NetworkCollector>,
    iris: Seats<IrisCollector>,
    application: Seats<ApplicationCollector>,
    scrape: Seats<ScrapeCollector>,
    aggregator: Ref<Aggregator>,
    own: OwnMetrics,
    backoff: Backoff,
    /// The authorities of this machine, for all.
    trust: Trust,
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

/// A collector that should run. When anything of this is other, it is another collector.
#[derive(Clone, PartialEq)]
struct Wanted {
    /// Its name in the tree.
    name: String,
    interval: Duration,
    timeout: Duration,
    source: Source,
}

#[derive(Clone, PartialEq)]
enum Source {
    System(System),
    Network(Vec<Endpoint>),
    Iris(BaseUrl, Box<Iris>),
    Application(Box<Application>),
    Scrape(PageUrl, Box<Scrape>),
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

/// The collectors these settings want, in the order of their start.
fn wanted(settings: &Settings) -> Vec<Wanted> {
    let collect = &settings.collect;
    let wanted = |name: &str, interval, source| Wanted {
        name: name.to_owned(),
        interval,
        timeout: collect.timeout,
        source,
    };
    let system = settings.system.clone();
    let mut all = vec![wanted(SYSTEM, system.interval, Source::System(system))];
    let targets = connections(settings);
    if !targets.is_empty() {
        all.push(wanted(NETWORK, collect.interval, Source::Network(targets)));
    }
    for iris in &settings.iris {
        // Settings without it are refused.
        if let Some(url) = iris.url.clone() {
            let name = format!("iris/{}", iris.name);
            let source = Source::Iris(url, Box::new(iris.clone()));
            all.push(wanted(&name, collect.interval, source));
        }
    }
    for application in &settings.application {
        let name = format!("application/{}", application.name);
        let source = Source::Application(Box::new(application.clone()));
        all.push(wanted(&name, collect.interval, source));
    }
    for scrape in &settings.scrape {
        if let Some(url) = scrape.url.clone() {
            let name = format!("scrape/{}", scrape.name);
            let interval = scrape.interval.unwrap_or(collect.interval);
            let source = Source::Scrape(url, Box::new(scrape.clone()));
            all.push(wanted(&name, interval, source));
        }
    }
    all
}

/// What connections are measured to: the targets of the settings, and every dependency.
pub(crate) fn connections(settings: &Settings) -> Vec<Endpoint> {
    let mut all = settings.network.targets.clone();
    let iris = settings.iris.iter().filter_map(|iris| iris.url.as_ref());
    let pages = settings.application.iter();
    let pages = pages.flat_map(|application| [&application.probe, &application.metrics]);
    let pages = pages.flatten().map(PageUrl::server);
    let scraped = settings
        .scrape
        .iter()
        .filter_map(|scrape| scrape.url.as_ref());
    let urls = iris.chain(pages).chain(scraped.map(PageUrl::server));
    for endpoint in urls.map(BaseUrl::endpoint) {
        if !all.contains(endpoint) {
            all.push(endpoint.clone());
        }
    }
    all
}

impl Collectors {
    /// `backoff`: between the incarnations of each.
    pub(crate) fn new(aggregator: Ref<Aggregator>, own: OwnMetrics, backoff: Backoff) -> Arc<Self> {
        Arc::new(Collectors {
            overseer: Ref::new("collectors", Capacity::default()),
            system: Arc::new(ArcSwap::from_pointee(Ref::new(SYSTEM, CAPACITY))),
            network: Seats::new(),
            iris: Seats::new(),
            application: Seats::new(),
            scrape: Seats::new(),
            aggregator,
            own,
            backoff,
            trust: Trust::default(),
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
            Source::System(_) => self.system.store(Arc::new(Ref::new(SYSTEM, CAPACITY))),
            Source::Network(_) => self.network.leave(&gone.name),
            Source::Iris(..) => self.iris.leave(&gone.name),
            Source::Application(_) => self.application.leave(&gone.name),
            Source::Scrape(..) => self.scrape.leave(&gone.name),
        }
    }

    fn spec(&self, wanted: &Wanted) -> ChildSpec {
        let name = &*wanted.name;
        match wanted.source.clone() {
            Source::System(system) => {
                let source = SystemSettings {
                    node_exporter: system.node_exporter,
                    procfs: system.procfs,
                    rootfs: system.rootfs,
                    network_filesystems: system.network_filesystems,
                    job: system.job,
                };
                self.seated(&self.system.load(), wanted, move || {
                    SystemCollector::new(source.clone())
                })
            }
            Source::Network(targets) => self.seated(&self.network.of(name), wanted, move || {
                NetworkCollector::new(targets.iter().cloned())
            }),
            Source::Iris(url, iris) => {
                let source = self.iris(url, *iris);
                self.seated(&self.iris.of(name), wanted, move || {
                    IrisCollector::new(source.clone())
                })
            }
            Source::Application(application) => {
                let source = self.application(*application);
                self.seated(&self.application.of(name), wanted, move || {
                    ApplicationCollector::new(source.clone())
                })
            }
            Source::Scrape(url, scrape) => {
                let source = self.scrape(url, *scrape);
                self.seated(&self.scrape.of(name), wanted, move || {
                    ScrapeCollector::new(source.clone())
                })
            }
        }
    }

    fn iris(&self, url: BaseUrl, iris: Iris) -> IrisSettings {
        let account = !iris.username.is_empty() || !iris.password.is_none();
        IrisSettings {
            url,
            name: iris.name,
            credentials: account.then(|| Credentials::Basic {
                username: iris.username,
                password: iris.password.reveal().to_owned(),
            }),
            trust: self.trust(iris.ca_file),
            job: iris.job,
            namespaces: iris.namespaces,
            databases: iris.databases,
            inbound_hosts: iris.inbound_hosts,
            max_connections: (iris.max_connections > 0).then_some(iris.max_connections),
            mirror: (!iris.mirror.is_empty()).then_some(iris.mirror),
            alerts_endpoint: iris.alerts_endpoint,
            sql: iris.sql.enabled.then_some(SqlSettings {
                interval: iris.sql.interval,
            }),
        }
    }

    fn application(&self, application: Application) -> ApplicationSettings {
        ApplicationSettings {
            credentials: application.login.credentials(),
            trust: self.trust(application.ca_file),
            map: application.map.map(),
            labels: application
                .labels
                .into_iter()
                .map(|label| label.0)
                .collect(),
            name: application.name,
            probe: application.probe,
            metrics: application.metrics,
            job: application.job,
        }
    }

    fn scrape(&self, url: PageUrl, scrape: Scrape) -> ScrapeSettings {
        ScrapeSettings {
            url,
            credentials: scrape.login.credentials(),
            trust: self.trust(scrape.ca_file),
            job: scrape.name.clone(),
            name: scrape.name,
            keep: scrape.keep,
            max_series: scrape.max_series as usize,
        }
    }

    /// Those of a file, or of the machine.
    fn trust(&self, file: Option<Authorities>) -> Trust {
        file.map_or(self.trust.clone(), |file| file.trust)
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

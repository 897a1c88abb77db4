//! Which collectors the settings want, and what connections are measured to.

use std::time::Duration;

use vitals_actors::{
    collector::postgres::PostgresUrl,
    http::{BaseUrl, PageUrl, Proxy},
    net::Endpoint,
    redis::RedisUrl,
};

use crate::settings::{Application, Grafana, Iris, Postgres, Redis, Scrape, Settings, System};

/// The collector of this machine.
pub(crate) const SYSTEM: &str = "system";
/// The one of connections.
pub(super) const NETWORK: &str = "network";

/// A collector that should run. When anything of this is other, it is another collector.
#[derive(Clone, PartialEq)]
pub(super) struct Wanted {
    /// Its name in the tree.
    pub(super) name: String,
    pub(super) interval: Duration,
    pub(super) timeout: Duration,
    pub(super) source: Source,
}

#[derive(Clone, PartialEq)]
pub(super) enum Source {
    /// And how often the history keeps everything.
    System(System, Duration),
    Network(Vec<Endpoint>),
    Iris(BaseUrl, Box<Iris>),
    Application(Box<Application>),
    Redis(RedisUrl, Box<Redis>),
    Grafana(BaseUrl, Box<Grafana>),
    Postgres(PostgresUrl, Box<Postgres>),
    Scrape(PageUrl, Box<Scrape>),
}

/// The collectors these settings want, in the order of their start.
pub(super) fn wanted(settings: &Settings) -> Vec<Wanted> {
    let collect = &settings.collect;
    let wanted = |name: &str, interval, source| Wanted {
        name: name.to_owned(),
        interval,
        timeout: collect.timeout,
        source,
    };
    let system = settings.system.clone();
    let mut all = vec![wanted(
        SYSTEM,
        system.interval,
        Source::System(system, settings.collect.interval),
    )];
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
    if let Some(url) = settings.redis.url.clone() {
        let source = Source::Redis(url, Box::new(settings.redis.clone()));
        all.push(wanted("redis", collect.interval, source));
    }
    if let Some(url) = settings.grafana.url.clone() {
        let source = Source::Grafana(url, Box::new(settings.grafana.clone()));
        all.push(wanted("grafana", collect.interval, source));
    }
    for postgres in &settings.postgres {
        if let Some(url) = postgres.url.clone() {
            let name = format!("postgres/{}", postgres.name);
            let source = Source::Postgres(url, Box::new(postgres.clone()));
            all.push(wanted(&name, collect.interval, source));
        }
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

/// What connections are measured to: the targets of the settings, and every dependency; where a proxy
/// is on the way, the proxy.
pub(crate) fn connections(settings: &Settings) -> Vec<Endpoint> {
    let mut all = settings.network.targets.clone();
    let iris = settings.iris.iter().filter_map(|iris| iris.url.as_ref());
    let pages = settings.application.iter();
    let pages = pages.flat_map(|application| [&application.probe, &application.metrics]);
    let pages = pages.flatten().map(PageUrl::server);
    let scrapes = settings.scrape.iter();
    let scrapes = scrapes.filter_map(|scrape| scrape.url.as_ref());
    let scrapes = scrapes.map(PageUrl::server);
    let urls = iris
        .chain(pages)
        .chain(&settings.grafana.url)
        .chain(scrapes);
    let redis = settings.redis.url.iter().flat_map(RedisUrl::endpoints);
    let postgres = settings.postgres.iter();
    let postgres = postgres.filter_map(|postgres| postgres.url.as_ref());
    let others = redis.chain(postgres.map(PostgresUrl::endpoint));
    let way = |url| {
        let proxy = settings.proxies.of(url).map(Proxy::endpoint);
        proxy.unwrap_or(url.endpoint())
    };
    for endpoint in urls.map(way).chain(others) {
        if !all.contains(endpoint) {
            all.push(endpoint.clone());
        }
    }
    all
}

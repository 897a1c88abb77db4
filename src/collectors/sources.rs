//! What collectors are told of their sources, from what the settings say.

use std::time::Duration;

use vitals_actors::{
    collector::{
        application::ApplicationSettings,
        grafana::GrafanaSettings,
        iris::{IrisSettings, SqlSettings},
        postgres::{Password, PostgresSettings, PostgresUrl},
        scrape::ScrapeSettings,
        system::SystemSettings,
    },
    http::{BaseUrl, Credentials, Outward, PageUrl, Trust},
    redis::{RedisSettings, RedisUrl},
};

use crate::settings::{Application, Authorities, Grafana, Iris, Postgres, Redis, Scrape, System};

pub(super) fn system(system: System, grid: Duration) -> SystemSettings {
    SystemSettings {
        node_exporter: system.node_exporter,
        procfs: system.procfs,
        rootfs: system.rootfs,
        network_filesystems: system.network_filesystems,
        job: system.job,
        grid,
    }
}

pub(crate) fn redis(url: RedisUrl, redis: Redis, machine: &Trust) -> RedisSettings {
    RedisSettings {
        url,
        account: redis.account(),
        sentinel_account: redis.sentinel_account(),
        trust: trust(redis.ca_file, machine),
    }
}

pub(super) fn grafana(url: BaseUrl, grafana: Grafana, machine: &Outward) -> GrafanaSettings {
    GrafanaSettings {
        url,
        credentials: grafana.login.credentials(),
        outward: outward(grafana.ca_file, machine),
    }
}

pub(super) fn postgres(url: PostgresUrl, postgres: Postgres, machine: &Trust) -> PostgresSettings {
    PostgresSettings {
        name: postgres.name,
        url,
        username: postgres.username,
        password: Password(postgres.password.reveal().to_owned()),
        trust: trust(postgres.ca_file, machine),
    }
}

pub(super) fn iris(url: BaseUrl, iris: Iris, machine: &Outward) -> IrisSettings {
    let account = !iris.username.is_empty() || !iris.password.is_none();
    IrisSettings {
        url,
        name: iris.name,
        credentials: account.then(|| Credentials::Basic {
            username: iris.username,
            password: iris.password.reveal().to_owned(),
        }),
        outward: outward(iris.ca_file, machine),
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

pub(super) fn application(application: Application, machine: &Outward) -> ApplicationSettings {
    ApplicationSettings {
        credentials: application.login.credentials(),
        outward: outward(application.ca_file, machine),
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

pub(super) fn scrape(url: PageUrl, scrape: Scrape, machine: &Outward) -> ScrapeSettings {
    ScrapeSettings {
        url,
        credentials: scrape.login.credentials(),
        outward: outward(scrape.ca_file, machine),
        job: scrape.name.clone(),
        name: scrape.name,
        keep: scrape.keep,
        max_series: scrape.max_series as usize,
    }
}

fn outward(file: Option<Authorities>, machine: &Outward) -> Outward {
    Outward {
        trust: trust(file, &machine.trust),
        proxies: machine.proxies.clone(),
    }
}

/// Those of a file, or of the machine.
fn trust(file: Option<Authorities>, machine: &Trust) -> Trust {
    file.map_or(machine.clone(), |file| file.trust)
}

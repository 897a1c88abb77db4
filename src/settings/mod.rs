//! The settings of Vitals: built-in defaults, then a file, then the environment, then flags, each
//! read over the one before it.
//!
//! A section is a file here: a struct with its defaults, and a [`Section`] that names each key
//! with its type and range. To add one, write that file, add it to [`Settings`] and to
//! `config/vitals.toml`; a test fails until all three agree. Reloading is loading again: sections
//! compare, so the caller sees which have changed.

mod alerts;
mod application;
mod auth;
mod authorities;
mod collect;
mod environment;
mod external_url;
mod file;
mod global;
mod grafana;
mod health;
mod history;
mod host_name;
mod interface;
mod iris;
mod load;
mod log;
mod login;
mod nearest;
mod network;
mod postgres;
mod problem;
mod proxies;
mod query;
mod redis;
mod route_prefix;
mod scrape;
mod secret;
mod server;
mod setting;
mod small_file;
mod stack;
mod summary;
mod supervision;
mod system;
mod table;
mod targets;
#[cfg(test)]
mod tests;
mod text;
mod token;
mod unreadable;
mod value;

use serde::Serialize;
use vitals_actors::http::Proxies;

pub(crate) use alerts::Alerts;
pub(crate) use application::Application;
pub(crate) use auth::Auth;
pub(crate) use authorities::Authorities;
pub(crate) use collect::Collect;
pub(crate) use global::Global;
pub(crate) use grafana::Grafana;
pub(crate) use health::Health;
pub(crate) use history::History;
pub(crate) use host_name::is_host_name;
pub(crate) use interface::Interface;
pub(crate) use iris::Iris;
pub(crate) use log::{FORMATS, LEVELS, Log, LogFormat};
pub(crate) use network::Network;
pub(crate) use postgres::Postgres;
pub(crate) use problem::{Problem, SettingsError};
pub(crate) use query::Query;
pub(crate) use redis::Redis;
pub(crate) use scrape::Scrape;
pub(crate) use server::Server;
pub(crate) use summary::Summary;
pub(crate) use supervision::Supervision;
pub(crate) use system::System;
use table::{Section, Table};
pub(crate) use targets::Targets;

/// Everything an operator can set. Serializes to the same text a settings file has.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub(crate) struct Settings {
    /// The HTTP server, and where data lives.
    pub(crate) server: Server,
    /// Who may change the state of Vitals.
    pub(crate) auth: Auth,
    /// What is true of everything that is told.
    pub(crate) global: Global,
    /// How sources are asked.
    pub(crate) collect: Collect,
    /// The machine Vitals runs on.
    pub(crate) system: System,
    /// What connections are measured to.
    pub(crate) network: Network,
    /// The IRIS instances.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) iris: Vec<Iris>,
    /// The applications in front.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) application: Vec<Application>,
    /// The Redis of the stack.
    pub(crate) redis: Redis,
    /// The Grafana of the stack.
    pub(crate) grafana: Grafana,
    /// The PostgreSQL servers.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) postgres: Vec<Postgres>,
    /// Other Prometheus endpoints.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) scrape: Vec<Scrape>,
    /// How failing actors are restarted.
    pub(crate) supervision: Supervision,
    /// The health check.
    pub(crate) health: Health,
    /// The summary.
    pub(crate) summary: Summary,
    /// The performance targets.
    pub(crate) targets: Targets,
    /// The HL7 interfaces.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) interface: Vec<Interface>,
    /// What was measured, and how long it is kept.
    pub(crate) history: History,
    /// What a query may cost.
    pub(crate) query: Query,
    /// Rules, and who is told.
    pub(crate) alerts: Alerts,
    /// The log.
    pub(crate) log: Log,
    /// On the way to what is asked over HTTP; the environment alone names them.
    #[serde(skip)]
    pub(crate) proxies: Proxies,
}

impl Section for Settings {
    fn read(&mut self, table: &mut Table<'_>) {
        table.section("server", &mut self.server);
        table.section("auth", &mut self.auth);
        table.section("global", &mut self.global);
        table.section("collect", &mut self.collect);
        table.section("system", &mut self.system);
        table.section("network", &mut self.network);
        table.named("iris", &mut self.iris, iris::MOST);
        table.named("application", &mut self.application, application::MOST);
        table.section("redis", &mut self.redis);
        table.section("grafana", &mut self.grafana);
        table.named("postgres", &mut self.postgres, postgres::MOST);
        table.named("scrape", &mut self.scrape, scrape::MOST);
        table.section("supervision", &mut self.supervision);
        table.section("health", &mut self.health);
        table.section("summary", &mut self.summary);
        table.section("targets", &mut self.targets);
        table.section("history", &mut self.history);
        table.section("query", &mut self.query);
        table.rows("interface", &mut self.interface, interface::MOST);
        table.section("alerts", &mut self.alerts);
        table.section("log", &mut self.log);
    }
}

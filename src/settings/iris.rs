//! `[[iris]]`: the InterSystems IRIS instances to watch.

use std::time::Duration;

use serde::Serialize;
use vitals_actors::http::BaseUrl;

use super::authorities::Authorities;
use super::secret::Secret;
use super::setting::{Setting, parse};
use super::table::{Named, Section, Table};
use super::text;
use super::value::Value;

/// More instances are not watched by one Vitals.
pub(super) const MOST: usize = 200;
/// Names in a list.
const MOST_NAMES: usize = 500;
/// What the URL of an IRIS is.
pub(super) const URL: &str = "an http:// or https:// URL, such as \"http://iris:52773\"";

/// One `[[iris]]`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Iris {
    /// What it is called, by which it is shown.
    pub(crate) name: String,
    /// Where its web server is. Must be said.
    #[serde(serialize_with = "text::optional")]
    pub(crate) url: Option<BaseUrl>,
    /// Who we are there; empty: nobody.
    pub(crate) username: String,
    /// Our password there.
    pub(crate) password: Secret,
    /// Certificates to be believed besides the machine's.
    pub(crate) ca_file: Option<Authorities>,
    /// The label `job` of the families IRIS tells itself.
    pub(crate) job: String,
    /// Namespaces whose productions are watched; none: all.
    pub(crate) namespaces: Vec<String>,
    /// Databases whose size is judged; none: all but IRIS's own.
    pub(crate) databases: Vec<String>,
    /// Hosts that receive HL7; none: those that are seen to.
    pub(crate) inbound_hosts: Vec<String>,
    /// Connections of the web gateway there may be, to 1,000,000; 0: nobody knows.
    pub(crate) max_connections: u32,
    /// The mirror it is a member of; empty: none.
    pub(crate) mirror: String,
    /// Whether alerts are read, which takes them away from whoever else reads them.
    pub(crate) alerts_endpoint: bool,
    /// SQL over HTTP.
    pub(crate) sql: Sql,
}

/// `[iris.sql]`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Sql {
    /// Whether it is asked at all: it needs rights on the server.
    pub(crate) enabled: bool,
    /// Time from one round of queries to the next, 10 s to 1 h.
    #[serde(serialize_with = "text::duration")]
    pub(crate) interval: Duration,
}

impl Named for Iris {
    fn named(name: String) -> Self {
        Iris {
            name,
            url: None,
            username: String::new(),
            password: Secret::default(),
            ca_file: None,
            job: "iris".to_owned(),
            namespaces: Vec::new(),
            databases: Vec::new(),
            inbound_hosts: Vec::new(),
            max_connections: 0,
            mirror: String::new(),
            alerts_endpoint: false,
            sql: Sql {
                enabled: false,
                interval: Duration::from_secs(60),
            },
        }
    }

    fn name(&self) -> &str {
        &self.name
    }
}

impl Section for Iris {
    fn read(&mut self, table: &mut Table<'_>) {
        table.optional("url", &mut self.url);
        table.value("username", &mut self.username);
        table.secret("password", &mut self.password);
        Authorities::setting(table, &mut self.ca_file);
        table.value("job", &mut self.job);
        table.list("namespaces", &mut self.namespaces, MOST_NAMES);
        table.list("databases", &mut self.databases, MOST_NAMES);
        table.list("inbound_hosts", &mut self.inbound_hosts, MOST_NAMES);
        table.within("max_connections", &mut self.max_connections, 0..=1_000_000);
        table.value("mirror", &mut self.mirror);
        table.value("alerts_endpoint", &mut self.alerts_endpoint);
        table.section("sql", &mut self.sql);
    }
}

impl Section for Sql {
    fn read(&mut self, table: &mut Table<'_>) {
        table.value("enabled", &mut self.enabled);
        let range = Duration::from_secs(10)..=Duration::from_hours(1);
        table.within("interval", &mut self.interval, range);
    }
}

impl Setting for BaseUrl {
    const WHAT: &'static str = URL;

    fn read(value: &Value) -> Result<Self, String> {
        parse(value)
    }
}

//! `[[application]]`: the applications in front.

use serde::Serialize;
use vitals_actors::collector::application::{Map, Series, Unit};
use vitals_actors::http::PageUrl;

use super::authorities::Authorities;
use super::login::Login;
use super::setting::{Setting, parse};
use super::table::{Named, Section, Table};
use super::text;
use super::value::Value;

/// More applications are not watched by one Vitals.
pub(super) const MOST: usize = 200;
/// Labels in a list.
const MOST_LABELS: usize = 8;
/// Labels that mean something else where Vitals tells of an application.
const TAKEN: [&str; 5] = ["application", "job", "instance", "le", "quantile"];

/// One `[[application]]`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Application {
    /// What it is called, by which it is shown.
    pub(crate) name: String,
    /// A page that is answered well while it is well.
    #[serde(serialize_with = "text::optional")]
    pub(crate) probe: Option<PageUrl>,
    /// Its page of metrics. One of both must be said.
    #[serde(serialize_with = "text::optional")]
    pub(crate) metrics: Option<PageUrl>,
    /// Who we are there.
    #[serde(flatten)]
    pub(crate) login: Login,
    /// Certificates to be believed besides the machine's.
    pub(crate) ca_file: Option<Authorities>,
    /// The label `job` of its scrape.
    pub(crate) job: String,
    /// Labels its requests are told apart by.
    pub(crate) labels: Vec<LabelName>,
    /// What stands for what.
    pub(crate) map: Mapping,
}

/// `[application.map]`.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub(crate) struct Mapping {
    #[serde(serialize_with = "text::optional")]
    requests: Option<Series>,
    #[serde(serialize_with = "text::optional")]
    errors: Option<Series>,
    #[serde(serialize_with = "text::optional")]
    duration: Option<Series>,
    #[serde(serialize_with = "text::optional")]
    duration_unit: Option<Unit>,
    #[serde(serialize_with = "text::optional")]
    active_users: Option<Series>,
    #[serde(serialize_with = "text::optional")]
    pub(super) cache_hits: Option<Series>,
    #[serde(serialize_with = "text::optional")]
    pub(super) cache_misses: Option<Series>,
}

/// The name of a label that does not mean something else already.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(transparent)]
pub(crate) struct LabelName(pub(crate) String);

impl Mapping {
    /// As the collector has it.
    pub(crate) fn map(&self) -> Map {
        Map {
            requests: self.requests.clone(),
            errors: self.errors.clone(),
            duration: self.duration.clone(),
            duration_unit: self.duration_unit,
            active_users: self.active_users.clone(),
            cache_hits: self.cache_hits.clone(),
            cache_misses: self.cache_misses.clone(),
        }
    }
}

impl Named for Application {
    fn named(name: String) -> Self {
        Application {
            name,
            probe: None,
            metrics: None,
            login: Login::default(),
            ca_file: None,
            job: "application".to_owned(),
            labels: Vec::new(),
            map: Mapping::default(),
        }
    }

    fn name(&self) -> &str {
        &self.name
    }
}

impl Section for Application {
    fn read(&mut self, table: &mut Table<'_>) {
        table.optional("probe", &mut self.probe);
        table.optional("metrics", &mut self.metrics);
        self.login.read(table);
        Authorities::setting(table, &mut self.ca_file);
        table.value("job", &mut self.job);
        table.list("labels", &mut self.labels, MOST_LABELS);
        table.section("map", &mut self.map);
    }
}

impl Section for Mapping {
    fn read(&mut self, table: &mut Table<'_>) {
        table.optional("requests", &mut self.requests);
        table.optional("errors", &mut self.errors);
        table.optional("duration", &mut self.duration);
        table.optional("duration_unit", &mut self.duration_unit);
        table.optional("active_users", &mut self.active_users);
        table.optional("cache_hits", &mut self.cache_hits);
        table.optional("cache_misses", &mut self.cache_misses);
    }
}

impl Setting for Series {
    const WHAT: &'static str =
        "a metric, or a selector such as \"logins_total{result=\\\"failed\\\"}\"";

    fn read(value: &Value) -> Result<Self, String> {
        match value {
            Value::Text(text) | Value::Untyped(text) => text
                .parse()
                .map_err(|error| format!("is no selector ({error})")),
            other => Err(other.kind().to_owned()),
        }
    }
}

impl Setting for Unit {
    const WHAT: &'static str = "\"s\", \"ms\", \"us\" or \"ns\"";

    fn read(value: &Value) -> Result<Self, String> {
        parse(value)
    }
}

impl Setting for LabelName {
    const WHAT: &'static str = "the name of a label";

    fn read(value: &Value) -> Result<Self, String> {
        let (Value::Text(text) | Value::Untyped(text)) = value else {
            return Err(value.kind().to_owned());
        };
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
        let is_name = text.bytes().all(plain) && !text.starts_with(|c: char| c.is_ascii_digit());
        if text.is_empty() || !is_name || text.starts_with("__") || text.len() > 100 {
            return Err("is none".to_owned());
        }
        if TAKEN.contains(&text.as_str()) {
            return Err("means something else already".to_owned());
        }
        Ok(LabelName(text.clone()))
    }
}

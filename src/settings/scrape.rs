//! `[[scrape]]`: other Prometheus endpoints.

use std::time::Duration;

use serde::{Serialize, Serializer};
use vitals_actors::collector::NamePattern;
use vitals_actors::http::PageUrl;

use super::authorities::Authorities;
use super::login::Login;
use super::setting::{Setting, parse};
use super::table::{Named, Section, Table};
use super::text;
use super::value::Value;

/// More endpoints are not watched by one Vitals.
pub(super) const MOST: usize = 200;
/// Patterns in a list.
const MOST_PATTERNS: usize = 500;
/// What the URL of an endpoint is.
pub(super) const URL: &str = "the URL of a page, such as \"http://app:9100/metrics\"";

/// One `[[scrape]]`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Scrape {
    /// What it is called, and the label `job`.
    pub(crate) name: String,
    /// Its page of metrics. Must be said.
    #[serde(serialize_with = "text::optional")]
    pub(crate) url: Option<PageUrl>,
    /// Who we are there.
    #[serde(flatten)]
    pub(crate) login: Login,
    /// Certificates to be believed besides the machine's.
    pub(crate) ca_file: Option<Authorities>,
    /// From one scrape to the next, 1 s to 10 min; none: that of `[collect]`.
    #[serde(serialize_with = "text::optional_duration")]
    pub(crate) interval: Option<Duration>,
    /// Metrics that are kept; none: all.
    #[serde(serialize_with = "patterns")]
    pub(crate) keep: Vec<NamePattern>,
    /// Series of it at once, 1 to 20,000.
    pub(crate) max_series: u32,
}

impl Named for Scrape {
    fn named(name: String) -> Self {
        Scrape {
            name,
            url: None,
            login: Login::default(),
            ca_file: None,
            interval: None,
            keep: Vec::new(),
            max_series: 5_000,
        }
    }

    fn name(&self) -> &str {
        &self.name
    }
}

impl Section for Scrape {
    fn read(&mut self, table: &mut Table<'_>) {
        table.optional("url", &mut self.url);
        self.login.read(table);
        Authorities::setting(table, &mut self.ca_file);
        let range = Duration::from_secs(1)..=Duration::from_mins(10);
        table.optional_within("interval", &mut self.interval, range);
        table.list("keep", &mut self.keep, MOST_PATTERNS);
        table.within("max_series", &mut self.max_series, 1..=20_000);
    }
}

impl Setting for PageUrl {
    const WHAT: &'static str = URL;

    fn read(value: &Value) -> Result<Self, String> {
        parse(value)
    }
}

impl Setting for NamePattern {
    const WHAT: &'static str = "the name of a metric, or a pattern of names such as \"node_*\"";

    fn read(value: &Value) -> Result<Self, String> {
        parse(value)
    }
}

fn patterns<S: Serializer>(patterns: &[NamePattern], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(patterns.iter().map(ToString::to_string))
}

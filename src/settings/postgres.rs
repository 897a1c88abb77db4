//! `[[postgres]]`: the PostgreSQL servers to watch.

use serde::Serialize;
use vitals_actors::collector::postgres::PostgresUrl;

use super::authorities::Authorities;
use super::secret::Secret;
use super::setting::{Setting, parse};
use super::table::{Named, Section, Table};
use super::text;
use super::value::Value;

/// More servers are not watched by one Vitals.
pub(super) const MOST: usize = 200;
/// What the URL of one is.
pub(super) const URL: &str = "the URL of a database, such as \"postgres://postgres:5432/app\"";

/// One `[[postgres]]`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Postgres {
    /// What it is called, by which it is shown.
    pub(crate) name: String,
    /// Where it is. Must be said.
    #[serde(serialize_with = "text::optional")]
    pub(crate) url: Option<PostgresUrl>,
    /// Who we are there.
    pub(crate) username: String,
    /// Our password there.
    pub(crate) password: Secret,
    /// Certificates to be believed besides the machine's.
    #[serde(serialize_with = "Authorities::optional")]
    pub(crate) ca_file: Option<Authorities>,
}

impl Named for Postgres {
    fn named(name: String) -> Self {
        Postgres {
            name,
            url: None,
            username: "vitals".to_owned(),
            password: Secret::default(),
            ca_file: None,
        }
    }

    fn name(&self) -> &str {
        &self.name
    }
}

impl Section for Postgres {
    fn read(&mut self, table: &mut Table<'_>) {
        table.optional("url", &mut self.url);
        table.value("username", &mut self.username);
        table.secret("password", &mut self.password);
        Authorities::setting(table, &mut self.ca_file);
    }
}

impl Setting for PostgresUrl {
    const WHAT: &'static str = URL;

    fn read(value: &Value) -> Result<Self, String> {
        parse(value)
    }
}

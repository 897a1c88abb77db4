//! `[grafana]`: the Grafana of the stack.

use serde::Serialize;
use vitals_actors::http::BaseUrl;

use super::authorities::Authorities;
use super::login::Login;
use super::table::{Section, Table};
use super::text;

/// `[grafana]`.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub(crate) struct Grafana {
    /// Where it is; none: there is none.
    #[serde(serialize_with = "text::optional")]
    pub(crate) url: Option<BaseUrl>,
    /// Who we are there, or to whatever stands in front of it.
    #[serde(flatten)]
    pub(crate) login: Login,
    /// Certificates to be believed besides the machine's.
    #[serde(serialize_with = "Authorities::optional")]
    pub(crate) ca_file: Option<Authorities>,
}

impl Section for Grafana {
    fn read(&mut self, table: &mut Table<'_>) {
        table.optional("url", &mut self.url);
        self.login.read(table);
        Authorities::setting(table, &mut self.ca_file);
    }
}

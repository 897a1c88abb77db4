//! `[network]`: what connections are measured to.

use serde::{Serialize, Serializer};
use vitals_actors::collector::network::MOST_TARGETS;
use vitals_actors::net::Endpoint;

use super::setting::{Setting, parse};
use super::table::{Section, Table};
use super::value::Value;

/// `[network]`.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub(crate) struct Network {
    /// Host and port of each, besides those of the configured dependencies.
    #[serde(serialize_with = "texts")]
    pub(crate) targets: Vec<Endpoint>,
}

impl Section for Network {
    fn read(&mut self, table: &mut Table<'_>) {
        table.list("targets", &mut self.targets, MOST_TARGETS);
    }
}

impl Setting for Endpoint {
    const WHAT: &'static str = "a host and a port, such as \"redis:6379\" or \"[::1]:6379\"";

    fn read(value: &Value) -> Result<Self, String> {
        parse(value)
    }
}

fn texts<S: Serializer>(endpoints: &[Endpoint], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(endpoints.iter().map(ToString::to_string))
}

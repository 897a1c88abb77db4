//! What is said of one IRIS in the settings.

use std::time::Duration;

use crate::http::{BaseUrl, Credentials, Outward};

/// One instance.
#[derive(Clone, Debug)]
pub struct IrisSettings {
    /// The name it is shown by; the collector is `iris/<name>`.
    pub name: String,
    /// Where its web server is; `/api/monitor` is below.
    pub url: BaseUrl,
    /// Whom it knows us as, if it asks.
    pub credentials: Option<Credentials>,
    /// Whose certificates are believed, and which proxies are on the way.
    pub outward: Outward,
    /// The label `job` of the families it tells itself.
    pub job: String,
    /// Only the productions of these; of all if none is named.
    pub namespaces: Vec<String>,
    /// Only the sizes of these are judged; if none is named, of all that are not IRIS's own.
    pub databases: Vec<String>,
    /// Hosts that receive HL7; if none is named they are recognised by what they receive.
    pub inbound_hosts: Vec<String>,
    /// Connections of the web gateway that there may be; `None`: nobody knows.
    pub max_connections: Option<u32>,
    /// The mirror it is a member of.
    pub mirror: Option<String>,
    /// Whether alerts are read, which takes them away from others.
    pub alerts_endpoint: bool,
    /// SQL over HTTP, if it is wanted.
    pub sql: Option<SqlSettings>,
}

/// SQL over HTTP.
#[derive(Clone, Debug)]
pub struct SqlSettings {
    /// From one round of queries to the next.
    pub interval: Duration,
}

impl IrisSettings {
    /// Whether the productions of this namespace are watched.
    pub(super) fn watches(&self, namespace: Option<&str>) -> bool {
        self.namespaces.is_empty()
            || namespace.is_some_and(|id| {
                let mut watched = self.namespaces.iter();
                watched.any(|watched| watched.eq_ignore_ascii_case(id))
            })
    }
}

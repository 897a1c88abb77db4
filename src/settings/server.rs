//! `[server]`: where Vitals answers and under which names, what a client may take, and where it keeps
//! what it stores.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use serde::Serialize;
use vitals_actors::units::Bytes;

use super::external_url::ExternalUrl;
use super::host_name::HostName;
use super::route_prefix::RoutePrefix;
use super::table::{Section, Table};
use super::text;

/// Names of one host.
const MOST_HOSTS: usize = 64;

/// `[server]`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Server {
    /// Address and port of the HTTP server; port 0 takes any free one.
    pub(crate) address: SocketAddr,
    /// Directory of everything Vitals stores.
    #[serde(serialize_with = "text::path")]
    pub(crate) data: PathBuf,
    /// Where users find Vitals, when it is behind a proxy.
    #[serde(serialize_with = "text::optional")]
    pub(crate) external_url: Option<ExternalUrl>,
    /// The path all routes are below; none is said: the path of `external_url`.
    #[serde(serialize_with = "text::optional")]
    pub(crate) route_prefix: Option<RoutePrefix>,
    /// Names a request may give for this host, besides those it has anyway.
    pub(crate) hosts: Vec<HostName>,
    /// Open connections, 16 to 65,536; more wait until one is closed.
    pub(crate) max_connections: u32,
    /// Requests being answered at the same time, 1 to 10,000; more are answered 503. Probes do not
    /// count.
    pub(crate) max_requests: u32,
    /// Bytes of a request's path and query, 256 B to 64 kB; more is answered 400.
    #[serde(serialize_with = "text::display")]
    pub(crate) max_url: Bytes,
    /// Bytes of a request's head, 1 KiB to 128 KiB; more is answered 431.
    #[serde(serialize_with = "text::display")]
    pub(crate) max_header: Bytes,
    /// Bytes of a request's body, 1 kB to 16 MB; more is answered 413.
    #[serde(serialize_with = "text::display")]
    pub(crate) max_body: Bytes,
    /// Time for the head of a request to come, 1 s to 1 min; then 408.
    #[serde(serialize_with = "text::duration")]
    pub(crate) header_time: Duration,
    /// Time for the body of a request to come, 1 s to 5 min; then 408.
    #[serde(serialize_with = "text::duration")]
    pub(crate) body_time: Duration,
    /// Time within which a client takes in some of its answer, 1 s to 5 min; then it is cut off.
    #[serde(serialize_with = "text::duration")]
    pub(crate) send_time: Duration,
    /// Time a connection is kept open for its next request, 1 s to 10 min.
    #[serde(serialize_with = "text::duration")]
    pub(crate) keep_alive: Duration,
    /// Whether the routes that break actors on purpose exist. Only the flag `--chaos` says so: no
    /// file and no variable can.
    #[serde(skip)]
    pub(crate) chaos: bool,
}

impl Server {
    /// What every path begins with, such as `/vitals`; empty where there is nothing.
    pub(crate) fn prefix(&self) -> &str {
        match (&self.route_prefix, &self.external_url) {
            (Some(prefix), _) => prefix.as_str(),
            (None, Some(url)) => url.path(),
            (None, None) => "",
        }
    }
}

impl Default for Server {
    fn default() -> Self {
        Self {
            address: SocketAddr::from((Ipv4Addr::LOCALHOST, 9090)),
            data: PathBuf::from("data"),
            external_url: None,
            route_prefix: None,
            hosts: Vec::new(),
            max_connections: 1_024,
            max_requests: 128,
            max_url: Bytes::new(8 << 10),
            max_header: Bytes::new(32 << 10),
            max_body: Bytes::new(64 << 10),
            header_time: Duration::from_secs(5),
            body_time: Duration::from_secs(10),
            send_time: Duration::from_secs(10),
            keep_alive: Duration::from_secs(5),
            chaos: false,
        }
    }
}

impl Section for Server {
    fn read(&mut self, table: &mut Table<'_>) {
        table.value("address", &mut self.address);
        table.path("data", &mut self.data);
        table.optional("external_url", &mut self.external_url);
        table.optional("route_prefix", &mut self.route_prefix);
        table.list("hosts", &mut self.hosts, MOST_HOSTS);

        table.within("max_connections", &mut self.max_connections, 16..=65_536);
        table.within("max_requests", &mut self.max_requests, 1..=10_000);
        let size = |least, most| Bytes::new(least)..=Bytes::new(most);
        table.within("max_url", &mut self.max_url, size(256, 64_000));
        let head = size(1 << 10, 128 << 10);
        table.within("max_header", &mut self.max_header, head);
        let body = size(1_000, 16_000_000);
        table.within("max_body", &mut self.max_body, body);

        let time = |most| Duration::from_secs(1)..=Duration::from_mins(most);
        table.within("header_time", &mut self.header_time, time(1));
        table.within("body_time", &mut self.body_time, time(5));
        table.within("send_time", &mut self.send_time, time(5));
        table.within("keep_alive", &mut self.keep_alive, time(10));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_prefix_is_that_of_the_external_url_unless_another_is_set() {
        let mut server = Server::default();
        assert_eq!(server.prefix(), "");
        server.external_url = "https://a.example/vitals/".parse().ok();
        assert_eq!(server.prefix(), "/vitals");
        server.route_prefix = "/".parse().ok();
        assert_eq!(server.prefix(), "");
        server.route_prefix = "/x/y".parse().ok();
        assert_eq!(server.prefix(), "/x/y");
    }
}

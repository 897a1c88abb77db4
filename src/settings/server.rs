//! `[server]`: where Vitals answers, and where it keeps what it stores.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use serde::Serialize;

use super::table::{Section, Table};
use super::text;

/// `[server]`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Server {
    /// Address and port of the HTTP server; port 0 takes any free one.
    pub(crate) address: SocketAddr,
    /// Directory of everything Vitals stores.
    #[serde(serialize_with = "text::path")]
    pub(crate) data: PathBuf,
    /// Whether the routes that break actors on purpose exist. Only the flag `--chaos` says so: no
    /// file and no variable can.
    #[serde(skip)]
    pub(crate) chaos: bool,
}

impl Default for Server {
    fn default() -> Self {
        Self {
            address: SocketAddr::from((Ipv4Addr::LOCALHOST, 9090)),
            data: PathBuf::from("data"),
            chaos: false,
        }
    }
}

impl Section for Server {
    fn read(&mut self, table: &mut Table<'_>) {
        table.value("address", &mut self.address);
        table.path("data", &mut self.data);
    }
}

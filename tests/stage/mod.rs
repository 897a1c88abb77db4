//! What every story stands on: processes that are always cleaned up, clients, and one way to wait.

mod certificates;
mod directory;
mod host;
mod http;
mod iris;
mod leak;
mod page;
mod process;
mod prometheus;
mod scraper;
mod shape;
mod tree;
mod until;
mod vitals;
mod watched;
mod wire;

pub(crate) use certificates::{Authority, Lasting};
pub(crate) use directory::Directory;
pub(crate) use host::{RunsOn, memory_used_ratio, resident_bytes, threads};
pub(crate) use http::{Answer, get, request};
pub(crate) use iris::Simulated;
pub(crate) use page::Page;
pub(crate) use process::Process;
pub(crate) use prometheus::Prometheus;
pub(crate) use scraper::Scraper;
pub(crate) use shape::has_shape;
pub(crate) use tree::Node;
pub(crate) use until::{DEADLINE, pause, until};
pub(crate) use vitals::{Setup, Vitals, command};
pub(crate) use watched::Watched;
pub(crate) use wire::{Connection, Response};

//! What every story stands on: processes that are always cleaned up, clients, and one way to wait.

mod directory;
mod host;
mod http;
mod page;
mod process;
mod scraper;
mod shape;
mod tree;
mod until;
mod vitals;
mod wire;

pub(crate) use directory::Directory;
pub(crate) use host::{RunsOn, memory_used_ratio, resident_bytes, threads};
pub(crate) use http::{Answer, get, request};
pub(crate) use page::Page;
pub(crate) use process::Process;
pub(crate) use scraper::Scraper;
pub(crate) use shape::has_shape;
pub(crate) use tree::Node;
pub(crate) use until::{DEADLINE, pause, until};
pub(crate) use vitals::{Setup, Vitals, command};
pub(crate) use wire::{Connection, Response};

//! What every story stands on: processes that are always cleaned up, clients, and one way to wait.

mod api;
mod application;
mod certificates;
mod cli;
mod directory;
mod disk;
mod hanging_file;
mod host;
mod http;
mod iris;
mod leak;
mod page;
mod pages;
mod port;
mod postgres;
mod process;
mod prometheus;
mod redis;
mod samples;
mod scraper;
mod shape;
mod source;
mod subscriber;
mod tree;
mod until;
mod vitals;
mod watched;
mod wire;

pub(crate) use api::{error_type, form};
pub(crate) use application::Application;
pub(crate) use certificates::{Authority, Lasting};
pub(crate) use cli::{done, finish, run};
pub(crate) use directory::Directory;
pub(crate) use disk::Disk;
pub(crate) use hanging_file::HangingFile;
pub(crate) use host::{RunsOn, memory_used_ratio, resident_bytes, threads};
pub(crate) use http::{Answer, get, request, request_with};
pub(crate) use iris::Simulated;
pub(crate) use page::Page;
pub(crate) use pages::Pages;
pub(crate) use postgres::Postgres;
pub(crate) use process::Process;
pub(crate) use prometheus::Prometheus;
pub(crate) use redis::{Cluster, Redis, Sentinels};
pub(crate) use samples::{
    Samples, bits, count, of_csv, of_directory, of_json_lines, of_open_metrics, records,
};
pub(crate) use scraper::Scraper;
pub(crate) use shape::has_shape;
pub(crate) use source::{LOOKS, SOON, Source, target};
pub(crate) use subscriber::Subscriber;
pub(crate) use tree::Node;
pub(crate) use until::{DEADLINE, pause, until};
pub(crate) use vitals::{Setup, Vitals, command};
pub(crate) use watched::Watched;
pub(crate) use wire::{Connection, Response};

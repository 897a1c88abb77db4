//! `status/…`: what Vitals says of itself to whoever takes it for a Prometheus.

pub(in crate::front) mod config;
pub(in crate::front) mod tsdb;

use std::{collections::BTreeMap, time::SystemTime};

use actix_web::{HttpResponse, web::Data};
use jiff::Timestamp;
use serde::Serialize;
use vitals_actors::units::HumanDuration;

use super::answer::success;
use crate::{build, front::shared::Shared, settings::Settings};

/// The Prometheus whose API this is: clients look at it to know what they may ask.
const PROMETHEUS: &str = "3.5.0";

/// Without `features`, which would make Grafana take it for a Mimir.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct BuildInfo {
    version: &'static str,
    revision: String,
    branch: &'static str,
    build_user: &'static str,
    build_date: &'static str,
    go_version: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RuntimeInfo {
    start_time: String,
    #[serde(rename = "CWD")]
    cwd: String,
    hostname: String,
    server_time: String,
    reload_config_success: bool,
    last_config_time: String,
    corruption_count: u64,
    goroutine_count: usize,
    #[serde(rename = "GOMAXPROCS")]
    max_procs: usize,
    #[serde(rename = "GOMEMLIMIT")]
    memory_limit: u64,
    #[serde(rename = "GOGC")]
    gc: &'static str,
    #[serde(rename = "GODEBUG")]
    debug: &'static str,
    storage_retention: String,
}

/// How long history lasts, and how large it may be.
fn retention(settings: &Settings) -> String {
    let time = HumanDuration(settings.history.retention);
    format!("{time} or {}", settings.history.max_size)
}

/// The build
///
/// As Prometheus 3 answers: `version` is that of the Prometheus whose API this is, `revision` that of
/// Vitals.
#[utoipa::path(
    get,
    path = "/api/v1/status/buildinfo",
    tag = "query",
    responses((status = 200, description = "`data`: `version`, `revision`, …", body = serde_json::Value))
)]
pub(crate) async fn buildinfo() -> HttpResponse {
    success(BuildInfo {
        version: PROMETHEUS,
        revision: format!("vitals {}", build::release_id()),
        branch: "",
        build_user: "",
        build_date: "",
        go_version: "",
    })
}

/// The process
///
/// As Prometheus 3 answers; a goroutine is an actor here.
#[utoipa::path(
    get,
    path = "/api/v1/status/runtimeinfo",
    tag = "query",
    responses((status = 200, description = "`data`: `startTime`, `storageRetention`, …", body = serde_json::Value))
)]
pub(crate) async fn runtimeinfo(shared: Data<Shared>) -> HttpResponse {
    let started = SystemTime::now().checked_sub(build::age());
    let started = started.and_then(|started| Timestamp::try_from(started).ok());
    let cwd = std::env::current_dir().unwrap_or_default();
    let actors = shared.tree.get();
    let actors = actors.map_or(0, |tree| tree.snapshot().walk().count());
    let loaded = Timestamp::from_second(shared.own.reloaded_at.get()).unwrap_or_default();
    success(RuntimeInfo {
        start_time: started.unwrap_or_default().to_string(),
        cwd: cwd.display().to_string(),
        hostname: shared.machine.clone(),
        server_time: Timestamp::now().to_string(),
        reload_config_success: shared.own.reload_successful.get() == 1,
        last_config_time: loaded.to_string(),
        corruption_count: 0,
        goroutine_count: actors,
        max_procs: std::thread::available_parallelism().map_or(1, usize::from),
        memory_limit: 0,
        gc: "",
        debug: "",
        storage_retention: retention(&shared.live.load()),
    })
}

/// What of the settings is a flag of Prometheus
///
/// As Prometheus 3 answers.
#[utoipa::path(
    get,
    path = "/api/v1/status/flags",
    tag = "query",
    responses((status = 200, description = "`data`: by name", body = serde_json::Value))
)]
pub(crate) async fn flags(shared: Data<Shared>) -> HttpResponse {
    let settings = shared.live.load_full();
    let query = &settings.query;
    let server = &settings.server;
    let external = server.external_url.as_ref();
    let config = shared.reloader.flags.config.as_ref();
    let flags = BTreeMap::from([
        (
            "config.file",
            config.map_or(String::new(), |path| path.display().to_string()),
        ),
        ("query.lookback-delta", "5m".to_owned()),
        ("query.max-concurrency", query.concurrency.to_string()),
        ("query.max-samples", query.max_samples.to_string()),
        ("query.timeout", HumanDuration(query.timeout).to_string()),
        (
            "storage.tsdb.retention.size",
            settings.history.max_size.to_string(),
        ),
        (
            "storage.tsdb.retention.time",
            HumanDuration(settings.history.retention).to_string(),
        ),
        ("storage.tsdb.path", server.data.display().to_string()),
        (
            "web.external-url",
            external.map_or(String::new(), ToString::to_string),
        ),
        ("web.listen-address", server.address.to_string()),
        ("web.max-connections", server.max_connections.to_string()),
        ("web.route-prefix", format!("{}/", server.prefix())),
    ]);
    success(flags)
}

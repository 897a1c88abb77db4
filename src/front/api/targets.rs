//! `targets`: whose metrics Vitals takes under their own names, and how that goes.

use std::{collections::BTreeMap, time::Duration};

use actix_web::{HttpResponse, web::Data};
use serde::Serialize;
use tokio::time::Instant;
use vitals_actors::{
    http::{BaseUrl, PageUrl},
    standing::Standing,
    units::HumanDuration,
};

use super::{
    answer::success,
    failure::{Failure, FailureBody},
    form::Form,
};
use crate::{front::shared::Shared, settings::Settings};

/// Of an IRIS, its page of metrics.
const IRIS_METRICS: &str = "/api/monitor/metrics";
/// When who has never been asked was asked last, as Go writes no time.
const NEVER: &str = "0001-01-01T00:00:00Z";

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Targets {
    active_targets: Vec<Target>,
    dropped_targets: [(); 0],
    dropped_target_counts: BTreeMap<String, u64>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Target {
    discovered_labels: BTreeMap<&'static str, String>,
    labels: BTreeMap<String, String>,
    scrape_pool: String,
    scrape_url: String,
    global_url: String,
    /// A reason of the closed list: details may be nobody's business.
    last_error: &'static str,
    last_scrape: String,
    last_scrape_duration: f64,
    health: &'static str,
    scrape_interval: String,
    scrape_timeout: String,
}

/// Somebody who is asked.
struct Asked {
    /// The collector's name.
    name: String,
    job: String,
    scheme: &'static str,
    address: String,
    path: String,
    interval: Duration,
}

impl Asked {
    fn page(name: String, job: &str, server: &BaseUrl, path: &str, interval: Duration) -> Self {
        // A query may hold a token.
        let path = path.split('?').next().unwrap_or_default();
        Asked {
            name,
            job: job.to_owned(),
            scheme: if server.is_tls() { "https" } else { "http" },
            address: server.endpoint().to_string(),
            path: path.to_owned(),
            interval,
        }
    }

    fn all(settings: &Settings) -> Vec<Self> {
        let interval = settings.collect.interval;
        let mut all = vec![Asked {
            name: "system".to_owned(),
            job: settings.system.job.clone(),
            scheme: "file",
            address: String::new(),
            path: settings.system.procfs.display().to_string(),
            interval: settings.system.interval,
        }];
        for iris in &settings.iris {
            if let Some(url) = &iris.url {
                let name = format!("iris/{}", iris.name);
                // Behind a gateway there is a path in front.
                let below = url.to_string();
                let below = below.splitn(4, '/').nth(3).unwrap_or_default();
                let path = match below.trim_end_matches('/') {
                    "" => IRIS_METRICS.to_owned(),
                    below => format!("/{below}{IRIS_METRICS}"),
                };
                all.push(Asked::page(name, &iris.job, url, &path, interval));
            }
        }
        for application in &settings.application {
            let name = format!("application/{}", application.name);
            if let Some(page) = &application.metrics {
                all.push(Asked::at(name, &application.job, page, interval));
            }
        }
        for scrape in &settings.scrape {
            if let Some(page) = &scrape.url {
                let name = format!("scrape/{}", scrape.name);
                let interval = scrape.interval.unwrap_or(interval);
                all.push(Asked::at(name, &scrape.name, page, interval));
            }
        }
        all
    }

    fn at(name: String, job: &str, page: &PageUrl, interval: Duration) -> Self {
        Asked::page(name, job, page.server(), page.path(), interval)
    }

    fn target(self, standing: &Standing, timeout: Duration) -> Target {
        let source = standing.source(&self.name);
        let observation = source.map(|source| &source.observation);
        let error = observation.and_then(|observation| observation.outcome.error.as_ref());
        let health = match source {
            None => "unknown",
            Some(source) if source.is_up(Instant::now()) => "up",
            Some(_) => "down",
        };
        let labels = observation.map(|observation| {
            let labels = observation.identity.iter();
            labels.map(|(name, value)| (name.to_owned(), value.to_owned()))
        });
        let scrape_url = format!("{}://{}{}", self.scheme, self.address, self.path);
        let (interval, timeout) = (text(self.interval), text(timeout));
        Target {
            labels: labels.map(Iterator::collect).unwrap_or_default(),
            discovered_labels: BTreeMap::from([
                ("__address__", self.address),
                ("__metrics_path__", self.path),
                ("__scheme__", self.scheme.to_owned()),
                ("__scrape_interval__", interval.clone()),
                ("__scrape_timeout__", timeout.clone()),
                ("job", self.job),
            ]),
            scrape_pool: self.name,
            global_url: scrape_url.clone(),
            scrape_url,
            last_error: error.map_or("", |error| error.reason.as_str()),
            last_scrape: observation.map_or(NEVER.to_owned(), |seen| seen.at.to_string()),
            last_scrape_duration: observation.map_or(0.0, |seen| seen.outcome.took.as_secs_f64()),
            health,
            scrape_interval: interval,
            scrape_timeout: timeout,
        }
    }
}

fn text(duration: Duration) -> String {
    HumanDuration(duration).to_string()
}

/// Whom Vitals asks
///
/// As Prometheus 3 answers; a pool is a collector. `lastError` is a reason of the closed list.
#[utoipa::path(
    get,
    path = "/api/v1/targets",
    tag = "query",
    params(
        ("state" = Option<String>, Query, description = "`active`, `dropped` or `any`; none is ever dropped"),
        ("scrapePool" = Option<String>, Query, description = "Of this one only"),
    ),
    responses(
        (status = 200, description = "`data`: `activeTargets`, `droppedTargets`", body = serde_json::Value),
        (status = 400, description = "`bad_data`", body = FailureBody),
    )
)]
pub(crate) async fn targets(form: Form, shared: Data<Shared>) -> Result<HttpResponse, Failure> {
    let state = form.first("state").unwrap_or("any").to_lowercase();
    let pool = form.first("scrapePool");
    let settings = shared.live.load_full();
    let standing = shared.last_known.standing.load_full();
    let mut asked = Asked::all(&settings);
    asked.retain(|asked| state != "dropped" && pool.is_none_or(|pool| pool == asked.name));
    let target = |asked: Asked| asked.target(&standing, settings.collect.timeout);
    Ok(success(Targets {
        active_targets: asked.into_iter().map(target).collect(),
        dropped_targets: [],
        dropped_target_counts: BTreeMap::new(),
    }))
}

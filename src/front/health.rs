//! `GET /health`: draft-inadarei-api-health-check-06. 200 for pass and warn, 503 for fail.

use std::{sync::Arc, time::Duration};

use actix_web::{
    HttpRequest, HttpResponse,
    http::{
        StatusCode,
        header::{ACCEPT, CACHE_CONTROL, CONTENT_TYPE},
    },
    web::Data,
};
use serde::Serialize;
use utoipa::ToSchema;
use vitals_actors::{
    health::{HealthReport, HealthStatus},
    messages::GetHealth,
};

use super::{fallback, shared::Shared};
use crate::build;

const HEALTH_JSON: &str = "application/health+json";
const JSON: &str = "application/json";

/// The verdict of the last check.
#[derive(Serialize, ToSchema)]
#[schema(as = Health)]
#[serde(rename_all = "camelCase")]
struct Body<'a> {
    status: HealthStatus,
    version: &'static str,
    release_id: String,
    service_id: &'static str,
    description: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    output: Option<&'a str>,
    /// What must be known of all this.
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    notes: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    checks: Option<&'a std::collections::BTreeMap<String, Vec<vitals_actors::health::Check>>>,
}

/// Whether Vitals itself works, and what it cannot see
///
/// As draft-inadarei-api-health-check-06 has it; `application/json` if only that is accepted.
#[utoipa::path(
    get,
    path = "/health",
    tag = "health",
    responses(
        (status = 200, description = "It works (pass), perhaps with something missing (warn)",
            content((Body = "application/health+json"), (Body = "application/json"))),
        (status = 503, description = "Vitals itself is broken (fail)",
            content((Body = "application/health+json"), (Body = "application/json"))),
    )
)]
pub(crate) async fn health(request: HttpRequest, shared: Data<Shared>) -> HttpResponse {
    let (report, stale) = match fallback::ask(&shared.aggregator, GetHealth).await {
        Ok(report) => (report, false),
        Err(_) => (shared.last_known.health.load_full(), true),
    };
    let (status, output) = verdict(report.as_ref(), &shared);
    let body = Body {
        status,
        version: "1",
        release_id: build::release_id(),
        service_id: "vitals",
        description: "Vitals, the monitor of the integration stack",
        output: output.as_deref(),
        notes: report
            .as_deref()
            .map(|report| &*report.notes)
            .unwrap_or_default(),
        checks: report.as_deref().map(|report| &report.checks),
    };
    let code = match status {
        HealthStatus::Pass | HealthStatus::Warn => StatusCode::OK,
        HealthStatus::Fail => StatusCode::SERVICE_UNAVAILABLE,
    };
    let mut response = HttpResponse::build(code);
    if let Some(report) = report.as_ref().filter(|_| stale) {
        fallback::mark_stale(&mut response, report.at.elapsed());
    }
    response
        .insert_header((CONTENT_TYPE, content_type(&request)))
        .insert_header((CACHE_CONTROL, "no-store"))
        .json(body)
}

fn verdict(report: Option<&Arc<HealthReport>>, shared: &Shared) -> (HealthStatus, Option<String>) {
    let Some(tree) = shared.tree.get() else {
        return (HealthStatus::Pass, Some("starting".to_owned()));
    };
    if let Some(silence) = tree.silence().filter(|silence| *silence > ROOT_SILENCE) {
        let output = format!("the root of the tree is silent for {} s", silence.as_secs());
        return (HealthStatus::Fail, Some(output));
    }
    match report {
        Some(report) if report.at.elapsed() > shared.lasts().health => {
            let seconds = report.at.elapsed().as_secs();
            let output = format!("the health checker has been silent for {seconds} s");
            (HealthStatus::Fail, Some(output))
        }
        Some(report) => (report.status, report.output.clone()),
        None if build::age() > shared.lasts().health => {
            let output = "the health checker has given no verdict".to_owned();
            (HealthStatus::Fail, Some(output))
        }
        None => (
            HealthStatus::Pass,
            Some("the first check is under way".to_owned()),
        ),
    }
}

/// The root looks after its children at least every two seconds.
pub(crate) const ROOT_SILENCE: Duration = Duration::from_secs(15);

fn content_type(request: &HttpRequest) -> &'static str {
    let accept = request.headers().get(ACCEPT).and_then(|v| v.to_str().ok());
    match accept {
        Some(accept) if accept.contains(JSON) && !accept.contains(HEALTH_JSON) => JSON,
        _ => HEALTH_JSON,
    }
}

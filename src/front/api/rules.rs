//! `rules` and `alerts`. No rules are evaluated yet: whoever evaluates them puts them in here.

use actix_web::HttpResponse;
use serde::Serialize;

use super::{
    answer::success,
    failure::{Failure, FailureBody},
    form::Form,
};

/// Groups of rules.
#[derive(Serialize)]
struct Rules {
    groups: [(); 0],
}

/// Alerts that are pending or firing.
#[derive(Serialize)]
struct Alerts {
    alerts: [(); 0],
}

/// Rules
///
/// As Prometheus 3 answers.
#[utoipa::path(
    get,
    path = "/api/v1/rules",
    tag = "query",
    params(("type" = Option<String>, Query, description = "`alert` or `record`")),
    responses(
        (status = 200, description = "`data`: `groups`", body = serde_json::Value),
        (status = 400, description = "`bad_data`", body = FailureBody),
    )
)]
pub(crate) async fn rules(form: Form) -> Result<HttpResponse, Failure> {
    let kind = form.first("type").unwrap_or_default().to_lowercase();
    if !["", "alert", "record"].contains(&&*kind) {
        let why = format!("not supported value {kind:?}");
        return Err(Failure::parameter("type", why));
    }
    Ok(success(Rules { groups: [] }))
}

/// Alerts
///
/// As Prometheus 3 answers.
#[utoipa::path(
    get,
    path = "/api/v1/alerts",
    tag = "query",
    responses((status = 200, description = "`data`: `alerts`", body = serde_json::Value))
)]
pub(crate) async fn alerts() -> HttpResponse {
    success(Alerts { alerts: [] })
}

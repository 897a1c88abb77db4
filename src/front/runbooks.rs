//! `GET /runbooks/{alert}`: what an operator is to check and to do when an alert fires.

use actix_web::{HttpResponse, http::StatusCode, web::Path};
use vitals_actors::alert::built_in::runbook;

use super::error::{self, ErrorBody};

/// What to do about an alert
///
/// For each alert that comes with Vitals, in Markdown.
#[utoipa::path(
    get,
    path = "/runbooks/{alertname}",
    tag = "alerts",
    params(("alertname" = String, Path, description = "Such as `VitalsHostCpuHigh`")),
    responses(
        (status = 200, description = "The page", body = String, content_type = "text/markdown; charset=utf-8"),
        (status = 404, description = "`not_found`: there is none for such an alert", body = ErrorBody),
    )
)]
pub(crate) async fn runbooks(alert: Path<String>) -> HttpResponse {
    match runbook(&alert) {
        Some(text) => HttpResponse::Ok()
            .content_type("text/markdown; charset=utf-8")
            .body(text),
        None => {
            let message = "there is no runbook for such an alert; /api/v1/rules lists the alerts";
            error::error(StatusCode::NOT_FOUND, "not_found", message)
        }
    }
}

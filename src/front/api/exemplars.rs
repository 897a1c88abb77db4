//! `query_exemplars`: samples that lead to traces. Vitals keeps none; whoever asks is told so, and
//! what is wrong with his question.

use actix_web::{HttpRequest, HttpResponse, web::Data};
use promql::{Engine, Limits};
use serde_json::json;

use super::{
    answer::success,
    asked::look_up,
    failure::{Failure, FailureBody},
    form::Form,
    time,
};
use crate::front::shared::Shared;

/// Exemplars: none are kept
///
/// As Prometheus 3 answers; by GET, or by POST with a form.
#[utoipa::path(
    method(get, post),
    path = "/api/v1/query_exemplars",
    tag = "query",
    params(
        ("query" = String, Query, description = "PromQL", example = "up"),
        ("start" = Option<String>, Query, description = "RFC 3339 or Unix seconds"),
        ("end" = Option<String>, Query, description = "RFC 3339 or Unix seconds"),
    ),
    responses(
        (status = 200, description = "`data`: an empty list", body = serde_json::Value),
        (status = 400, description = "`bad_data`", body = FailureBody),
    )
)]
pub(crate) async fn query_exemplars(
    request: HttpRequest,
    form: Form,
    shared: Data<Shared>,
) -> Result<HttpResponse, Failure> {
    let (start_ms, end_ms) = time::range(&form)?;
    if end_ms < start_ms {
        let message = "end timestamp must not be before start timestamp";
        return Err(Failure::bad_data(message));
    }
    let text = form.first("query").unwrap_or_default().to_owned();
    let work = move |_: &_, limits: &Limits| {
        let query = Engine::new(*limits).parse(&text);
        let query = query.map_err(|error| Failure::bad_data(error.to_string()));
        query.map(|_| ())
    };
    look_up(&request, &shared, work).await?;
    Ok(success(json!([])))
}

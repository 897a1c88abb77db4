//! `GET /metrics`.

use actix_web::{
    HttpRequest, HttpResponse, HttpResponseBuilder,
    http::header::{ACCEPT, CONTENT_ENCODING, CONTENT_TYPE, VARY},
    web::Data,
};
use exposition::text::Format;
use tokio::time::Instant;
use vitals_actors::{aggregator::own_families, messages::GetExposition, page::Page};

use super::{
    coding::wants_gzip,
    error::{self, ErrorBody},
    fallback,
    shared::Shared,
};

/// Everything that counts now
///
/// Prometheus text, or OpenMetrics where `Accept` prefers it; gzip when asked for.
#[utoipa::path(
    get,
    path = "/metrics",
    tag = "measurements",
    responses(
        (
            status = 200, description = "The page",
            content(
                (String = "text/plain; version=0.0.4; charset=utf-8"),
                (String = "application/openmetrics-text; version=1.0.0; charset=utf-8"),
            ),
            headers(
                ("Age" = Option<u64>, description = "Seconds; only on an answer from what was last known"),
                ("X-Vitals-Stale" = Option<String>, description = "`true` on such an answer"),
            )
        ),
        (status = 503, description = "Nothing has been measured lately", body = ErrorBody),
    )
)]
pub(crate) async fn metrics(request: HttpRequest, shared: Data<Shared>) -> HttpResponse {
    let accept = request.headers().get(ACCEPT).and_then(|v| v.to_str().ok());
    let format = Format::negotiate(accept);
    shared.freshness.refresh().await;

    let mut response = HttpResponse::Ok();
    response.insert_header((CONTENT_TYPE, format.content_type()));
    // What the aggregator would answer, where nothing has changed since it was asked last.
    if let Some(page) = shared.last_known.page(format, Instant::now()) {
        return body(&request, response, &page);
    }
    if let Ok(page) = fallback::ask(&shared.aggregator, GetExposition(format)).await {
        return body(&request, response, &page);
    }

    let standing = shared.last_known.standing.load_full();
    match standing.age(Instant::now()) {
        Some(age) if age <= shared.lasts().exposition => {
            let own = own_families(&standing, &shared.aggregator_settings);
            fallback::mark_stale(&mut response, age);
            body(&request, response, &Page::render(&standing, &own, format))
        }
        _ => error::unavailable("nothing has been measured lately"),
    }
}

/// A page is compressed once, not once per scrape.
fn body(request: &HttpRequest, mut response: HttpResponseBuilder, page: &Page) -> HttpResponse {
    response.insert_header((VARY, "Accept, Accept-Encoding"));
    if wants_gzip(request) {
        response.insert_header((CONTENT_ENCODING, "gzip"));
        response.body(page.gzip().clone())
    } else {
        response.body(page.body.clone())
    }
}

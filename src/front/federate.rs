//! `GET /federate`.

use std::io::Write;

use actix_web::{
    HttpRequest, HttpResponse,
    http::{
        StatusCode,
        header::{CONTENT_ENCODING, CONTENT_TYPE, VARY},
    },
    web::{self, Bytes, Data},
};
use exposition::text::Format;
use flate2::{Compression, write::GzEncoder};
use tokio::time::Instant;
use vitals_actors::{
    aggregator::own_families,
    federation::{self, TooManySeries},
    messages::{GetStanding, Heirloom},
};

use super::{
    coding::wants_gzip,
    error::{self, ErrorBody},
    fallback, query,
    shared::Shared,
};
use crate::selectors::{self, BadSelectors};

const MATCH: &str = "match[]";
/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
enum Refusal {
    #[error("match[] must say which series, such as match[]={{job=\"iris\"}}")]
    NoMatch,
    #[error(transparent)]
    BadSelectors(#[from] BadSelectors),
    #[error(transparent)]
    TooManySeries(#[from] TooManySeries),
}

impl Refusal {
    fn answer(&self) -> HttpResponse {
        let (status, code) = match self {
            Refusal::NoMatch => (StatusCode::BAD_REQUEST, "no_match"),
            Refusal::BadSelectors(bad) => (StatusCode::BAD_REQUEST, bad.code()),
            Refusal::TooManySeries(_) => (StatusCode::UNPROCESSABLE_ENTITY, "too_many_series"),
        };
        error::error(status, code, &self.to_string())
    }
}

/// The latest of the series that are selected
///
/// For a Prometheus that scrapes it with `honor_labels: true`: what sources tell under their own
/// names (`node_*`, `iris_*`) with the `job` and `instance` of the source, `up` of each source, and
/// what Vitals says itself; each with the moment of its measurement. Prometheus text; gzip when asked
/// for.
#[utoipa::path(
    get,
    path = "/federate",
    tag = "measurements",
    params((
        "match[]" = Vec<String>, Query, explode, min_items = 1, max_items = 64,
        description = "An instant vector selector, such as `{job=\"iris\"}`; a series is selected by any of them",
        example = json!(["{job=\"node\"}"]),
    )),
    responses(
        (
            status = 200, description = "The page; empty where nothing is selected",
            body = String, content_type = "text/plain; version=0.0.4; charset=utf-8",
            headers(
                ("Age" = Option<u64>, description = "Seconds; only on an answer from what was last known"),
                ("X-Vitals-Stale" = Option<String>, description = "`true` on such an answer"),
            )
        ),
        (
            status = 400, body = ErrorBody,
            description = "`no_match`: there is none. `bad_match`: one is no such selector. \
                `too_many_matches`, `too_many_patterns`: more than 64 of them, or of their regular expressions",
        ),
        (status = 422, description = "`too_many_series`: more than 100,000 are selected", body = ErrorBody),
        (status = 500, description = "`internal`: it could not be made; the log says where", body = ErrorBody),
        (status = 503, description = "Nothing has been measured lately, or too much is asked", body = ErrorBody),
    )
)]
pub(crate) async fn federate(request: HttpRequest, shared: Data<Shared>) -> HttpResponse {
    let Some(texts) = query::parameters(request.query_string(), MATCH, selectors::MOST) else {
        return Refusal::from(BadSelectors::TooMany).answer();
    };
    if texts.is_empty() {
        return Refusal::NoMatch.answer();
    }
    let Some(turn) = shared.room.turn().await else {
        return error::overloaded("too many large answers are being made");
    };
    let mut response = HttpResponse::Ok();
    shared.freshness.refresh().await;
    let standing = match fallback::ask(&shared.aggregator, GetStanding).await {
        Ok(standing) => standing,
        Err(_) => {
            let standing = shared.last_known.standing.load_full();
            match standing.age(Instant::now()) {
                Some(age) if age <= shared.lasts().exposition => {
                    fallback::mark_stale(&mut response, age);
                }
                _ => return error::unavailable("nothing has been measured lately"),
            }
            standing
        }
    };
    let gzip = wants_gzip(&request);
    let made = {
        let shared = shared.clone();
        web::block(move || {
            let page = page(&texts, &standing, &shared);
            drop(turn);
            page.map(|page| if gzip { compressed(&page) } else { page.into() })
        })
    };
    let page = match made.await {
        Ok(Ok(page)) => page,
        Ok(Err(refusal)) => return refusal.answer(),
        // It panicked; the hook has logged where.
        Err(_) => {
            let message = "the page could not be made; the log says where";
            return error::error(StatusCode::INTERNAL_SERVER_ERROR, "internal", message);
        }
    };
    let Some(page) = shared.room.hold(page) else {
        return error::overloaded("too many large answers wait for their clients");
    };
    response.insert_header((CONTENT_TYPE, Format::Prometheus004.content_type()));
    response.insert_header((VARY, "Accept-Encoding"));
    if gzip {
        response.insert_header((CONTENT_ENCODING, "gzip"));
    }
    response.body(page)
}

/// All that takes a while: not on a thread that answers others.
fn page(texts: &[String], standing: &Heirloom, shared: &Shared) -> Result<String, Refusal> {
    let selectors = selectors::parse(texts)?;
    let own = own_families(standing, &shared.aggregator_settings);
    Ok(federation::render(standing, &own, &selectors)?)
}

fn compressed(page: &str) -> Bytes {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
    // Writing to memory does not fail; were it to, an empty page would say so.
    let written = gzip.write_all(page.as_bytes()).and_then(|()| gzip.finish());
    written.unwrap_or_default().into()
}

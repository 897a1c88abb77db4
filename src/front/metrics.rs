//! `GET /metrics`.

use actix_web::{
    HttpRequest, HttpResponse,
    http::header::{ACCEPT, CONTENT_TYPE},
    web::Data,
};
use exposition::text::Format;
use tokio::time::Instant;
use vitals_actors::{aggregator::own_families, messages::GetExposition, page::Page};

use super::{error, fallback, shared::Shared};

pub(crate) async fn metrics(request: HttpRequest, shared: Data<Shared>) -> HttpResponse {
    let accept = request.headers().get(ACCEPT).and_then(|v| v.to_str().ok());
    let format = Format::negotiate(accept);
    shared.freshness.refresh().await;

    let mut response = HttpResponse::Ok();
    response.insert_header((CONTENT_TYPE, format.content_type()));
    response.insert_header(("Vary", "Accept"));
    if let Ok(page) = fallback::ask(&shared.aggregator, GetExposition(format)).await {
        return response.body(page.body.clone());
    }

    let standing = shared.last_known.standing.load_full();
    match standing.age(Instant::now()) {
        Some(age) if age <= shared.lasts.exposition => {
            let own = own_families(&standing, &shared.aggregator_settings);
            fallback::mark_stale(&mut response, age);
            response.body(Page::render(&standing, &own, format).body)
        }
        _ => error::unavailable("nothing has been measured lately"),
    }
}

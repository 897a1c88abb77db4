//! `GET /summary`.

use std::{sync::Arc, time::Duration};

use actix_web::{HttpResponse, web::Data};
use jiff::Timestamp;
use vitals_actors::{messages::GetSummary, summary::Summary};

use super::{
    error::{self, ErrorBody},
    fallback,
    shared::Shared,
};

/// The targets, judged
#[utoipa::path(
    get,
    path = "/summary",
    tag = "measurements",
    responses(
        (
            status = 200, description = "The summary of the last minute", body = Summary,
            headers(
                ("Age" = Option<u64>, description = "Seconds; only on an answer from what was last known"),
                ("X-Vitals-Stale" = Option<String>, description = "`true` on such an answer"),
            )
        ),
        (status = 503, description = "There is no summary yet, or none of late", body = ErrorBody),
    )
)]
pub(crate) async fn summary(shared: Data<Shared>) -> HttpResponse {
    if let Ok(Some(summary)) = fallback::ask(&shared.aggregator, GetSummary).await {
        return HttpResponse::Ok().json(&*summary);
    }
    match shared.last_known.summary.load_full() {
        Some(summary) if age(&summary) <= shared.lasts().summary => {
            let mut response = HttpResponse::Ok();
            fallback::mark_stale(&mut response, age(&summary));
            response.json(&*summary)
        }
        _ => error::unavailable("there is no summary yet, or none of late"),
    }
}

fn age(summary: &Arc<Summary>) -> Duration {
    age_of(summary.generated_at)
}

/// By the wall clock; a moment in the future is now.
fn age_of(at: Timestamp) -> Duration {
    Timestamp::now()
        .duration_since(at)
        .try_into()
        .unwrap_or_default()
}

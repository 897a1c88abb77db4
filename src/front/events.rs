//! `GET /vitals/v1/events`: what happens, as it happens, as server-sent events.

use std::{convert::Infallible, sync::Arc, time::Duration};

use actix_web::{
    HttpRequest, HttpResponse,
    http::header::{CACHE_CONTROL, CONTENT_TYPE},
    web::{Bytes, Data},
};
use futures::stream;
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};
use vitals_actors::events::Reader;

use super::{
    error::{self, ErrorBody},
    query::parameter,
    shared::Shared,
};

/// Whoever watches holds a connection for long: so many at once.
const MOST: usize = 64;
/// So long without an event, and a comment shows that the connection lives.
const QUIET: Duration = Duration::from_secs(15);

/// How many may watch.
pub(crate) struct Seats(Arc<Semaphore>);

impl Default for Seats {
    fn default() -> Self {
        Seats(Arc::new(Semaphore::new(MOST)))
    }
}

struct Watching {
    reader: Reader,
    shared: Data<Shared>,
    begun: bool,
    _seat: OwnedSemaphorePermit,
}

/// What happens, as it happens
///
/// Server-sent events: `tick` once a second with the targets, `alert` when one begins to fire or ends,
/// `supervision` when something happens to an actor. `Last-Event-ID` (or `?last_event_id=`) goes on
/// behind an event that was seen; the last 1,000 are kept. Whoever is too slow is cut off and comes
/// again.
#[utoipa::path(
    get,
    path = "/vitals/v1/events",
    tag = "alerts",
    params(
        ("Last-Event-ID" = Option<u64>, Header, description = "The last event that was seen"),
        ("last_event_id" = Option<u64>, Query, description = "The same"),
    ),
    responses(
        (status = 200, description = "The stream", body = String, content_type = "text/event-stream"),
        (status = 400, description = "`bad_parameter`: no number", body = ErrorBody),
        (status = 503, description = "`overloaded`: 64 are watching", body = ErrorBody),
    )
)]
pub(crate) async fn events(request: HttpRequest, shared: Data<Shared>) -> HttpResponse {
    let header = request.headers().get("Last-Event-ID");
    let header = header.map(|value| value.to_str().unwrap_or("?").to_owned());
    let seen = header.or_else(|| parameter(request.query_string(), "last_event_id"));
    let seen = match seen.as_deref().map(str::trim) {
        None | Some("") => None,
        Some(text) => match text.parse() {
            Ok(seen) => Some(seen),
            Err(_) => {
                let message = "Last-Event-ID is the number of an event";
                let status = actix_web::http::StatusCode::BAD_REQUEST;
                return error::error(status, "bad_parameter", message);
            }
        },
    };
    let Ok(seat) = shared.seats.0.clone().try_acquire_owned() else {
        return error::overloaded("too many are watching");
    };
    let watching = Watching {
        reader: shared.events.read(seen),
        shared: shared.clone(),
        begun: false,
        _seat: seat,
    };
    let pieces = stream::unfold(watching, async |mut watching| {
        let piece = watching.next().await?;
        Some((Ok::<_, Infallible>(piece), watching))
    });
    HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "text/event-stream"))
        .insert_header((CACHE_CONTROL, "no-store"))
        .insert_header(("X-Accel-Buffering", "no"))
        // Compressed, an event would wait for the next ones.
        .insert_header(actix_web::http::header::ContentEncoding::Identity)
        .streaming(Box::pin(pieces))
}

impl Watching {
    async fn next(&mut self) -> Option<Bytes> {
        if !std::mem::replace(&mut self.begun, true) {
            return Some(Bytes::from_static(b"retry: 2000\n\n"));
        }
        if self.shared.is_draining() {
            return None;
        }
        match timeout(QUIET, self.reader.next()).await {
            Ok(Ok(events)) => {
                let text: String = events.iter().map(ToString::to_string).collect();
                Some(text.into())
            }
            // Too slow: it is to come again, and say what it saw last.
            Ok(Err(_)) => None,
            Err(_) => Some(Bytes::from_static(b":\n\n")),
        }
    }
}

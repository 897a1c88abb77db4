//! Errors of our own routes: JSON with a code that stays.

use actix_web::{HttpResponse, HttpResponseBuilder, http::StatusCode};
use serde::Serialize;

#[derive(Serialize)]
struct Body<'a> {
    error: Content<'a>,
}

#[derive(Serialize)]
struct Content<'a> {
    code: &'a str,
    message: &'a str,
}

/// `{"error":{"code","message"}}`
pub(crate) fn error(status: StatusCode, code: &str, message: &str) -> HttpResponse {
    with(HttpResponse::build(status), code, message)
}

/// The same, for an answer that has headers already.
pub(crate) fn with(mut response: HttpResponseBuilder, code: &str, message: &str) -> HttpResponse {
    response.json(Body {
        error: Content { code, message },
    })
}

/// Nothing young enough is known.
pub(crate) fn unavailable(message: &str) -> HttpResponse {
    let mut response = HttpResponse::ServiceUnavailable();
    response.insert_header(("Retry-After", "1"));
    with(response, "unavailable", message)
}

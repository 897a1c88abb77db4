//! Errors of our own routes: JSON with a code that stays.

use std::borrow::Cow;

use actix_web::{
    HttpRequest, HttpResponse, HttpResponseBuilder, ResponseError, http::StatusCode, web::Data,
};
use serde::Serialize;
use utoipa::ToSchema;

use super::{api, shared::Shared};

/// What every route answers where it cannot do what it was asked.
#[derive(Serialize, ToSchema)]
#[schema(as = Error)]
pub(crate) struct ErrorBody<'a> {
    error: Content<'a>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = ErrorContent)]
struct Content<'a> {
    /// For machines; it stays what it is.
    #[schema(example = "not_found")]
    code: Cow<'a, str>,
    /// For people.
    message: Cow<'a, str>,
}

/// `{"error":{"code","message"}}`
pub(crate) fn error(status: StatusCode, code: &str, message: &str) -> HttpResponse {
    with(HttpResponse::build(status), code, message)
}

/// The same, for an answer that has headers already.
pub(crate) fn with(mut response: HttpResponseBuilder, code: &str, message: &str) -> HttpResponse {
    response.json(ErrorBody {
        error: Content {
            code: code.into(),
            message: message.into(),
        },
    })
}

/// The same as whoever asks expects it: below the paths of Prometheus's API it has Prometheus's shape.
/// `path` is without the prefix.
pub(crate) fn for_path(
    path: &str,
    mut response: HttpResponseBuilder,
    code: &str,
    message: &str,
) -> HttpResponse {
    match api::is_of_the_api(path) {
        true => response.json(api::body(code, message)),
        false => with(response, code, message),
    }
}

/// The same, for a request.
pub(crate) fn at(
    request: &HttpRequest,
    response: HttpResponseBuilder,
    code: &str,
    message: &str,
) -> HttpResponse {
    let shared = request.app_data::<Data<Shared>>();
    let path = request.path();
    let path = shared.map_or(path, |shared| shared.below_prefix(path));
    for_path(path, response, code, message)
}

/// Nothing young enough is known.
pub(crate) fn unavailable(message: &str) -> HttpResponse {
    let mut response = HttpResponse::ServiceUnavailable();
    response.insert_header(("Retry-After", "1"));
    with(response, "unavailable", message)
}

/// Too much is going on at the moment.
pub(crate) fn overloaded(message: &str) -> HttpResponse {
    let mut response = HttpResponse::ServiceUnavailable();
    response.insert_header(("Retry-After", "1"));
    with(response, "overloaded", message)
}

/// A part of the path is not even text.
#[derive(Debug, thiserror::Error)]
#[error("the path is not text, once decoded")]
pub(crate) struct BadPath;

impl ResponseError for BadPath {
    fn error_response(&self) -> HttpResponse {
        error(StatusCode::BAD_REQUEST, "bad_path", &self.to_string())
    }
}

//! What the answers of IRIS and of its web gateway mean. Their text is shown to nobody: a page of an
//! error may quote a message.

use awc::http::StatusCode;
use bytes::Bytes;

use crate::{collector::Reason, http::Answer, net::Failure};

/// The body of a good answer to a question for metrics.
///
/// # Errors
/// What the status or the type of the body says instead, with what to do.
pub(super) fn metrics(answer: Answer) -> Result<Bytes, Failure> {
    good(answer.status)?;
    let content_type = &answer.content_type;
    if content_type.contains("html") || content_type.contains("json") {
        let detail = "what is answered is no page of metrics: look what is behind the URL";
        return Err(Failure::new(Reason::NotPrometheus, detail));
    }
    Ok(answer.body)
}

/// Whether a status is that of an answer.
pub(super) fn good(status: StatusCode) -> Result<(), Failure> {
    let (reason, remedy) = match status {
        StatusCode::OK => return Ok(()),
        StatusCode::UNAUTHORIZED => (
            Reason::Auth,
            "set username and password of this IRIS; a password that has expired must be changed",
        ),
        StatusCode::FORBIDDEN => (
            Reason::Forbidden,
            "the account may not use the web application /api/monitor",
        ),
        StatusCode::NOT_FOUND => (
            Reason::Disabled,
            "enable the web application /api/monitor, or correct the path of the URL",
        ),
        StatusCode::SERVICE_UNAVAILABLE => (
            Reason::Licence,
            "IRIS has no licence unit left, or is starting",
        ),
        StatusCode::BAD_GATEWAY | StatusCode::GATEWAY_TIMEOUT => (
            Reason::Unavailable,
            "the web gateway does not reach its IRIS",
        ),
        status if status.is_redirection() => (
            Reason::Redirect,
            "the answer sends us somewhere else, perhaps to log in: correct the URL",
        ),
        _ => (Reason::Http, "look into the log of the web gateway"),
    };
    let detail = format!("answered {}; {remedy}", status.as_u16());
    Err(Failure::new(reason, detail))
}

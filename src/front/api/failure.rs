//! Errors as the Prometheus API has them: `{"status":"error","errorType":"bad_data","error":"…"}`.

use std::fmt;

use actix_web::{
    HttpResponse, ResponseError,
    http::{StatusCode, header::RETRY_AFTER},
};
use promql::ErrorKind;
use serde::Serialize;
use utoipa::ToSchema;

/// Whether a path, without the prefix, is below those of the Prometheus API.
pub(in crate::front) fn is_of_the_api(path: &str) -> bool {
    path.starts_with("/api/v1/")
}

/// Why a request has no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::front) struct Failure {
    kind: FailureKind,
    message: String,
}

/// As in `errorType`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::front) enum FailureKind {
    /// What is asked makes no sense: 400.
    BadData,
    /// The query has no answer on this data, or asks for too much: 422.
    Execution,
    /// It took too long: 503.
    Timeout,
    /// Nobody waits for it any more: 499, as Prometheus 3 has it of nginx. Only logs and meters see it.
    Canceled,
    /// We failed: 500.
    Internal,
    /// Too much is going on: 503.
    Unavailable,
}

/// The body of such an answer.
#[derive(Serialize, ToSchema)]
#[schema(as = ApiError)]
pub(in crate::front) struct FailureBody<'a> {
    /// `error`
    #[schema(example = "error")]
    status: &'a str,
    /// `bad_data`, `execution`, `timeout`, `canceled`, `internal`, `unavailable` or `not_found`
    #[serde(rename = "errorType")]
    #[schema(example = "bad_data")]
    error_type: &'a str,
    /// For people.
    error: &'a str,
}

impl FailureKind {
    /// As in `errorType`, and what requests are counted by.
    pub(in crate::front) fn as_str(self) -> &'static str {
        match self {
            FailureKind::BadData => "bad_data",
            FailureKind::Execution => "execution",
            FailureKind::Timeout => "timeout",
            FailureKind::Canceled => "canceled",
            FailureKind::Internal => "internal",
            FailureKind::Unavailable => "unavailable",
        }
    }

    fn status(self) -> StatusCode {
        match self {
            // It has no name: it is no standard.
            FailureKind::Canceled => {
                StatusCode::from_u16(499).unwrap_or(StatusCode::SERVICE_UNAVAILABLE)
            }
            FailureKind::BadData => StatusCode::BAD_REQUEST,
            FailureKind::Execution => StatusCode::UNPROCESSABLE_ENTITY,
            FailureKind::Internal => StatusCode::INTERNAL_SERVER_ERROR,
            FailureKind::Timeout | FailureKind::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        }
    }
}

impl Failure {
    pub(in crate::front) fn new(kind: FailureKind, message: impl Into<String>) -> Self {
        Failure {
            kind,
            message: message.into(),
        }
    }

    pub(in crate::front) fn bad_data(message: impl Into<String>) -> Self {
        Failure::new(FailureKind::BadData, message)
    }

    /// A parameter of the request is not what it should be.
    pub(in crate::front) fn parameter(name: &str, why: impl fmt::Display) -> Self {
        Failure::bad_data(format!("invalid parameter \"{name}\": {why}"))
    }

    pub(in crate::front) fn kind(&self) -> FailureKind {
        self.kind
    }
}

impl From<promql::Error> for Failure {
    fn from(error: promql::Error) -> Self {
        let kind = match error.kind() {
            ErrorKind::BadData => FailureKind::BadData,
            ErrorKind::Execution => FailureKind::Execution,
            ErrorKind::Timeout => FailureKind::Timeout,
            ErrorKind::Canceled => FailureKind::Canceled,
            ErrorKind::Internal => FailureKind::Internal,
        };
        Failure::new(kind, error.to_string())
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Failure {}

impl ResponseError for Failure {
    fn status_code(&self) -> StatusCode {
        self.kind.status()
    }

    fn error_response(&self) -> HttpResponse {
        let mut response = HttpResponse::build(self.kind.status());
        if self.kind == FailureKind::Unavailable {
            response.insert_header((RETRY_AFTER, "1"));
        }
        response.json(body(self.kind.as_str(), &self.message))
    }
}

/// The body of an error of this type, for those who answer before a route of the API does.
pub(in crate::front) fn body<'a>(error_type: &'a str, error: &'a str) -> FailureBody<'a> {
    FailureBody {
        status: "error",
        error_type,
        error,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[actix_web::test]
    async fn failures_look_as_those_of_prometheus() {
        let failure = Failure::parameter("step", "cannot parse \"x\" to a valid duration");
        let response = failure.error_response();
        assert_eq!(response.status(), 400);
        let body = actix_web::body::to_bytes(response.into_body()).await;
        let expected = r#"{"status":"error","errorType":"bad_data","error":"invalid parameter \"step\": cannot parse \"x\" to a valid duration"}"#;
        assert_eq!(&body.ok().unwrap()[..], expected.as_bytes());
        for (error, status, kind) in [
            (promql::Error::TooManySamples, 422, "execution"),
            (promql::Error::Timeout, 503, "timeout"),
            (promql::Error::Canceled, 499, "canceled"),
            (promql::Error::Storage("x".into()), 500, "internal"),
            (promql::Error::Parameter("x".into()), 400, "bad_data"),
        ] {
            let failure = Failure::from(error);
            let told = (failure.status_code().as_u16(), failure.kind().as_str());
            assert_eq!(told, (status, kind));
        }
    }
}

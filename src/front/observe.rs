//! What happens around every request: it is counted and timed, and a panic becomes an answer.

use std::{panic::AssertUnwindSafe, time::Instant};

use actix_web::{
    Error, HttpResponse, ResponseError,
    body::MessageBody,
    dev::{ServiceRequest, ServiceResponse},
    http::Method,
    middleware::Next,
    web::Data,
};
use futures::FutureExt;
use prometheus::IntGauge;

use super::{error::error, shared::Shared};

pub(crate) async fn observe(
    shared: Data<Shared>,
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let began = Instant::now();
    let method = name(request.method());
    // The pattern, not the path: the number of series must not depend on who asks for what.
    let route = request.match_pattern();
    let route = route.as_deref().unwrap_or("unmatched");
    let answered = AssertUnwindSafe(next.call(request)).catch_unwind().await;
    // The panic hook has logged where.
    let answered = answered.unwrap_or_else(|_panic| Err(Failed.into()));
    let code = match &answered {
        Ok(response) => response.status(),
        Err(error) => error.as_response_error().status_code(),
    };
    let labels = [route, method, code.as_str()];
    shared.own.http_requests.with_label_values(&labels).inc();
    let seconds = began.elapsed().as_secs_f64();
    shared
        .own
        .http_seconds
        .with_label_values(&[route])
        .observe(seconds);
    answered
}

/// A handler panicked.
#[derive(Debug, thiserror::Error)]
#[error("the handler of this route has failed; the log says where")]
struct Failed;

impl ResponseError for Failed {
    fn error_response(&self) -> HttpResponse {
        error(self.status_code(), "internal", &self.to_string())
    }
}

fn name(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        Method::PATCH => "PATCH",
        _ => "other",
    }
}

/// Counts a connection for as long as it is open.
pub(crate) struct Connection(IntGauge);

impl Connection {
    pub(crate) fn open(gauge: &IntGauge) -> Self {
        gauge.inc();
        Connection(gauge.clone())
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.0.dec();
    }
}

#[cfg(test)]
mod tests {
    use actix_web::{App, body, middleware::from_fn, test, web};

    use super::*;

    #[actix_web::test]
    async fn a_handler_that_panics_is_answered_for_and_counted() {
        let shared = crate::front::shared::tests::shared();
        let own = shared.own.clone();
        async fn panics() -> &'static str {
            panic!("induced")
        }
        let app = App::new()
            .app_data(Data::from(shared))
            .wrap(from_fn(observe))
            .route("/panics/{name}", web::get().to(panics));
        let app = test::init_service(app).await;
        let request = test::TestRequest::get().uri("/panics/x").to_request();
        let error = test::try_call_service(&app, request).await.err().unwrap();
        let response = error.error_response();
        assert_eq!(response.status(), 500);
        let body = body::to_bytes(response.into_body()).await.ok().unwrap();
        let expected = br#"{"error":{"code":"internal","message":"the handler of this route has failed; the log says where"}}"#;
        assert_eq!(&body[..], expected);
        let counted = own
            .http_requests
            .with_label_values(&["/panics/{name}", "GET", "500"]);
        assert_eq!(counted.get(), 1);
    }
}

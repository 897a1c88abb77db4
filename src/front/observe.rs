//! What happens around every request: it is counted and timed, a panic becomes an answer, and the
//! answer gets the headers that all have.

use std::{
    panic::AssertUnwindSafe,
    pin::Pin,
    task::{Context, Poll},
    time::Instant,
};

use actix_web::{
    Error, HttpResponse, ResponseError,
    body::{BodySize, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    http::{ConnectionType, Method, Version},
    middleware::Next,
    web::{Bytes, Data},
};
use futures::FutureExt;
use pin_project_lite::pin_project;

use super::{error::error, headers, line::Ticket, shared::Shared};

pub(crate) async fn observe(
    shared: Data<Shared>,
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let began = Instant::now();
    let ticket = Ticket::of(&request);
    let method = name(request.method());
    // The pattern, not the path: the number of series must not depend on who asks for what.
    let route = request.match_pattern();
    let route = route.as_deref().map(|route| shared.below_prefix(route));
    let route = route.unwrap_or("unmatched");
    let answered = AssertUnwindSafe(next.call(request)).catch_unwind().await;
    // The panic hook has logged where.
    let mut answered = answered.unwrap_or_else(|_panic| Err(Failed.into()));
    let code = match &mut answered {
        Ok(response) => {
            headers::complete(response.headers_mut());
            end_with_the_connection(response);
            response.status()
        }
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
    answered.map(|response| {
        response.map_body(|_, body| UnderWay {
            body,
            _ticket: ticket,
        })
    })
}

/// HTTP/1.0 knows no pieces: an answer of unknown length ends with its connection.
fn end_with_the_connection(response: &mut ServiceResponse<impl MessageBody>) {
    let is_old = response.request().version() < Version::HTTP_11;
    if is_old && response.response().body().size() == BodySize::Stream {
        let head = response.response_mut().head_mut();
        head.no_chunking(true);
        head.set_connection_type(ConnectionType::Close);
    }
}

/// A handler panicked.
#[derive(Debug, thiserror::Error)]
#[error("the handler of this route has failed; the log says where")]
struct Failed;

impl ResponseError for Failed {
    fn error_response(&self) -> HttpResponse {
        let mut response = error(self.status_code(), "internal", &self.to_string());
        headers::complete(response.headers_mut());
        response
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

pin_project! {
    /// An answer that is handed over: until its end the connection is not idle.
    struct UnderWay<B> {
        #[pin]
        body: B,
        _ticket: Option<Ticket>,
    }
}

impl<B: MessageBody> MessageBody for UnderWay<B> {
    type Error = B::Error;

    fn size(&self) -> BodySize {
        self.body.size()
    }

    fn poll_next(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Self::Error>>> {
        self.project().body.poll_next(cx)
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

//! Bodies: received before a route sees the request, within a size and a time; and refused without
//! being read on.

use std::{
    future::poll_fn,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll},
    time::Duration,
};

use actix_http::{ConnectionType, Request};
use actix_web::{
    HttpMessage, HttpResponse,
    body::{BodySize, BoxBody, MessageBody},
    dev::{Payload, Response, ServiceRequest},
    http::header::{CONTENT_LENGTH, HeaderMap, TRANSFER_ENCODING},
    web::{Bytes, BytesMut, Data},
};
use futures::{Stream, stream};
use tokio::time::timeout;

use super::{admission::Refusal, headers, line::Line, shared::Shared};

/// Receives the body of a request, if it has one, and puts it back for the route.
pub(super) async fn receive(
    request: &mut ServiceRequest,
    limit: u64,
    time: Duration,
) -> Result<(), Refusal> {
    if !has_body(request.headers()) {
        return Ok(());
    }
    if declared(request.headers()).is_some_and(|length| length > limit) {
        return Err(Refusal::BodyTooLarge { limit });
    }
    let mut payload = request.take_payload();
    let receiving = request.conn_data::<Rc<Line>>().map(Line::receive);
    let received = timeout(time, collect(&mut payload, limit)).await;
    drop(receiving);
    let received = received.unwrap_or(Err(Refusal::BodyTooSlow { time }));
    let received = received.map(|body| {
        let body: Pin<Box<dyn Stream<Item = _>>> = Box::pin(stream::iter([Ok(body)]));
        // What is left of the network's own is over: dropping it closes nothing.
        payload = Payload::from(body);
    });
    request.set_payload(payload);
    received
}

async fn collect(payload: &mut Payload, limit: u64) -> Result<Bytes, Refusal> {
    let mut body = BytesMut::new();
    while let Some(part) = poll_fn(|cx| Pin::new(&mut *payload).poll_next(cx)).await {
        let part = part.map_err(|_| Refusal::BodyBroken)?;
        if (body.len() + part.len()) as u64 > limit {
            return Err(Refusal::BodyTooLarge { limit });
        }
        body.extend_from_slice(&part);
    }
    Ok(body.freeze())
}

/// As RFC 9112 (6.3) has it. What follows a CONNECT or an upgrade is none.
fn has_body(headers: &HeaderMap) -> bool {
    headers.contains_key(CONTENT_LENGTH) || headers.contains_key(TRANSFER_ENCODING)
}

fn declared(headers: &HeaderMap) -> Option<u64> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// Before a client that asks is told to go on with its body (`Expect: 100-continue`): not with one
/// that will be refused.
pub(super) fn expected(
    request: Request,
    shared: &Data<Shared>,
) -> Result<Request, Response<BoxBody>> {
    let limit = shared.live.load().server.max_body.get();
    match declared(request.headers()) {
        Some(length) if length > limit => {
            let mut answer = Refusal::BodyTooLarge { limit }.answer(request.path(), shared);
            headers::complete(answer.headers_mut());
            close_after(&mut answer, request.conn_data());
            Err(answer.into())
        }
        _ => Ok(request),
    }
}

/// An answer that is given although the request has not been received to its end. While it is held,
/// the server knows that there is more to come which nobody wants, and closes the connection after
/// the answer; dropped, a chunked body would be read for as long as it goes on.
pub(super) struct Held {
    answer: BoxBody,
    _unread: Payload,
}

impl Held {
    /// Takes what has not been received from the request.
    pub(super) fn instead_of(
        request: &mut ServiceRequest,
        mut answer: HttpResponse,
    ) -> HttpResponse {
        let _unread = request.take_payload();
        if matches!(_unread, Payload::H1 { .. }) {
            close_after(&mut answer, request.conn_data());
        }
        answer.map_body(|_, answer| BoxBody::new(Held { answer, _unread }))
    }
}

/// What comes next on the connection is a rest nobody wants.
fn close_after(answer: &mut HttpResponse, line: Option<&Rc<Line>>) {
    answer.head_mut().set_connection_type(ConnectionType::Close);
    if let Some(line) = line {
        line.end();
    }
}

impl MessageBody for Held {
    type Error = <BoxBody as MessageBody>::Error;

    fn size(&self) -> BodySize {
        self.answer.size()
    }

    fn poll_next(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Self::Error>>> {
        Pin::new(&mut self.get_mut().answer).poll_next(cx)
    }
}

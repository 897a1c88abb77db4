//! Sends the answer of a query: at once where it is small, else piece by piece as it is taken in.

use std::{
    convert::Infallible,
    pin::Pin,
    task::{Context, Poll},
};

use actix_web::{
    HttpResponse,
    body::{BodySize, MessageBody},
    http::header::ContentType,
    web::Bytes,
};

use super::encode::Encoding;
use crate::front::held::Place;

/// Answers. The place is held until all is sent.
pub(super) fn answer(mut encoding: Encoding, place: Place) -> HttpResponse {
    let mut response = HttpResponse::Ok();
    response.content_type(ContentType::json());
    let first = encoding.next_piece().map(Bytes::from);
    if encoding.is_over() {
        return response.body(first.unwrap_or_default());
    }
    response.body(Sending {
        first,
        encoding,
        _place: place,
    })
}

struct Sending {
    first: Option<Bytes>,
    encoding: Encoding,
    _place: Place,
}

impl MessageBody for Sending {
    type Error = Infallible;

    fn size(&self) -> BodySize {
        BodySize::Stream
    }

    fn poll_next(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Self::Error>>> {
        let next = self.first.take();
        let next = next.or_else(|| self.encoding.next_piece().map(Bytes::from));
        Poll::Ready(next.map(Ok))
    }
}

//! Sends the answer of a query: at once where it is small, else piece by piece as it is taken in.

use std::{
    convert::Infallible,
    future::Future,
    pin::{Pin, pin},
    task::{Context, Poll, ready},
};

use actix_web::{
    HttpResponse,
    body::{BodySize, MessageBody},
    http::header::ContentType,
    web::Bytes,
};
use tokio::task::yield_now;

use super::encode::Encoding;
use crate::front::held::Place;

/// After so many pieces (a millisecond, about) the other connections of this thread have their turn: a
/// client that takes in as fast as is written would hold them up until all is sent.
const AT_A_TIME: u8 = 8;

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
        in_a_row: 0,
        _place: place,
    })
}

struct Sending {
    first: Option<Bytes>,
    encoding: Encoding,
    /// Pieces since others had their turn.
    in_a_row: u8,
    _place: Place,
}

impl MessageBody for Sending {
    type Error = Infallible;

    fn size(&self) -> BodySize {
        BodySize::Stream
    }

    fn poll_next(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Self::Error>>> {
        if self.in_a_row == AT_A_TIME {
            self.in_a_row = 0;
            // Unlike a mere wake-up it lets the runtime look at its connections first.
            ready!(pin!(yield_now()).poll(context));
        }
        self.in_a_row += 1;
        let next = self.first.take();
        let next = next.or_else(|| self.encoding.next_piece().map(Bytes::from));
        Poll::Ready(next.map(Ok))
    }
}

#[cfg(test)]
mod tests {
    use std::{future::poll_fn, net::TcpStream};

    use exposition::Labels;
    use promql::{Answer, SampleRow, Value};
    use tokio::net::TcpListener;

    use super::*;
    use crate::front::held::Room;

    /// Of so many samples, each of some twenty bytes.
    fn encoding(samples: i64) -> Encoding {
        let row = SampleRow {
            labels: Labels::none(),
            samples: (0..samples).map(|nth| (nth * 1_000, 0.123_456)).collect(),
        };
        let answer = Answer {
            value: Value::Matrix(vec![row]),
            ..Answer::default()
        };
        Encoding::of(answer, 0, None)
    }

    #[actix_web::test]
    #[expect(
        clippy::disallowed_methods,
        reason = "a task of its own, as connections are"
    )]
    async fn a_large_answer_holds_up_no_other_connection() {
        let place = Room::default().place(1).unwrap();
        let mut body = answer(encoding(1_000_000), place).into_body();
        // Whoever takes in as fast as is written.
        let sending = actix_rt::spawn(async move {
            while let Some(piece) = poll_fn(|context| Pin::new(&mut body).poll_next(context)).await
            {
                piece.unwrap();
            }
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        for _ in 0..3 {
            let _other = TcpStream::connect(address).unwrap();
            listener.accept().await.unwrap();
        }
        assert!(!sending.is_finished());
        sending.await.unwrap();
    }
}

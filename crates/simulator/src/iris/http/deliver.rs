//! How an answer travels: whole, or as a fault has it.

use std::{io, time::Duration};

use actix_web::{
    HttpRequest, HttpResponse,
    body::{BodySize, BoxBody, MessageBody, SizedStream},
    http::StatusCode,
    web::Bytes,
};
use futures::{Stream, StreamExt, stream};
use tokio::time::sleep;

use super::{
    super::fault::{FaultKind, Faults},
    gzip,
    reply::Reply,
    reset::Resettable,
};

/// What says that an answer is simulated.
const SIMULATED: (&str, &str) = ("X-Simulated", "vitals");
/// Bytes of [`FaultKind::Huge`].
const HUGE: u64 = 60_000_000;
/// Time for what was sent to reach the client before the connection breaks.
const BREAKS_AFTER: Duration = Duration::from_millis(30);

/// One that never reaches an end.
type Broken = io::Error;

/// As it is.
pub(crate) fn plain(reply: Reply) -> HttpResponse {
    let (mut response, body) = head(reply);
    response.body(body)
}

/// With what the faults do to it.
pub(crate) fn deliver(request: &HttpRequest, reply: Reply, faults: &Faults) -> HttpResponse {
    for fault in faults.iter() {
        match fault.kind {
            FaultKind::Reset => return reset(request, reply),
            FaultKind::Truncated => return truncated(reply),
            FaultKind::TruncatedChunked => return truncated_chunked(reply),
            FaultKind::Chunked => return chunked(reply),
            FaultKind::Drip => return drip(reply),
            FaultKind::Huge => return huge(reply),
            FaultKind::Gzip => return zipped(reply),
            FaultKind::GzipBomb => return bomb(reply),
            _ => {}
        }
    }
    plain(reply)
}

/// Half of it, and then RST.
pub(crate) fn reset(request: &HttpRequest, reply: Reply) -> HttpResponse {
    if let Some(connection) = request.conn_data::<Resettable>() {
        connection.reset_when_closed();
    }
    truncated(reply)
}

fn head(reply: Reply) -> (actix_web::HttpResponseBuilder, Bytes) {
    let status = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = HttpResponse::build(status);
    response
        .insert_header(SIMULATED)
        .content_type(reply.content_type);
    for (name, value) in reply.headers {
        response.append_header((name, value));
    }
    (response, reply.body.into())
}

fn half(body: &Bytes) -> Bytes {
    body.slice(..body.len() / 2)
}

/// Some bytes, a moment, and then the connection breaks.
fn breaking(start: Bytes) -> impl Stream<Item = Result<Bytes, Broken>> {
    let end = stream::once(async {
        sleep(BREAKS_AFTER).await;
        Err(Broken::other("a simulated fault"))
    });
    stream::iter([Ok(start)]).chain(end)
}

fn truncated(reply: Reply) -> HttpResponse {
    let (mut response, body) = head(reply);
    // Longer than nothing, too, or there would be nothing to wait for.
    let length = body.len() as u64 + 1_000;
    response.body(SizedStream::new(length, Box::pin(breaking(half(&body)))))
}

fn truncated_chunked(reply: Reply) -> HttpResponse {
    let (mut response, body) = head(reply);
    response.streaming(breaking(half(&body)))
}

fn chunked(reply: Reply) -> HttpResponse {
    let (mut response, body) = head(reply);
    let chunks: Vec<_> = body
        .chunks(1_000)
        .map(Bytes::copy_from_slice)
        .map(Ok::<_, Broken>)
        .collect();
    response.streaming(stream::iter(chunks))
}

/// One byte a second.
fn drip(reply: Reply) -> HttpResponse {
    let (mut response, body) = head(reply);
    let length = body.len() as u64;
    let bytes = stream::unfold((body, 0), |(body, at)| async move {
        if at >= body.len() {
            return None;
        }
        if at > 0 {
            sleep(Duration::from_secs(1)).await;
        }
        let byte = body.slice(at..=at);
        Some((Ok::<_, Broken>(byte), (body, at + 1)))
    });
    response.body(SizedStream::new(length, Box::pin(bytes)))
}

/// The body, and then more of the kind until there are 60 MB.
fn huge(reply: Reply) -> HttpResponse {
    const BLOCK: u64 = 60_000;
    let (mut response, body) = head(reply);
    let blocks = HUGE.saturating_sub(body.len() as u64) / BLOCK;
    let length = body.len() as u64 + blocks * BLOCK;
    let more = (0..blocks).map(|block| {
        let lines: String = (0..BLOCK / 60)
            .map(|line| {
                format!(
                    "{:<58}1\n",
                    format!("iris_simulated_huge{{id=\"{}\"}}", block * 1_000 + line)
                )
            })
            .collect();
        Ok::<_, Broken>(Bytes::from(lines))
    });
    let all = stream::once(async { Ok(body) }).chain(stream::iter(more));
    response.body(SizedStream::new(length, Box::pin(all)))
}

fn zipped(reply: Reply) -> HttpResponse {
    let (mut response, body) = head(reply);
    match gzip::compress(&body) {
        Ok(small) => response
            .insert_header(("content-encoding", "gzip"))
            .body(small),
        Err(_) => response.body(body),
    }
}

fn bomb(reply: Reply) -> HttpResponse {
    let (mut response, body) = head(reply);
    match gzip::bomb() {
        Ok(bomb) => response
            .insert_header(("content-encoding", "gzip"))
            .body(Counted(bomb)),
        Err(_) => response.body(body),
    }
}

/// Bytes whose length is told, past any compression.
struct Counted(Bytes);

impl MessageBody for Counted {
    type Error = std::convert::Infallible;

    fn size(&self) -> BodySize {
        BodySize::Sized(self.0.len() as u64)
    }

    fn poll_next(
        mut self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<Bytes, Self::Error>>> {
        let bytes = std::mem::take(&mut self.0);
        std::task::Poll::Ready((!bytes.is_empty()).then_some(Ok(bytes)))
    }

    fn boxed(self) -> BoxBody {
        BoxBody::new(self)
    }
}

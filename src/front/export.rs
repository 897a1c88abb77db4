//! `GET /vitals/v1/export`.

use std::{io::Write, time::Duration};

use actix_rt::task::spawn_blocking;
use actix_web::{
    HttpRequest, HttpResponse,
    http::{
        Method, StatusCode,
        header::{CONTENT_DISPOSITION, CONTENT_ENCODING, CONTENT_TYPE, VARY},
    },
    web::Data,
};
use exposition::text::Format as Exposition;
use flate2::{Compression, write::GzEncoder};
use jiff::Timestamp;
use tokio::sync::oneshot;

use super::{
    coding::wants_gzip,
    error::{self, ErrorBody},
    made_while_sent::{self, Writer},
    query::{parameter, parameters},
    shared::Shared,
};
use crate::{
    export::{Asked, BadOrder, Export, Format, TooManyColumns},
    selectors::{self, BadSelectors},
};

/// How many samples are to come, as far as that is known.
const SAMPLES: &str = "X-Vitals-Samples";

/// Why nothing is exported.
#[derive(Debug, thiserror::Error)]
enum Refusal {
    #[error(transparent)]
    BadOrder(#[from] BadOrder),
    #[error(transparent)]
    TooManyColumns(#[from] TooManyColumns),
}

impl Refusal {
    fn answer(&self) -> HttpResponse {
        let (status, code) = match self {
            Refusal::BadOrder(bad) => (StatusCode::BAD_REQUEST, bad.code()),
            Refusal::TooManyColumns(_) => (StatusCode::UNPROCESSABLE_ENTITY, "too_many_series"),
        };
        error::error(status, code, &self.to_string())
    }
}

/// What stands at the head of the answer.
struct Head {
    format: Format,
    samples: Option<u64>,
}

/// What is stored, as a file
///
/// Streamed, gzip when asked for. A line per sample, or with `shape=wide` a table of one line per
/// moment and one column per series. An answer that cannot be made to its end is cut off: a whole one
/// has its last chunk. Two are made at the same time.
#[utoipa::path(
    get,
    path = "/vitals/v1/export",
    tag = "measurements",
    params(
        (
            "match[]" = Option<Vec<String>>, Query, explode, max_items = 64,
            description = "An instant vector selector, such as `{job=\"iris\"}`; a series is exported that any of them selects. Without one: what the twelve targets are judged by",
            example = json!(["{job=\"node\"}"]),
        ),
        ("start" = Option<String>, Query, description = "Seconds since the epoch, RFC 3339, or a day; an hour before `end` by default"),
        ("end" = Option<String>, Query, description = "The same; now by default. Both are included"),
        ("step" = Option<String>, Query, description = "Seconds, or like `5m`: only the last sample of each step, told at its end, as `last_over_time(series[step])` has it"),
        ("format" = Option<Format>, Query, description = "`csv` by default"),
        ("shape" = Option<crate::export::Shape>, Query, description = "Of CSV; `long` by default"),
    ),
    responses(
        (
            status = 200, description = "The samples",
            content(
                (String = "text/csv; charset=utf-8; header=present"),
                (String = "application/x-ndjson"),
                (String = "application/openmetrics-text; version=1.0.0; charset=utf-8"),
            ),
            headers(("X-Vitals-Samples" = Option<u64>, description = "How many samples are to come; only without `step`")),
        ),
        (
            status = 400, body = ErrorBody,
            description = "`bad_match`: one is no such selector. `bad_parameter`: a time, a step, a form that is none. \
                `bad_shape`: a table in another form than CSV. \
                `too_many_matches`, `too_many_patterns`: more than 64 of them, or of their regular expressions",
        ),
        (status = 422, description = "`too_many_series`: more than 1,000 columns", body = ErrorBody),
        (status = 500, description = "`internal`: it could not be made; the log says where", body = ErrorBody),
        (status = 503, description = "`overloaded`: others are being made; `unavailable`: stored history is still being read", body = ErrorBody),
    )
)]
pub(crate) async fn export(request: HttpRequest, shared: Data<Shared>) -> HttpResponse {
    let query = request.query_string();
    let Some(matches) = parameters(query, "match[]", selectors::MOST) else {
        return Refusal::from(BadOrder::from(BadSelectors::TooMany)).answer();
    };
    let asked = Asked {
        matches,
        start: parameter(query, "start"),
        end: parameter(query, "end"),
        step: parameter(query, "step"),
        format: parameter(query, "format"),
        shape: parameter(query, "shape"),
        ..Asked::default()
    };
    let Some(turn) = shared.exports.turn().await else {
        return error::overloaded("two exports are being made");
    };
    if !shared.desk.history_is_read(Duration::MAX).await {
        return error::unavailable("stored history is still being read");
    }
    let (writer, body) = made_while_sent::answer();
    let (tell, told) = oneshot::channel();
    let gzip = wants_gzip(&request);
    let only_head = request.method() == Method::HEAD;
    // Nobody waits for its end: that is told by what it writes.
    drop(spawn_blocking(move || {
        let begun = begin(&asked, &shared);
        let (export, begun) = match begun {
            Ok((export, head)) => (Some(export), Ok(head)),
            Err(refusal) => (None, Err(refusal)),
        };
        let heard = tell.send(begun).is_ok();
        match export.filter(|_| heard) {
            Some(_) if only_head => writer.end(),
            // An error is the client's, who has left.
            Some(export) => drop(write(&export, writer, gzip)),
            None => {}
        }
        drop(turn);
    }));
    let head = match told.await {
        Ok(Ok(head)) => head,
        Ok(Err(refusal)) => return refusal.answer(),
        // It panicked; the hook has logged where.
        Err(_) => {
            let message = "the export could not be made; the log says where";
            return error::error(StatusCode::INTERNAL_SERVER_ERROR, "internal", message);
        }
    };
    let (kind, file) = match head.format {
        Format::Csv => ("text/csv; charset=utf-8; header=present", "vitals.csv"),
        Format::Json => ("application/x-ndjson", "vitals.jsonl"),
        Format::OpenMetrics => (Exposition::OpenMetrics1.content_type(), "vitals.om"),
    };
    let mut response = HttpResponse::Ok();
    response.insert_header((CONTENT_TYPE, kind));
    response.insert_header((
        CONTENT_DISPOSITION,
        format!("attachment; filename=\"{file}\""),
    ));
    response.insert_header((VARY, "Accept-Encoding"));
    if let Some(samples) = head.samples {
        response.insert_header((SAMPLES, samples));
    }
    if gzip {
        response.insert_header((CONTENT_ENCODING, "gzip"));
    }
    response.body(body)
}

fn begin(asked: &Asked, shared: &Shared) -> Result<(Export, Head), Refusal> {
    let order = asked.read(Timestamp::now().as_millisecond())?;
    let export = order.begin(shared.head.head().reader())?;
    let head = Head {
        format: order.format,
        samples: export.samples(),
    };
    Ok((export, head))
}

fn write(export: &Export, writer: Writer, gzip: bool) -> std::io::Result<()> {
    let mut writer = writer;
    if gzip {
        let mut packed = GzEncoder::new(writer, Compression::fast());
        export.write(&mut packed, &mut |_| {})?;
        writer = packed.finish()?;
    } else {
        export.write(&mut writer, &mut |_| {})?;
    }
    writer.flush()?;
    writer.end();
    Ok(())
}

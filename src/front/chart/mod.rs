//! `GET /vitals/v1/chart.svg`: a range query as a picture, for mails, pages and runbooks.

mod legend;
mod scale;
mod svg;
mod unit;

use std::time::Duration;

use actix_web::{
    HttpRequest, HttpResponse, ResponseError,
    http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE},
    web::{Bytes, Data},
};
use promql::Value;

use super::{
    api::{Asked, Failure, Form, Steps, Turn, parsed, time},
    error::{self, ErrorBody},
    shared::Shared,
};
use svg::Chart;
use unit::Unit;

/// The style of the picture by its hash, and nothing else; a test holds it right.
const POLICY: &str = "default-src 'none'; style-src 'sha256-E0k0N6/zIyZSNEbzlCB/qZDyTLyZFUILbWCUddPBtW8='; \
    frame-ancestors 'none'";

const RANGE: Duration = Duration::from_hours(1);
const WIDTH: u32 = 800;
const HEIGHT: u32 = 300;
/// Pixels from one sample to the next.
const FINENESS: u32 = 2;

/// What picture is asked for.
struct Picture {
    query: String,
    steps: Steps,
    width: u32,
    height: u32,
}

impl Picture {
    fn of(form: &Form, most: u32) -> Result<Self, Failure> {
        let query = form.first("query").unwrap_or_default().to_owned();
        let range = time::duration_of(form, "range")?.unwrap_or(RANGE);
        if range < Duration::from_secs(1) {
            return Err(Failure::parameter("range", "it is shorter than a second"));
        }
        let end_ms = time::optional(form, "end")?.unwrap_or_else(time::now);
        let width = pixels(form, "width", WIDTH, 200..=4_000)?;
        let height = pixels(form, "height", HEIGHT, 100..=2_000)?;
        let length = i64::try_from(range.as_millis()).unwrap_or(i64::MAX);
        // Whole seconds, as samples are seconds apart.
        let fine = length / i64::from(width / FINENESS) / 1_000 * 1_000;
        let step = time::duration_of(form, "step")?;
        let step_ms = step.map_or(fine.max(1_000), |step| step.as_millis() as i64);
        let start_ms = end_ms.saturating_sub(length);
        let steps = Steps::between(start_ms, end_ms, step_ms, most)?;
        Ok(Picture {
            query,
            steps,
            width,
            height,
        })
    }

    fn draw(&self, asked: promql::Limits, shared: &Shared, turn: &Turn) -> Result<String, Failure> {
        let mut limits = asked;
        limits.timeout = turn.left;
        let query = parsed(&self.query, limits)?;
        let answer = self.steps.evaluate(&query, shared, turn)?;
        let Value::Matrix(rows) = answer.value else {
            return Ok(String::new()); // of a range query there is nothing else
        };
        let Steps {
            start_ms,
            end_ms,
            step_ms,
        } = self.steps;
        let chart = Chart {
            query: &self.query,
            unit: Unit::of(&query),
            start_ms,
            end_ms,
            step_ms,
            width: self.width,
            height: self.height,
        };
        Ok(chart.draw(rows))
    }
}

fn pixels(
    form: &Form,
    name: &str,
    usual: u32,
    allowed: std::ops::RangeInclusive<u32>,
) -> Result<u32, Failure> {
    match form.first(name).map(str::parse) {
        None => Ok(usual),
        Some(Ok(pixels)) if allowed.contains(&pixels) => Ok(pixels),
        Some(_) => {
            let why = format!(
                "it is not a number from {} to {}",
                allowed.start(),
                allowed.end()
            );
            Err(Failure::parameter(name, why))
        }
    }
}

/// A chart
///
/// A range query as SVG: axes in the unit the metric's name tells, times in UTC, gaps where nothing was
/// measured; light or dark as the reader prefers. At most twelve series are drawn, the largest.
#[utoipa::path(
    get,
    path = "/vitals/v1/chart.svg",
    tag = "query",
    params(
        ("query" = String, Query, description = "PromQL", example = "vitals_host_cpu_used_ratio"),
        ("range" = Option<String>, Query, description = "How far back; 1 hour", example = "1h"),
        ("end" = Option<String>, Query, description = "RFC 3339 or Unix seconds; now"),
        ("step" = Option<String>, Query, description = "From one sample to the next; 2 pixels"),
        ("width" = Option<u32>, Query, description = "Pixels, 200 to 4000; 800"),
        ("height" = Option<u32>, Query, description = "Pixels, 100 to 2000; 300"),
    ),
    responses(
        (status = 200, description = "The picture", body = String, content_type = "image/svg+xml"),
        (status = 400, description = "`bad_data`: what is asked makes no sense", body = ErrorBody),
        (status = 422, description = "`execution`: it has no answer on this data, or asks for too much", body = ErrorBody),
        (status = 503, description = "`timeout` or `unavailable`: too much is asked", body = ErrorBody),
    )
)]
pub(crate) async fn chart(request: HttpRequest, form: Form, shared: Data<Shared>) -> HttpResponse {
    match drawn(&request, &form, &shared).await {
        Ok(answer) => answer,
        Err(failure) => {
            let status = failure.status_code();
            error::error(status, failure.kind().as_str(), &failure.to_string())
        }
    }
}

async fn drawn(
    request: &HttpRequest,
    form: &Form,
    shared: &Data<Shared>,
) -> Result<HttpResponse, Failure> {
    let asked = Asked::of(request, shared);
    let picture = Picture::of(form, asked.max_points())?;
    let (limits, at_hand) = (asked.limits, shared.clone());
    let work = move |turn: &Turn| picture.draw(limits, &at_hand, turn);
    let svg = shared.desk.query(asked.order(None), work).await?;
    let Some(svg) = shared.room.hold(Bytes::from(svg)) else {
        return Ok(error::overloaded(
            "too many large answers wait for their clients",
        ));
    };
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "image/svg+xml; charset=utf-8"))
        .insert_header((CONTENT_SECURITY_POLICY, POLICY))
        .body(svg))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::front::index::tests::base64;
    use sha2::{Digest, Sha256};

    #[test]
    fn the_style_of_the_picture_is_the_one_that_is_allowed() {
        let hash = base64(&Sha256::digest(svg::STYLE));
        assert!(POLICY.contains(&format!("'sha256-{hash}'")), "{hash}");
    }
}

//! Queries: `query`, `query_range`, `format_query`.

use std::time::{Duration, Instant};

use actix_web::{HttpRequest, HttpResponse, web::Data};
use promql::{Answer, Engine, Limits, Query, QueryType, Value};

use super::{
    answer::{STILL_READ, TRUNCATED, success},
    asked::{Asked, look_up},
    desk::Turn,
    encode::{Encoding, Told},
    failure::{Failure, FailureBody},
    form::Form,
    sending::answer,
    series::limit_of,
    time,
};
use crate::front::shared::Shared;

/// What all queries are asked with.
struct Question {
    text: String,
    deadline: Option<Duration>,
    limits: Limits,
    limit: usize,
    stats: bool,
}

impl Question {
    fn of(form: &Form, asked: &Asked<'_>, limit: usize) -> Result<Self, Failure> {
        let mut limits = asked.limits;
        let deadline = time::duration_of(form, "timeout")?;
        if let Some(text) = form.first("lookback_delta") {
            let lookback = time::duration(text).map_err(|why| {
                Failure::bad_data(format!("error parsing lookback delta duration: {why}"))
            })?;
            // None is the usual one, as to Prometheus.
            if !lookback.is_zero() {
                limits.lookback = lookback.max(Duration::from_millis(1));
            }
        }
        Ok(Question {
            text: form.first("query").unwrap_or_default().to_owned(),
            deadline,
            limits,
            limit,
            stats: form.first("stats").is_some(),
        })
    }

    fn query(&self, left: Duration) -> Result<Query, Failure> {
        let mut limits = self.limits;
        limits.timeout = left;
        parsed(&self.text, limits)
    }
}

pub(in crate::front) fn parsed(text: &str, limits: Limits) -> Result<Query, Failure> {
    let query = Engine::new(limits).parse(text);
    query.map_err(|error| Failure::parameter("query", error))
}

/// The steps of a range query.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::front) struct Steps {
    pub(in crate::front) start_ms: i64,
    pub(in crate::front) end_ms: i64,
    pub(in crate::front) step_ms: i64,
}

impl Steps {
    fn of(form: &Form, most: u32) -> Result<Self, Failure> {
        let start_ms = time::required(form, "start")?;
        let end_ms = time::required(form, "end")?;
        if end_ms < start_ms {
            let why = "end timestamp must not be before start time";
            return Err(Failure::parameter("end", why));
        }
        let text = form.first("step").unwrap_or_default();
        let step = time::duration(text).map_err(|why| Failure::parameter("step", why))?;
        let step_ms = i64::try_from(step.as_millis()).unwrap_or(i64::MAX);
        Steps::between(start_ms, end_ms, step_ms, most)
    }

    /// At most so many of them, and one.
    pub(in crate::front) fn between(
        start_ms: i64,
        end_ms: i64,
        step_ms: i64,
        most: u32,
    ) -> Result<Self, Failure> {
        if step_ms <= 0 {
            let why = "zero or negative query resolution step widths are not accepted. Try a positive integer";
            return Err(Failure::parameter("step", why));
        }
        let length = i128::from(end_ms) - i128::from(start_ms);
        if length / i128::from(step_ms) > i128::from(most) {
            let message = format!(
                "exceeded maximum resolution of {} points per timeseries. Try decreasing the query resolution (?step=XX)",
                grouped(most)
            );
            return Err(Failure::bad_data(message));
        }
        Ok(Steps {
            start_ms,
            end_ms,
            step_ms,
        })
    }

    /// Evaluates a query at each of them.
    pub(in crate::front) fn evaluate(
        self,
        query: &Query,
        shared: &Shared,
        turn: &Turn,
    ) -> Result<Answer, Failure> {
        let of = query.query_type();
        if !matches!(of, QueryType::Scalar | QueryType::Vector) {
            let why = format!(
                "invalid expression type \"{}\" for range query, must be Scalar or instant Vector",
                of.as_str()
            );
            return Err(Failure::parameter("query", why));
        }
        let Steps {
            start_ms,
            end_ms,
            step_ms,
        } = self;
        let history = shared.head.reader();
        Ok(query.range(&history, start_ms, end_ms, step_ms, &turn.cancel)?)
    }
}

/// `11000` as `11,000`.
fn grouped(number: u32) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (nth, digit) in digits.char_indices() {
        if nth > 0 && (digits.len() - nth).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// No more series than asked for; 0 is all.
fn limit(answer: &mut Answer, limit: usize) {
    let beyond = |length: usize| limit > 0 && length > limit;
    let truncated = match &mut answer.value {
        Value::Vector(samples) if beyond(samples.len()) => {
            samples.truncate(limit);
            true
        }
        Value::Matrix(rows) if beyond(rows.len()) => {
            rows.truncate(limit);
            true
        }
        _ => false,
    };
    if truncated {
        answer.warnings.push(TRUNCATED.to_owned());
    }
}

/// Evaluates, and begins to answer.
async fn evaluated(
    question: Question,
    at_ms: i64,
    asked: &Asked<'_>,
    shared: &Data<Shared>,
    evaluate: impl FnOnce(&Query, &Turn) -> Result<Answer, Failure> + Send + 'static,
) -> Result<HttpResponse, Failure> {
    let began = Instant::now();
    let order = asked.order(question.deadline);
    let (most, stats) = (question.limit, question.stats);
    let history = shared.head.clone();
    let work = move |turn: &Turn| {
        let query = question.query(turn.left)?;
        let is_read = history.is_whole();
        let mut answer = evaluate(&query, turn)?;
        if !is_read {
            answer.warnings.push(STILL_READ.to_owned());
        }
        limit(&mut answer, most);
        Ok((answer, turn.queued))
    };
    let (found, queued) = shared.desk.query(order, work).await?;
    let told = stats.then(|| Told {
        queued,
        total: began.elapsed(),
    });
    let encoding = Encoding::of(found, at_ms, told);
    let place = shared.desk.place(encoding.weight())?;
    Ok(answer(encoding, place))
}

/// Evaluates an expression at one moment
///
/// As Prometheus 3 answers; by GET, or by POST with a form.
#[utoipa::path(
    method(get, post),
    path = "/api/v1/query",
    tag = "query",
    params(
        ("query" = String, Query, description = "PromQL", example = "up"),
        ("time" = Option<String>, Query, description = "RFC 3339 or Unix seconds; now, without"),
        ("timeout" = Option<String>, Query, description = "Such as `5s`; at most `[query] timeout`"),
        ("limit" = Option<u64>, Query, description = "At most so many series; 0 is all"),
        ("lookback_delta" = Option<String>, Query, description = "How far back a sample may be; 5 minutes"),
        ("stats" = Option<String>, Query, description = "`all`: with statistics"),
    ),
    responses(
        (status = 200, description = "`data`: `resultType` and `result`", body = serde_json::Value),
        (status = 400, description = "`bad_data`: what is asked makes no sense", body = FailureBody),
        (status = 422, description = "`execution`: it has no answer on this data, or asks for too much", body = FailureBody),
        (status = 503, description = "`timeout` or `unavailable`: too much is asked", body = FailureBody),
    )
)]
pub(crate) async fn query(
    request: HttpRequest,
    form: Form,
    shared: Data<Shared>,
) -> Result<HttpResponse, Failure> {
    let limit = limit_of(&form)?;
    let at_ms = time::optional(&form, "time")?.unwrap_or_else(time::now);
    let asked = Asked::of(&request, &shared);
    let question = Question::of(&form, &asked, limit)?;
    let head = shared.head.clone();
    let evaluate =
        move |query: &Query, turn: &Turn| Ok(query.instant(&head.reader(), at_ms, &turn.cancel)?);
    evaluated(question, at_ms, &asked, &shared, evaluate).await
}

/// Evaluates an expression at many moments
///
/// As Prometheus 3 answers; by GET, or by POST with a form.
#[utoipa::path(
    method(get, post),
    path = "/api/v1/query_range",
    tag = "query",
    params(
        ("query" = String, Query, description = "PromQL", example = "up"),
        ("start" = String, Query, description = "RFC 3339 or Unix seconds"),
        ("end" = String, Query, description = "RFC 3339 or Unix seconds"),
        ("step" = String, Query, description = "Seconds, or such as `30s`"),
        ("timeout" = Option<String>, Query, description = "Such as `5s`; at most `[query] timeout`"),
        ("limit" = Option<u64>, Query, description = "At most so many series; 0 is all"),
        ("lookback_delta" = Option<String>, Query, description = "How far back a sample may be; 5 minutes"),
        ("stats" = Option<String>, Query, description = "`all`: with statistics"),
    ),
    responses(
        (status = 200, description = "`data`: `resultType` and `result`", body = serde_json::Value),
        (status = 400, description = "`bad_data`: what is asked makes no sense", body = FailureBody),
        (status = 422, description = "`execution`: it has no answer on this data, or asks for too much", body = FailureBody),
        (status = 503, description = "`timeout` or `unavailable`: too much is asked", body = FailureBody),
    )
)]
pub(crate) async fn query_range(
    request: HttpRequest,
    form: Form,
    shared: Data<Shared>,
) -> Result<HttpResponse, Failure> {
    let limit = limit_of(&form)?;
    let asked = Asked::of(&request, &shared);
    let steps = Steps::of(&form, asked.max_points())?;
    let question = Question::of(&form, &asked, limit)?;
    let at_hand = shared.clone();
    let evaluate = move |query: &Query, turn: &Turn| steps.evaluate(query, &at_hand, turn);
    evaluated(question, 0, &asked, &shared, evaluate).await
}

/// An expression, laid out as Prometheus does
///
/// By GET, or by POST with a form.
#[utoipa::path(
    method(get, post),
    path = "/api/v1/format_query",
    tag = "query",
    params(("query" = String, Query, description = "PromQL", example = "up  ==1")),
    responses(
        (status = 200, description = "`data`: the text", body = serde_json::Value),
        (status = 400, description = "`bad_data`: it is no PromQL", body = FailureBody),
    )
)]
pub(crate) async fn format_query(
    request: HttpRequest,
    form: Form,
    shared: Data<Shared>,
) -> Result<HttpResponse, Failure> {
    let text = form.first("query").unwrap_or_default().to_owned();
    let work = move |_: &_, limits: &Limits| Ok(parsed(&text, *limits)?.to_string());
    Ok(success(look_up(&request, &shared, work).await?))
}

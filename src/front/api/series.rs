//! Which series there are: `series`, `labels`, `label/{name}/values`.

use actix_web::{
    Error, HttpRequest, HttpResponse,
    web::{Data, Path},
};
use exposition::{Labels, is_label_name};
use promql::{Limits, Matcher};
use serde::{Serialize, Serializer};
use vitals_actors::history::Reader;

use super::{
    answer::{limited, with_warnings},
    asked::look_up,
    failure::{Failure, FailureBody},
    form::Form,
    matching, time,
};
use crate::front::shared::Shared;

/// What is looked up, and how much of it.
struct Lookup {
    texts: Vec<String>,
    start_ms: i64,
    end_ms: i64,
    limit: usize,
    /// How it is told that a selector is none: Prometheus has two ways.
    refused: fn(String) -> Failure,
}

impl Lookup {
    fn of(form: &Form) -> Result<Self, Failure> {
        let limit = limit_of(form)?;
        let (start_ms, end_ms) = time::range(form)?;
        let texts = matching::texts(form)?;
        Ok(Lookup {
            texts,
            start_ms,
            end_ms,
            limit,
            refused: |why| Failure::bad_data(why),
        })
    }

    /// Looks up what `found` finds, and answers.
    async fn answer<T: Serialize + Send + 'static>(
        self,
        request: &HttpRequest,
        shared: &Data<Shared>,
        found: impl FnOnce(&Reader, &[Vec<Matcher>], i64, i64) -> Vec<T> + Send + 'static,
    ) -> Result<HttpResponse, Failure> {
        let work = move |history: &Reader, limits: &Limits| {
            let sets = matching::sets(&self.texts, limits).map_err(self.refused)?;
            let found = found(history, &sets, self.start_ms, self.end_ms);
            Ok(limited(found, self.limit))
        };
        let (found, warnings) = look_up(request, shared, work).await?;
        Ok(with_warnings(found, warnings))
    }
}

/// How much is asked for; 0 is all.
pub(super) fn limit_of(form: &Form) -> Result<usize, Failure> {
    let Some(text) = form.first("limit") else {
        return Ok(0);
    };
    let limit: i64 = text.parse().map_err(|_| {
        let why = format!("{text:?} is not a whole number");
        Failure::parameter("limit", why)
    })?;
    usize::try_from(limit).map_err(|_| Failure::parameter("limit", "limit must be non-negative"))
}

/// A series, as an object of its labels.
struct AsObject(Labels);

impl Serialize for AsObject {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter())
    }
}

/// Which series there are
///
/// As Prometheus 3 answers; by GET, or by POST with a form. Without `start` and `end`, all that are
/// kept.
#[utoipa::path(
    method(get, post),
    path = "/api/v1/series",
    tag = "query",
    params(
        ("match[]" = Vec<String>, Query, explode, min_items = 1, max_items = 64, description = "Selectors; a series is selected by any of them"),
        ("start" = Option<String>, Query, description = "RFC 3339 or Unix seconds"),
        ("end" = Option<String>, Query, description = "RFC 3339 or Unix seconds"),
        ("limit" = Option<u64>, Query, description = "At most so many; 0 is all"),
    ),
    responses(
        (status = 200, description = "`data`: the labels of each series", body = serde_json::Value),
        (status = 400, description = "`bad_data`", body = FailureBody),
        (status = 503, description = "`timeout`, `unavailable`", body = FailureBody),
    )
)]
pub(crate) async fn series(
    request: HttpRequest,
    form: Form,
    shared: Data<Shared>,
) -> Result<HttpResponse, Failure> {
    let mut lookup = Lookup::of(&form)?;
    lookup.refused = |why| Failure::parameter("match[]", why);
    if lookup.texts.is_empty() {
        return Err(Failure::bad_data("no match[] parameter provided"));
    }
    let found = |history: &Reader, sets: &[_], start_ms, end_ms| {
        let series = history.series(sets, start_ms, end_ms);
        series.into_iter().map(AsObject).collect()
    };
    lookup.answer(&request, &shared, found).await
}

/// Names of labels
///
/// As Prometheus 3 answers; by GET, or by POST with a form.
#[utoipa::path(
    method(get, post),
    path = "/api/v1/labels",
    tag = "query",
    params(
        ("match[]" = Option<Vec<String>>, Query, explode, max_items = 64, description = "Of the series that any of them selects; of all, without"),
        ("start" = Option<String>, Query, description = "RFC 3339 or Unix seconds"),
        ("end" = Option<String>, Query, description = "RFC 3339 or Unix seconds"),
        ("limit" = Option<u64>, Query, description = "At most so many; 0 is all"),
    ),
    responses(
        (status = 200, description = "`data`: the names, sorted", body = serde_json::Value),
        (status = 400, description = "`bad_data`", body = FailureBody),
        (status = 503, description = "`timeout`, `unavailable`", body = FailureBody),
    )
)]
pub(crate) async fn labels(
    request: HttpRequest,
    form: Form,
    shared: Data<Shared>,
) -> Result<HttpResponse, Failure> {
    let found = |history: &Reader, sets: &[_], start_ms, end_ms| {
        history.label_names(sets, start_ms, end_ms)
    };
    Lookup::of(&form)?.answer(&request, &shared, found).await
}

/// Values of a label
///
/// As Prometheus 3 answers.
#[utoipa::path(
    get,
    path = "/api/v1/label/{name}/values",
    tag = "query",
    params(
        ("name" = String, Path, description = "Such as `job`, or `__name__` for the names of metrics"),
        ("match[]" = Option<Vec<String>>, Query, explode, max_items = 64, description = "In the series that any of them selects; in all, without"),
        ("start" = Option<String>, Query, description = "RFC 3339 or Unix seconds"),
        ("end" = Option<String>, Query, description = "RFC 3339 or Unix seconds"),
        ("limit" = Option<u64>, Query, description = "At most so many; 0 is all"),
    ),
    responses(
        (status = 200, description = "`data`: the values, sorted", body = serde_json::Value),
        (status = 400, description = "`bad_data`", body = FailureBody),
        (status = 503, description = "`timeout`, `unavailable`", body = FailureBody),
    )
)]
pub(crate) async fn label_values(
    request: HttpRequest,
    name: Result<Path<String>, Error>,
    form: Form,
    shared: Data<Shared>,
) -> Result<HttpResponse, Failure> {
    // What is not even text is empty.
    let name = name.map(Path::into_inner).unwrap_or_default();
    if !is_label_name(&name) {
        let message = format!("invalid label name: {name:?}");
        return Err(Failure::bad_data(message));
    }
    let found = move |history: &Reader, sets: &[_], start_ms, end_ms| {
        history.label_values(&name, sets, start_ms, end_ms)
    };
    Lookup::of(&form)?.answer(&request, &shared, found).await
}

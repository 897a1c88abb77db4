//! `status/tsdb`: how many series there are, and of what.

use std::{cmp::Reverse, collections::HashMap, hash::Hash};

use actix_web::{HttpRequest, HttpResponse, web::Data};
use exposition::Labels;
use promql::METRIC_NAME;
use serde::Serialize;
use vitals_actors::history::Reader;

use super::super::{
    answer::success,
    asked::look_up,
    failure::{Failure, FailureBody},
    form::Form,
};
use crate::front::shared::Shared;

/// Rows of each table, where nothing is said.
const ROWS: usize = 10;
const MOST_ROWS: usize = 10_000;

#[derive(Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
struct Statistics {
    head_stats: Head,
    series_count_by_metric_name: Vec<Row>,
    label_value_count_by_label_name: Vec<Row>,
    memory_in_bytes_by_label_name: Vec<Row>,
    series_count_by_label_value_pair: Vec<Row>,
}

#[derive(Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
struct Head {
    num_series: usize,
    num_label_pairs: usize,
    chunk_count: usize,
    min_time: i64,
    max_time: i64,
}

#[derive(Debug, PartialEq, Eq, Serialize)]
struct Row {
    name: String,
    value: usize,
}

impl Statistics {
    fn of(series: &[Labels], times: (i64, i64), most: usize) -> Self {
        let pairs = || series.iter().flat_map(Labels::iter);
        let metrics = series.iter().filter_map(|labels| labels.get(METRIC_NAME));
        let by_pair = counted(pairs());
        let values = counted(by_pair.keys().map(|(name, _)| *name));
        let mut memory: HashMap<&str, usize> = HashMap::new();
        for (name, value) in by_pair.keys() {
            *memory.entry(name).or_default() += value.len();
        }
        Statistics {
            head_stats: Head {
                num_series: series.len(),
                num_label_pairs: by_pair.len(),
                chunk_count: series.len(),
                min_time: times.0,
                max_time: times.1,
            },
            series_count_by_metric_name: rows(counted(metrics), most, |name| (*name).to_owned()),
            label_value_count_by_label_name: rows(values, most, |name| (*name).to_owned()),
            memory_in_bytes_by_label_name: rows(memory, most, |name| (*name).to_owned()),
            series_count_by_label_value_pair: rows(by_pair, most, |(name, value)| {
                format!("{name}={value}")
            }),
        }
    }
}

fn counted<T: Eq + Hash>(all: impl Iterator<Item = T>) -> HashMap<T, usize> {
    let mut counts = HashMap::new();
    for one in all {
        *counts.entry(one).or_default() += 1;
    }
    counts
}

/// The largest first.
fn rows<T>(counts: HashMap<T, usize>, most: usize, name: impl Fn(&T) -> String) -> Vec<Row> {
    let row = |(of, value): (T, usize)| Row {
        name: name(&of),
        value,
    };
    let mut rows: Vec<Row> = counts.into_iter().map(row).collect();
    rows.sort_by(|a, b| (Reverse(a.value), &a.name).cmp(&(Reverse(b.value), &b.name)));
    rows.truncate(most);
    rows
}

/// How many series there are, and of what
///
/// As Prometheus 3 answers.
#[utoipa::path(
    get,
    path = "/api/v1/status/tsdb",
    tag = "query",
    params(("limit" = Option<u64>, Query, description = "Rows of each table; 10, at most 10,000")),
    responses(
        (status = 200, description = "`data`: `headStats`, `seriesCountByMetricName`, …", body = serde_json::Value),
        (status = 400, description = "`bad_data`", body = FailureBody),
        (status = 503, description = "`timeout`, `unavailable`", body = FailureBody),
    )
)]
pub(crate) async fn tsdb(
    request: HttpRequest,
    form: Form,
    shared: Data<Shared>,
) -> Result<HttpResponse, Failure> {
    let most = match form.first("limit").map(str::parse) {
        None => ROWS,
        Some(Ok(most)) if (1..=MOST_ROWS).contains(&most) => most,
        Some(_) => {
            let message = format!("limit must be a positive number, at most {MOST_ROWS}");
            return Err(Failure::bad_data(message));
        }
    };
    let work = move |history: &Reader, _: &_| {
        let series = history.series(&[Vec::new()], i64::MIN, i64::MAX);
        let times = history.store().span().unwrap_or_default();
        Ok(Statistics::of(&series, times, most))
    };
    Ok(success(look_up(&request, &shared, work).await?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn series_are_counted_by_all_they_are_told_apart_by() {
        let series = |name, job| Labels::new([("__name__", name), ("job", job)]);
        let all = [series("a", "x"), series("a", "y"), series("b", "x")];
        let statistics = Statistics::of(&all, (1, 2), 1);
        let row = |name: &str, value| {
            vec![Row {
                name: name.to_owned(),
                value,
            }]
        };
        let expected = Statistics {
            head_stats: Head {
                num_series: 3,
                num_label_pairs: 4,
                chunk_count: 3,
                min_time: 1,
                max_time: 2,
            },
            series_count_by_metric_name: row("a", 2),
            label_value_count_by_label_name: row("__name__", 2),
            memory_in_bytes_by_label_name: row("__name__", 2),
            series_count_by_label_value_pair: row("__name__=a", 2),
        };
        assert_eq!(statistics, expected);
    }
}

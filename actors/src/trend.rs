//! How a target's figure was before: over the last hour and day, and against earlier hours.

use std::collections::BTreeMap;

use exposition::Labels;
use jiff::Timestamp;
use promql::METRIC_NAME;
use serde::Serialize;
use utoipa::ToSchema;

use crate::history::{Reader, Stats};

const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;

/// Of the series a target is judged by. Each figure is null where history does not reach.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, ToSchema)]
#[expect(missing_docs, reason = "the names are the interface")]
pub struct Trend {
    pub mean_1h: Option<f64>,
    pub max_1h: Option<f64>,
    pub mean_24h: Option<f64>,
    pub max_24h: Option<f64>,
    /// The mean of the last hour less that of the hour before.
    pub change_vs_previous_hour: Option<f64>,
    /// Less that of the same hour yesterday.
    pub change_vs_yesterday: Option<f64>,
    /// Less that of the same hour a week ago.
    pub change_vs_last_week: Option<f64>,
}

/// The series whose trend is wanted: the family, and its labels.
pub type Subject = (&'static str, BTreeMap<String, String>);

impl Trend {
    /// Of one series, as history has it at a moment. Reads the disk.
    pub(crate) fn of(reader: &Reader, (family, labels): &Subject, now: Timestamp) -> Option<Self> {
        let labels = Labels::try_new(labels.iter().map(|(n, v)| (n.as_str(), v.as_str()))).ok()?;
        let series = reader.find(&labels.with(METRIC_NAME, *family))?;
        let now = now.as_millisecond();
        // Left-open, as PromQL's windows are.
        let over = |end: i64, length| reader.stats(series, end - length + 1, end);
        let hour = over(now, HOUR_MS);
        let mean = hour.mean();
        let change = |ago| Some(mean? - over(now - ago, HOUR_MS).mean()?);
        let changes = [HOUR_MS, DAY_MS, 7 * DAY_MS].map(change);
        let day = over(now, DAY_MS);
        let max = |stats: Stats| (stats.count > 0).then_some(stats.max);
        Some(Trend {
            mean_1h: mean,
            max_1h: max(hour),
            mean_24h: day.mean(),
            max_24h: max(day),
            change_vs_previous_hour: changes[0],
            change_vs_yesterday: changes[1],
            change_vs_last_week: changes[2],
        })
    }
}

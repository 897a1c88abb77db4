//! What evaluations have in common.

use std::time::Duration;

use exposition::Labels;
use promql::{Cancel, Engine, Queryable, Value};

use crate::alert::template::TemplateSample;

/// What does not change from evaluation to evaluation.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Reads the queries of templates. Its limits bound them; rules carry the limits they were
    /// loaded with, their deadline among them.
    pub engine: Engine,
    /// How often rules are evaluated where their group does not say: the distance of samples.
    pub interval: Duration,
    /// `$externalLabels`
    pub external_labels: Labels,
    /// `$externalURL`; may be empty.
    pub external_url: String,
    /// How long Vitals may have been away for pending alerts to go on from `ALERTS_FOR_STATE`.
    pub outage_tolerance: Duration,
    /// The least time an alert stays pending after such a restart. Rules with a shorter `for` begin
    /// anew, as in Prometheus.
    pub grace_period: Duration,
}

impl Default for Settings {
    /// Every 10 s; an hour of outage; 10 min of grace.
    fn default() -> Self {
        Settings {
            engine: Engine::default(),
            interval: Duration::from_secs(10),
            external_labels: Labels::none(),
            external_url: String::new(),
            outage_tolerance: Duration::from_secs(3600),
            grace_period: Duration::from_secs(600),
        }
    }
}

/// One evaluation.
pub(super) struct Context<'a> {
    pub(super) settings: &'a Settings,
    pub(super) store: &'a dyn Queryable,
    pub(super) at: i64,
    /// At which expressions are evaluated and samples written: `at` less the query offset.
    pub(super) query_at: i64,
    pub(super) cancel: &'a Cancel,
    /// How often `ALERTS` is written, in milliseconds.
    pub(super) interval: i64,
    pub(super) limit: usize,
    /// When rules that wait were not run though something had come: see [`Evaluator::missed`].
    ///
    /// [`Evaluator::missed`]: super::Evaluator::missed
    pub(super) missed: &'a [i64],
    /// What was before the start cannot be read yet: see [`Evaluator::lacks_past`].
    ///
    /// [`Evaluator::lacks_past`]: super::Evaluator::lacks_past
    pub(super) lacks_past: bool,
}

impl Context<'_> {
    /// The same evaluation at an earlier time.
    pub(super) fn then(&self, at: i64) -> Self {
        Context {
            at,
            query_at: at.saturating_sub(self.at - self.query_at),
            ..*self
        }
    }

    /// Answers the function `query` of templates.
    pub(super) fn answer(&self, text: &str) -> Result<Vec<TemplateSample>, String> {
        let query = self
            .settings
            .engine
            .parse(text)
            .map_err(|error| error.to_string())?;
        let answer = query.instant(self.store, self.at, self.cancel);
        match answer.map_err(|error| error.to_string())?.value {
            Value::Vector(samples) => Ok(samples
                .into_iter()
                .map(|sample| TemplateSample {
                    labels: sample.labels,
                    value: sample.value,
                })
                .collect()),
            Value::Scalar(value) => Ok(vec![TemplateSample {
                labels: Labels::none(),
                value,
            }]),
            Value::Matrix(_) | Value::Text(_) => {
                Err("query result is not a vector or scalar".into())
            }
        }
    }
}

/// Milliseconds of a duration, as far as 63 bits go.
pub(super) fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

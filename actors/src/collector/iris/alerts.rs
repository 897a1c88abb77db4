//! `/api/monitor/alerts`: read only where the settings say so, because reading takes the alerts away
//! from everybody else. They are counted; their texts go nowhere.

use std::collections::BTreeMap;

use serde::Deserialize;
use tokio::time::Instant;

use super::answer;
use crate::{
    collector::{Reason, told::Told},
    http::{Client, Question},
    net::Failure,
};

const PATH: &str = "/api/monitor/alerts";
/// Larger answers are not read.
const LARGEST: usize = 1 << 20;
/// By the log levels there are: one digit.
const SEVERITIES: [&str; 5] = ["0", "1", "2", "3", "4"];

/// What has been read since the collector was started.
#[derive(Debug, Default)]
pub(super) struct Alerts {
    /// By severity, as IRIS writes it.
    read: BTreeMap<&'static str, u64>,
    failed: Option<Failure>,
}

#[derive(Deserialize)]
struct Alert {
    #[serde(default)]
    severity: String,
}

impl Alerts {
    pub(super) async fn ask(&mut self, client: &mut Client, until: Instant) {
        let question = Question::get(PATH, "application/json", LARGEST);
        let answer = client.ask(&question, until).await;
        let alerts = answer.and_then(|answer| {
            answer::good(answer.status)?;
            serde_json::from_slice::<Vec<Alert>>(&answer.body).map_err(|_| {
                let detail = "what is answered is no list of alerts";
                Failure::new(Reason::Parse, detail)
            })
        });
        self.failed = match alerts {
            Ok(alerts) => {
                self.count(&alerts);
                None
            }
            Err(failure) => Some(failure),
        };
    }

    fn count(&mut self, alerts: &[Alert]) {
        for alert in alerts {
            let known = SEVERITIES.iter().find(|known| **known == alert.severity);
            *self
                .read
                .entry(known.copied().unwrap_or("other"))
                .or_default() += 1;
        }
    }

    pub(super) fn tell(&self, told: &mut Told) {
        for (severity, read) in &self.read {
            let help = "Alerts read from /api/monitor/alerts: 2 is an alert, 3 is fatal.";
            let labels = [("severity", *severity)];
            told.counter_of("vitals_iris_alerts_read_total", help, labels, *read as f64);
        }
        if let Some(failure) = &self.failed {
            told.failed("alerts", failure.reason, failure.detail.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recorded_alerts_are_counted() {
        let recorded = super::super::tests::recorded;
        let Some(first) = recorded("iris/alerts-2024.1-first-read.json") else {
            return;
        };
        let mut alerts = Alerts::default();
        alerts.count(&serde_json::from_slice::<Vec<Alert>>(&first).unwrap());
        let again = recorded("iris/alerts-second-read-empty.json").unwrap();
        alerts.count(&serde_json::from_slice::<Vec<Alert>>(&again).unwrap());
        assert_eq!(alerts.read, BTreeMap::from([("2", 2)]));
    }
}

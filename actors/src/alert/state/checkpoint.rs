//! What alerts are in, to be kept over a restart.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use exposition::Labels;
use serde::{Deserialize, Serialize};

use super::alert::{Alert, AlertState};
use super::context::millis;
use super::evaluator::Evaluator;
use super::reload::{RuleKey, key};
use crate::alert::rules::metric_name;

/// The only version there is.
const VERSION: u32 = 1;
/// How long after a restart alerts wait for their metrics to come again: as long as a sample counts.
const AWAITED: Duration = Duration::from_secs(5 * 60);
/// An outage no longer than this counts as evaluations that were late.
const LATE: Duration = Duration::from_secs(60);

/// What alerts are in, to be kept over a restart.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Checkpoint {
    version: u32,
    /// When it was, in Unix milliseconds.
    at: i64,
    rules: Vec<OfRule>,
}

/// A checkpoint that cannot be gone on from.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CheckpointError {
    /// Of another version of Vitals.
    #[error("the checkpoint of alerts has version {0}, not {VERSION}: alerts begin anew")]
    Version(u32),
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct OfRule {
    file: String,
    group: String,
    name: String,
    labels: Vec<(String, String)>,
    alerts: Vec<Kept>,
}

/// Shares its texts with the alert it was made of: there may be ten thousand. Only written, one after
/// the other, each becomes texts of its own.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(from = "OfAlert", into = "OfAlert")]
struct Kept(Alert);

/// How an alert is written.
#[derive(Debug, Serialize, Deserialize)]
struct OfAlert {
    labels: Vec<(String, String)>,
    annotations: Vec<(String, String)>,
    /// As text: JSON has no NaN.
    value: String,
    state: AlertState,
    active_at: i64,
    fired_at: Option<i64>,
    resolved_at: Option<i64>,
    keep_firing_since: Option<i64>,
    written: Option<AlertState>,
}

impl Checkpoint {
    /// When it was taken, in Unix milliseconds.
    pub fn at(&self) -> i64 {
        self.at
    }

    /// How many alerts it has.
    pub fn len(&self) -> usize {
        self.rules.iter().map(|rule| rule.alerts.len()).sum()
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Evaluator {
    /// Every alert, as of the last evaluation.
    pub fn checkpoint(&self) -> Checkpoint {
        let mut rules = Vec::new();
        for group in &self.groups {
            let with_alerts = group.rules.iter().filter(|rule| !rule.alerts.is_empty());
            rules.extend(with_alerts.map(|rule| OfRule {
                file: group.group.file.clone(),
                group: group.group.name.clone(),
                name: rule.rule().name().to_string(),
                labels: pairs(&rule.rule().labels()),
                alerts: rule.alerts.values().cloned().map(Kept).collect(),
            }));
        }
        Checkpoint {
            version: VERSION,
            at: self.last_at.unwrap_or_default(),
            rules,
        }
    }

    /// Goes on from a checkpoint at `at`: to be called before the first evaluation.
    ///
    /// Firing alerts fire on, with the start they had. Pending ones go on; time in which nobody looked
    /// for longer than a minute does not count. An alert whose metrics have not come yet is kept for
    /// up to five minutes, so that a restart resolves nothing by itself.
    ///
    /// # Errors
    /// A checkpoint of an unknown version.
    pub fn restore(&mut self, checkpoint: &Checkpoint, at: i64) -> Result<(), CheckpointError> {
        if checkpoint.version != VERSION {
            return Err(CheckpointError::Version(checkpoint.version));
        }
        let mut known: HashMap<RuleKey, Vec<&OfRule>> = HashMap::new();
        for rule in &checkpoint.rules {
            let key = (
                rule.file.clone(),
                rule.group.clone(),
                rule.name.clone(),
                labels(&rule.labels),
            );
            known.entry(key).or_default().push(rule);
        }
        let away = (at - checkpoint.at).max(0);
        let uncounted = if away <= millis(LATE) { 0 } else { away };
        for group in &mut self.groups {
            for rule in &mut group.rules {
                let same = known.get_mut(&key(&group.group.file, &group.group.name, rule));
                let Some(same) = same.filter(|same| !same.is_empty()) else {
                    continue;
                };
                let kept = &same.remove(0).alerts;
                let alerts = kept.iter().map(|kept| gone_on(&kept.0, at, uncounted));
                rule.alerts = alerts.map(|alert| (alert.labels.clone(), alert)).collect();
                rule.is_restored = true;
                rule.has_other_texts = true;
                let names = rule.rule().query.selectors().filter_map(metric_name);
                let names: Vec<Arc<str>> = names.map(Arc::from).collect();
                rule.awaited = Some((names, at.saturating_add(millis(AWAITED))));
            }
        }
        Ok(())
    }
}

/// The alert at `at`, after so many milliseconds that do not count.
fn gone_on(alert: &Alert, at: i64, uncounted: i64) -> Alert {
    // A clock that went back meanwhile: see `clock_jump`.
    let active_at = match alert.state {
        AlertState::Pending => alert.active_at.saturating_add(uncounted),
        AlertState::Inactive | AlertState::Firing => alert.active_at,
    };
    Alert {
        active_at: active_at.min(at),
        resolved_at: alert.resolved_at.map(|time| time.min(at)),
        keep_firing_since: alert.keep_firing_since.map(|time| time.min(at)),
        is_new: false,
        ..alert.clone()
    }
}

impl From<Kept> for OfAlert {
    fn from(Kept(alert): Kept) -> OfAlert {
        let text = |(name, text): &(Arc<str>, Arc<str>)| (name.to_string(), text.to_string());
        OfAlert {
            labels: pairs(&alert.labels),
            annotations: alert.annotations.iter().map(text).collect(),
            value: alert.value.to_string(),
            state: alert.state,
            active_at: alert.active_at,
            fired_at: alert.fired_at,
            resolved_at: alert.resolved_at,
            keep_firing_since: alert.keep_firing_since,
            written: alert.written,
        }
    }
}

impl From<OfAlert> for Kept {
    fn from(one: OfAlert) -> Kept {
        let text = |(name, text): (String, String)| (name.into(), text.into());
        Kept(Alert {
            labels: labels(&one.labels),
            source: 0,
            annotations: one.annotations.into_iter().map(text).collect(),
            value: one.value.parse().unwrap_or(f64::NAN),
            state: one.state,
            active_at: one.active_at,
            fired_at: one.fired_at,
            resolved_at: one.resolved_at,
            keep_firing_since: one.keep_firing_since,
            written: one.written,
            is_new: false,
        })
    }
}

fn pairs(labels: &Labels) -> Vec<(String, String)> {
    labels
        .iter()
        .map(|(name, value)| (name.into(), value.into()))
        .collect()
}

/// Labels of a checkpoint. Names that are none, which only a damaged one has, leave none at all.
fn labels(pairs: &[(String, String)]) -> Labels {
    let pairs = pairs
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()));
    Labels::try_new(pairs).unwrap_or_default()
}

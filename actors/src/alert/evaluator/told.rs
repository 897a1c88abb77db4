//! What has been told of alerts, and what is still to be: changes as they are sent, in order.

use std::{
    collections::{BTreeSet, HashMap, VecDeque},
    sync::Arc,
};

use exposition::Labels;
use jiff::Timestamp;

use super::{bench::Cause, cause::Charts};
use crate::{
    alert::{
        self,
        fingerprint::Fingerprint,
        notification::Alert,
        state::{AlertState, Annotations, Evaluator, Transition as Change},
    },
    messages::Transition,
    summary::ActiveAlert,
};

/// See the head of the module.
#[derive(Default)]
pub(super) struct Told {
    firing: HashMap<Fingerprint, Fires>,
    kinds: BTreeSet<Arc<Kind>>,
    /// What the dispatcher has not taken yet, the next first.
    unsent: VecDeque<Unsent>,
}

/// What becomes a message when its turn comes: ten thousand at once share their texts with the alerts
/// until then.
struct Unsent {
    labels: Labels,
    annotations: Annotations,
    value: f64,
    /// Times are Unix milliseconds.
    starts_at: i64,
    ends_at: Option<i64>,
    at: i64,
    why: Why,
}

/// What is kept of an alert that fires, once it was told: of ten thousand, little more than that they
/// were.
struct Fires {
    kind: Arc<Kind>,
    /// Unix milliseconds.
    starts_at: i64,
    /// Empty if it is not known.
    cause: Arc<str>,
}

/// What many alerts have in common.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Kind {
    alertname: Arc<str>,
    severity: Arc<str>,
    /// Of the rule.
    chart_url: Arc<str>,
}

impl Told {
    /// What changed is to be sent: whatever has begun to fire, or has ended. Returns whether there is
    /// any.
    pub(super) fn take(
        &mut self,
        changes: &[Change],
        mut causes: HashMap<Fingerprint, Cause>,
        external_url: &str,
    ) -> bool {
        let known = self.unsent.len();
        let mut charts = Charts::at(external_url);
        for change in changes {
            let cause = causes.remove(&change.fingerprint);
            let why = cause.map(|cause| Why {
                chart_url: charts.url(&cause.expression),
                // Of ten thousand most are empty: those share one.
                cause: match cause.text.is_empty() {
                    true => Arc::default(),
                    false => cause.text.into(),
                },
            });
            self.change(change, why);
        }
        self.unsent.len() > known
    }

    /// What is to be sent next.
    pub(super) fn next(&self, external_url: &str) -> Option<Transition> {
        let next = self.unsent.front()?;
        Some(Transition {
            alert: Arc::new(next.alert(external_url)),
            at: time(next.at),
        })
    }

    /// The next has been sent.
    pub(super) fn sent(&mut self) {
        self.unsent.pop_front();
        if self.unsent.is_empty() {
            // Room for ten thousand is not kept.
            self.unsent = VecDeque::new();
        }
    }

    /// Nothing is to be sent.
    pub(super) fn is_all_sent(&self) -> bool {
        self.unsent.is_empty()
    }

    /// Everything that fires, and since when.
    pub(super) fn all(
        &mut self,
        evaluator: &Evaluator,
        external_url: &str,
    ) -> Vec<(Fingerprint, Timestamp)> {
        let mut charts = Charts::at(external_url);
        let mut firing = HashMap::with_capacity(self.firing.len());
        for rule in evaluator.rules() {
            for alert in rule.active_alerts().filter(is_firing) {
                let fingerprint = alert.fingerprint();
                let told = self.firing.remove(&fingerprint);
                let told = told.filter(|told| told.starts_at == alert.starts_at());
                let fires = told.unwrap_or_else(|| {
                    let why = Why {
                        cause: Arc::default(),
                        chart_url: charts.url(&rule.rule().expression),
                    };
                    self.fires(&alert.labels, alert.starts_at(), why)
                });
                firing.insert(fingerprint, fires);
            }
        }
        self.firing = firing;
        self.kinds.retain(|kind| Arc::strong_count(kind) > 1);
        let firing = self.firing.iter();
        firing
            .map(|(fingerprint, fires)| (*fingerprint, time(fires.starts_at)))
            .collect()
    }

    /// The dispatcher knows nothing of these: what still fires of them is to be sent.
    pub(super) fn tell_of(
        &mut self,
        unknown: &[(Fingerprint, Timestamp)],
        at: i64,
        evaluator: &Evaluator,
    ) {
        let unknown: HashMap<_, _> = unknown.iter().copied().collect();
        for rule in evaluator.rules() {
            for alert in rule.active_alerts().filter(is_firing) {
                let fingerprint = alert.fingerprint();
                let starts_at = alert.starts_at();
                if unknown.get(&fingerprint) != Some(&time(starts_at)) {
                    continue;
                }
                let why = self.firing.get(&fingerprint).map(Fires::why);
                self.unsent.push_back(Unsent {
                    labels: alert.labels.clone(),
                    annotations: alert.annotations.clone(),
                    value: alert.value,
                    starts_at,
                    ends_at: None,
                    at,
                    why: why.unwrap_or_default(),
                });
            }
        }
    }

    /// What fires, for the summary.
    pub(super) fn summary(&self) -> Vec<ActiveAlert> {
        let firing = self.firing.iter().map(|(fingerprint, fires)| ActiveAlert {
            fingerprint: *fingerprint,
            alertname: fires.kind.alertname.clone(),
            severity: fires.kind.severity.clone(),
            since: time(fires.starts_at),
            acknowledged: false,
        });
        let mut firing: Vec<_> = firing.collect();
        firing.sort_by(|a, b| (&a.alertname, a.fingerprint).cmp(&(&b.alertname, b.fingerprint)));
        firing
    }

    /// That an alert has begun to fire, or has ended, is to be sent.
    fn change(&mut self, change: &Change, why: Option<Why>) {
        let fires = change.to == AlertState::Firing;
        if !fires && change.from != AlertState::Firing {
            return;
        }
        let before = self.firing.remove(&change.fingerprint);
        // What is not known now is as it was before.
        let why = why.or_else(|| before.as_ref().map(Fires::why));
        let why = why.unwrap_or_default();
        if fires {
            let fires = self.fires(&change.labels, change.starts_at, why.clone());
            self.firing.insert(change.fingerprint, fires);
        }
        self.unsent.push_back(Unsent {
            labels: change.labels.clone(),
            annotations: change.annotations.clone(),
            value: change.value,
            starts_at: change.starts_at,
            ends_at: change.ends_at.filter(|_| !fires),
            at: change.at,
            why,
        });
    }

    fn fires(&mut self, labels: &Labels, starts_at: i64, why: Why) -> Fires {
        let text = |name: &str| labels.get(name).unwrap_or_default().into();
        let kind = Kind {
            alertname: text("alertname"),
            severity: text("severity"),
            chart_url: why.chart_url,
        };
        let known = self.kinds.get(&kind).cloned();
        let kind = known.unwrap_or_else(|| {
            let kind = Arc::new(kind);
            self.kinds.insert(kind.clone());
            kind
        });
        Fires {
            kind,
            starts_at,
            cause: why.cause,
        }
    }
}

impl Fires {
    fn why(&self) -> Why {
        Why {
            cause: self.cause.clone(),
            chart_url: self.kind.chart_url.clone(),
        }
    }
}

fn is_firing(alert: &&alert::state::Alert) -> bool {
    alert.state == AlertState::Firing
}

fn time(ms: i64) -> Timestamp {
    Timestamp::from_millisecond(ms).unwrap_or_default()
}

/// Why an alert fires, as far as is known, and where that can be looked at; empty where it is not.
#[derive(Clone, Default)]
struct Why {
    cause: Arc<str>,
    chart_url: Arc<str>,
}

impl Unsent {
    /// As it is told: links are whole, the cause and a chart are with it.
    fn alert(&self, external_url: &str) -> Alert {
        let base = external_url.trim_end_matches('/');
        let annotations = self.annotations.iter();
        let mut told: Vec<(Arc<str>, Arc<str>)> = annotations
            .map(|(name, text)| match &**name {
                "runbook_url" if text.starts_with('/') => {
                    (name.clone(), format!("{base}{text}").into())
                }
                _ => (name.clone(), text.clone()),
            })
            .collect();
        let Why { cause, chart_url } = &self.why;
        for (name, text) in [("cause", cause), ("chart_url", chart_url)] {
            if !text.is_empty() && !told.iter().any(|(known, _)| **known == *name) {
                told.push((name.into(), text.clone()));
            }
        }
        Alert {
            labels: self.labels.clone(),
            annotations: Labels::try_new(told).unwrap_or_default(),
            fingerprint: Fingerprint::of(&self.labels),
            value: self.value,
            starts_at: time(self.starts_at),
            ends_at: self.ends_at.map(time),
            generator_url: match chart_url.is_empty() {
                true => external_url.into(),
                false => chart_url.clone(),
            },
        }
    }
}

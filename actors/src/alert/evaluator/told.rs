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
    /// What fires, as it was told.
    firing: HashMap<Fingerprint, Arc<Alert>>,
    /// What the dispatcher has not taken yet, the next first.
    unsent: VecDeque<Transition>,
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
            let why = cause.as_ref().map(|cause| Why {
                text: &cause.text,
                chart_url: charts.url(&cause.expression),
            });
            let transition = self.transition(change, why, external_url);
            self.unsent.extend(transition);
        }
        self.unsent.len() > known
    }

    /// What is to be sent next.
    pub(super) fn next(&self) -> Option<&Transition> {
        self.unsent.front()
    }

    /// The next has been sent.
    pub(super) fn sent(&mut self) {
        self.unsent.pop_front();
    }

    /// Nothing is to be sent.
    pub(super) fn is_all_sent(&self) -> bool {
        self.unsent.is_empty()
    }

    /// Everything that fires: as it was told, or as it is now where it was not.
    pub(super) fn all(&mut self, evaluator: &Evaluator, external_url: &str) -> Vec<Arc<Alert>> {
        let mut alerts = Vec::new();
        let mut charts = Charts::at(external_url);
        for rule in evaluator.rules() {
            let firing = rule.active_alerts();
            for alert in firing.filter(|alert| alert.state == AlertState::Firing) {
                let starts_at = alert.starts_at();
                let told = self.firing.get(&alert.fingerprint());
                let told = told.filter(|told| told.starts_at.as_millisecond() == starts_at);
                alerts.push(told.cloned().unwrap_or_else(|| {
                    let unknown = Why {
                        text: "",
                        chart_url: charts.url(&rule.rule().expression),
                    };
                    let now = Now {
                        labels: &alert.labels,
                        annotations: &alert.annotations,
                        value: alert.value,
                        starts_at,
                        ends_at: None,
                    };
                    Arc::new(now.alert(Some(unknown), None, external_url))
                }));
            }
        }
        self.firing = alerts.iter().map(|a| (a.fingerprint, a.clone())).collect();
        alerts
    }

    /// What fires, for the summary.
    pub(super) fn summary(&self) -> Vec<ActiveAlert> {
        // Names and severities are few, of however many alerts.
        let mut known: BTreeSet<Arc<str>> = BTreeSet::new();
        let mut shared = |text: Option<&str>| {
            let text = text.unwrap_or_default();
            let found = known.get(text).cloned();
            found.unwrap_or_else(|| {
                let new: Arc<str> = text.into();
                known.insert(new.clone());
                new
            })
        };
        let firing = self.firing.values().map(|alert| ActiveAlert {
            fingerprint: alert.fingerprint,
            alertname: shared(alert.labels.get("alertname")),
            severity: shared(alert.labels.get("severity")),
            since: alert.starts_at,
            acknowledged: false,
        });
        let mut firing: Vec<_> = firing.collect();
        firing.sort_by(|a, b| (&a.alertname, a.fingerprint).cmp(&(&b.alertname, b.fingerprint)));
        firing
    }

    /// What is told of a change: that an alert has begun to fire, or has ended.
    fn transition(
        &mut self,
        change: &Change,
        why: Option<Why<'_>>,
        external_url: &str,
    ) -> Option<Transition> {
        let fires = change.to == AlertState::Firing;
        if !fires && change.from != AlertState::Firing {
            return None;
        }
        let before = self.firing.remove(&change.fingerprint);
        let now = Now {
            labels: &change.labels,
            annotations: &change.annotations,
            value: change.value,
            starts_at: change.starts_at,
            ends_at: change.ends_at.filter(|_| !fires),
        };
        let alert = Arc::new(now.alert(why, before.as_deref(), external_url));
        if fires {
            self.firing.insert(change.fingerprint, alert.clone());
        }
        let at = Timestamp::from_millisecond(change.at).unwrap_or_default();
        Some(Transition { alert, at })
    }
}

/// Why it fires, as far as is known, and where that can be looked at.
struct Why<'a> {
    text: &'a str,
    chart_url: Arc<str>,
}

/// What an alert is at a moment; times in Unix milliseconds.
struct Now<'a> {
    labels: &'a Labels,
    annotations: &'a Annotations,
    value: f64,
    starts_at: i64,
    ends_at: Option<i64>,
}

impl Now<'_> {
    /// As it is told: links are whole, the cause and a chart are with it. What is not known of them now
    /// is as it was before.
    fn alert(&self, why: Option<Why<'_>>, before: Option<&Alert>, external_url: &str) -> Alert {
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
        let mut add = |name: &'static str, text: Option<Arc<str>>| {
            let inherited = || before.and_then(|b| b.annotations.get(name).map(Arc::from));
            if let Some(text) = text.or_else(inherited).filter(|text| !text.is_empty())
                && !told.iter().any(|(known, _)| **known == *name)
            {
                told.push((name.into(), text));
            }
        };
        add("cause", why.as_ref().map(|why| why.text.into()));
        add("chart_url", why.as_ref().map(|why| why.chart_url.clone()));
        let time = |ms| Timestamp::from_millisecond(ms).unwrap_or_default();
        let generator = why.map(|why| why.chart_url);
        let generator = generator.or_else(|| before.map(|before| before.generator_url.clone()));
        Alert {
            labels: self.labels.clone(),
            annotations: Labels::try_new(told).unwrap_or_default(),
            fingerprint: Fingerprint::of(self.labels),
            value: self.value,
            starts_at: time(self.starts_at),
            ends_at: self.ends_at.map(time),
            generator_url: generator.unwrap_or_else(|| external_url.into()),
        }
    }
}

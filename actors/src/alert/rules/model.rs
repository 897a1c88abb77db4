//! Rules, checked and ready to be evaluated.

use std::sync::Arc;
use std::time::Duration;

use exposition::Labels;
use promql::{METRIC_NAME, Matcher, Query, Test};

use crate::alert::template::Template;

/// Series that are there only while there is something to tell.
pub(super) const SIGNS: [&str; 3] = [
    "ALERTS",
    "ALERTS_FOR_STATE",
    "vitals_alert_rule_unmatched_seconds",
];

/// All rules, as a set of files has them.
#[derive(Debug, Clone, Default)]
pub struct RuleSet {
    /// In the order of the files, and within.
    pub groups: Vec<Arc<Group>>,
    /// The files they are from.
    pub files: Vec<String>,
}

/// Rules that are evaluated one after the other, at the same time.
#[derive(Debug)]
pub struct Group {
    /// The file it is in, as it was named.
    pub file: String,
    /// Its name: once per file.
    pub name: String,
    /// How often it is evaluated, where it says so.
    pub interval: Option<Duration>,
    /// How far in the past its expressions are evaluated.
    pub query_offset: Duration,
    /// The most alerts or series one of its rules may have; 0 for any number.
    pub limit: usize,
    /// Its rules, in order.
    pub rules: Vec<Rule>,
}

/// A rule.
#[derive(Debug)]
pub struct Rule {
    /// Its line in the file, from 1.
    pub line: u64,
    /// The expression, as it was written.
    pub expression: String,
    /// The expression, read.
    pub query: Query,
    /// What it makes of the result.
    pub kind: Kind,
    /// Whose it is.
    pub origin: Origin,
}

/// Whose rule it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// Somebody has written it for this place.
    User,
    /// It comes with Vitals.
    Product {
        /// A source it reads is configured. Of others it is no news that they match nothing.
        has_source: bool,
    },
}

/// What a rule makes of its result.
#[derive(Debug)]
pub enum Kind {
    /// Alerts.
    Alerting(Alerting),
    /// A series.
    Recording(Recording),
}

/// A rule that makes alerts.
#[derive(Debug)]
pub struct Alerting {
    /// Becomes the label `alertname`.
    pub name: Arc<str>,
    /// How long the expression has to yield an alert before it fires.
    pub hold: Duration,
    /// How long an alert goes on firing when the expression no longer yields it.
    pub keep_firing_for: Duration,
    /// Labels to set, those of the group among them.
    pub labels: Vec<(Arc<str>, Template)>,
    /// Annotations.
    pub annotations: Vec<(Arc<str>, Template)>,
}

/// A rule that makes a series.
#[derive(Debug)]
pub struct Recording {
    /// The name of the series.
    pub name: Arc<str>,
    /// Labels to set, those of the group among them. An empty value takes a label away.
    pub labels: Vec<(Arc<str>, Arc<str>)>,
}

impl Rule {
    /// The name of its alert, or of its series.
    pub fn name(&self) -> &Arc<str> {
        match &self.kind {
            Kind::Alerting(alerting) => &alerting.name,
            Kind::Recording(recording) => &recording.name,
        }
    }

    /// The alert, if it makes alerts.
    pub fn alerting(&self) -> Option<&Alerting> {
        match &self.kind {
            Kind::Alerting(alerting) => Some(alerting),
            Kind::Recording(_) => None,
        }
    }

    /// Whether it is news when its expression matches no series: it reads more than what is there only
    /// while there is something to tell.
    pub(crate) fn is_to_match(&self) -> bool {
        let is_asleep = self.origin == Origin::Product { has_source: false };
        let is_sign = |name: Option<&str>| name.is_some_and(|name| SIGNS.contains(&name));
        let mut names = self.query.selectors().map(|selector| metric_name(selector));
        !is_asleep && names.any(|name| !is_sign(name))
    }

    /// The labels it sets, as they are written.
    pub fn labels(&self) -> Labels {
        let pairs: Vec<(Arc<str>, Arc<str>)> = match &self.kind {
            Kind::Alerting(alerting) => {
                let text = |(name, template): &(Arc<str>, Template)| {
                    (name.clone(), Arc::from(template.text()))
                };
                alerting.labels.iter().map(text).collect()
            }
            Kind::Recording(recording) => recording.labels.clone(),
        };
        // Names were checked when the file was read, and a mapping has each once.
        Labels::try_new(pairs).unwrap_or_default()
    }
}

/// The name of the metrics a selector selects, where it says exactly one.
pub(crate) fn metric_name(selector: &[Matcher]) -> Option<&str> {
    selector.iter().find_map(|matcher| match matcher.test() {
        Test::Equal(name) if matcher.label() == METRIC_NAME => Some(name.as_str()),
        _ => None,
    })
}

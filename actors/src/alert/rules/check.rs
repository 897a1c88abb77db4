//! Checks what a file says and makes rules of it, collecting every error.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use exposition::{is_label_name, is_metric_name};
use promql::{Engine, METRIC_NAME};
use serde_saphyr::Location;

use super::error::RuleError;
use super::file::{GroupEntry, Pairs, RuleEntry, Text};
use super::model::{Alerting, Group, Kind, Origin, Recording, Rule};
use crate::alert::duration::PrometheusDuration;
use crate::alert::template::Template;

/// Checks one file.
pub(super) struct Check<'a> {
    pub(super) file: &'a str,
    pub(super) engine: &'a Engine,
    pub(super) errors: Vec<RuleError>,
    /// What errors are about, while it is a rule.
    rule: Option<(String, usize, String)>,
}

impl<'a> Check<'a> {
    pub(super) fn new(file: &'a str, engine: &'a Engine) -> Self {
        Check {
            file,
            engine,
            errors: Vec::new(),
            rule: None,
        }
    }

    fn error(&mut self, at: Location, reason: impl Into<String>) {
        let place = (at.line(), at.column());
        self.errors.push(RuleError {
            file: self.file.into(),
            at: (place.0 > 0).then_some(place),
            rule: self.rule.clone(),
            reason: reason.into(),
        });
    }

    /// A group. `names` are those met before in the file.
    pub(super) fn group(
        &mut self,
        entry: GroupEntry,
        at: Location,
        names: &mut HashSet<String>,
    ) -> Group {
        let name = entry
            .name
            .as_ref()
            .map(|name| name.value.clone())
            .unwrap_or_default();
        let at = entry.name.as_ref().map_or(at, |name| name.referenced);
        if name.is_empty() {
            self.error(at, "a group must have a name");
        } else if !names.insert(name.clone()) {
            self.error(
                at,
                format!("group name {name:?} is repeated in the same file"),
            );
        }
        let interval = self.duration("interval", entry.interval);
        let query_offset = self.duration("query_offset", entry.query_offset);
        let limit = match entry.limit {
            Some(limit) if limit.value < 0 => {
                self.error(limit.referenced, "limit must not be negative");
                0
            }
            Some(limit) => usize::try_from(limit.value).unwrap_or(usize::MAX),
            None => 0,
        };
        self.label_names(&entry.labels);
        let rules = entry.rules.unwrap_or_default().into_iter().enumerate();
        let rules = rules.filter_map(|(at, rule)| {
            let known = |text: &Option<Text>| text.as_ref().map(|text| text.value.clone());
            let rule_name = known(&rule.value.alert).or_else(|| known(&rule.value.record));
            self.rule = Some((name.clone(), at + 1, rule_name.unwrap_or_default()));
            self.rule(rule.value, rule.referenced, &entry.labels)
        });
        let rules = rules.collect();
        self.rule = None;
        Group {
            file: self.file.into(),
            name,
            // As in Prometheus, none at all is the default.
            interval: Some(interval).filter(|interval| !interval.is_zero()),
            query_offset,
            limit,
            rules,
        }
    }

    fn rule(&mut self, entry: RuleEntry, at: Location, group_labels: &Pairs) -> Option<Rule> {
        let is_set = |text: &Text| !text.value.is_empty();
        let record = entry.record.filter(is_set);
        let alert = entry.alert.filter(is_set);
        self.label_names(&entry.labels);
        let hold = entry.hold.clone();
        let durations = (
            self.duration("for", entry.hold),
            self.duration("keep_firing_for", entry.keep_firing_for.clone()),
        );
        let kind = match (record, alert) {
            (Some(_), Some(alert)) => {
                self.error(
                    alert.referenced,
                    "only one of 'record' and 'alert' must be set",
                );
                None
            }
            (None, None) => {
                self.error(at, "one of 'record' or 'alert' must be set");
                None
            }
            (Some(record), None) => {
                let refuse = |check: &mut Self, field: &str| {
                    let reason = format!("invalid field '{field}' in recording rule");
                    check.error(record.referenced, reason);
                };
                if !entry.annotations.0.is_empty() {
                    refuse(self, "annotations");
                }
                if hold.is_some() && !durations.0.is_zero() {
                    refuse(self, "for");
                }
                if entry.keep_firing_for.is_some() && !durations.1.is_zero() {
                    refuse(self, "keep_firing_for");
                }
                if !is_metric_name(&record.value) {
                    let reason = format!("invalid recording rule name: {}", record.value);
                    self.error(record.referenced, reason);
                }
                let labels = merged(group_labels, &entry.labels);
                Some(Kind::Recording(Recording {
                    name: record.value.as_str().into(),
                    labels: labels
                        .map(|(name, value)| (name, value.value.as_str().into()))
                        .collect(),
                }))
            }
            (None, Some(alert)) => {
                self.annotation_names(&entry.annotations);
                let labels = self.templates("label", merged(group_labels, &entry.labels));
                let mut annotations: Vec<_> = entry.annotations.0.iter().collect();
                annotations.sort_by(|a, b| a.0.value.cmp(&b.0.value));
                let annotations = annotations.into_iter();
                let annotations =
                    annotations.map(|(name, text)| (name.value.as_str().into(), text));
                Some(Kind::Alerting(Alerting {
                    name: alert.value.as_str().into(),
                    hold: durations.0,
                    keep_firing_for: durations.1,
                    annotations: self.templates("annotation", annotations),
                    labels,
                }))
            }
        };
        let expr = match entry.expr.filter(is_set) {
            Some(expr) => expr,
            None => {
                self.error(at, "field 'expr' must be set in rule");
                return None;
            }
        };
        let query = match self.engine.parse(&expr.value) {
            Ok(query) => query,
            Err(error) => {
                self.error(
                    expr.referenced,
                    format!("could not parse expression: {error}"),
                );
                return None;
            }
        };
        Some(Rule {
            line: at.line(),
            expression: expr.value.trim().to_owned(),
            query,
            kind: kind?,
            origin: Origin::User,
        })
    }

    fn duration(&mut self, field: &str, text: Option<Text>) -> Duration {
        let Some(text) = text else {
            return Duration::ZERO;
        };
        match text.value.parse::<PrometheusDuration>() {
            Ok(duration) => duration.0,
            Err(error) => {
                self.error(text.referenced, format!("{field}: {error}"));
                Duration::ZERO
            }
        }
    }

    fn label_names(&mut self, labels: &Pairs) {
        for (name, _) in &labels.0 {
            if !is_label_name(&name.value) || name.value == METRIC_NAME {
                self.error(
                    name.referenced,
                    format!("invalid label name: {}", name.value),
                );
            }
        }
    }

    fn annotation_names(&mut self, annotations: &Pairs) {
        for (name, _) in &annotations.0 {
            if !is_label_name(&name.value) {
                self.error(
                    name.referenced,
                    format!("invalid annotation name: {}", name.value),
                );
            }
        }
    }

    fn templates<'t>(
        &mut self,
        what: &str,
        texts: impl Iterator<Item = (Arc<str>, &'t Text)>,
    ) -> Vec<(Arc<str>, Template)> {
        let mut templates = Vec::new();
        for (name, text) in texts {
            match Template::parse(&text.value) {
                Ok(template) => templates.push((name, template)),
                Err(error) => {
                    self.error(
                        text.referenced,
                        format!("{what} {name:?}: template: {error}"),
                    );
                }
            }
        }
        templates
    }
}

/// Labels of a rule over those of its group.
fn merged<'t>(group: &'t Pairs, rule: &'t Pairs) -> impl Iterator<Item = (Arc<str>, &'t Text)> {
    let is_own = |name: &str| rule.0.iter().any(|(own, _)| own.value == name);
    let inherited = group.0.iter().filter(move |(name, _)| !is_own(&name.value));
    let all = inherited.chain(&rule.0);
    all.map(|(name, value)| (Arc::from(name.value.as_str()), value))
}

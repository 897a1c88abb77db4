//! Why an alert fires, as far as is known: told in the message itself, so that whoever is paged at
//! night need not look it up. Names of processes, reasons from the closed list, and numbers; never a
//! command line, the text of an error or anything of what is watched.

use std::{collections::HashMap, fmt::Write as _, sync::Arc};

use exposition::Labels;
use jiff::{Timestamp, Unit};
use promql::{Matcher, Query};
use tokio::time::Instant;

use super::processes::Processes;
use crate::{
    collector::system::LOCAL,
    history::{Reader, matchers},
    standing::{SourceStatus, Standing},
};

/// Values that are told.
const VALUES: usize = 10;
/// How far back they may lie: as far as an instant selector looks, twice.
const BACK_MS: i64 = 600_000;
/// Labels that name a source, and what the names of such sources begin with.
const SOURCES: [(&str, &str); 6] = [
    ("target", ""),
    ("collector", ""),
    ("iris", "iris/"),
    ("application", "application/"),
    ("postgres", "postgres/"),
    ("host", "iris/"),
];

/// What is looked at.
pub(super) struct Evidence<'e> {
    pub(super) reader: &'e Reader,
    pub(super) standing: &'e Standing,
    pub(super) processes: &'e mut Processes,
    /// Unix milliseconds.
    pub(super) at: i64,
}

impl Evidence<'_> {
    /// The cause of an alert with these labels of a rule with this expression; empty if nothing is
    /// known.
    pub(super) fn cause(&mut self, labels: &Labels, query: &Query) -> String {
        let mut parts = Vec::new();
        if is_of_this_host(labels) {
            parts.extend(self.processes.busiest());
        }
        parts.extend(self.dependency(labels));
        parts.extend(self.values(labels, query));
        parts.join("; ")
    }

    /// The state of the source the labels name.
    fn dependency(&self, labels: &Labels) -> Option<String> {
        let statuses = self.standing.statuses(Instant::now());
        let mut named = SOURCES.iter().filter_map(|(label, prefix)| {
            let name = format!("{prefix}{}", labels.get(label)?);
            statuses.iter().find(|status| *status.source == *name)
        });
        named.find_map(state)
    }

    /// The last values of what the rule reads first, of the series the alert is about.
    fn values(&self, labels: &Labels, query: &Query) -> Option<String> {
        let selector: Vec<Matcher> = query.selectors().next()?.to_vec();
        let store = self.reader.store();
        let from = self.at - BACK_MS;
        let found = store.select(&matchers(&selector), from, self.at);
        let is_about = |of: &Labels| {
            let differs = |(name, value)| labels.get(name).is_some_and(|other| other != value);
            !of.iter()
                .filter(|(name, _)| *name != promql::METRIC_NAME)
                .any(differs)
        };
        let mut about = found.iter().filter(|(_, of)| is_about(of));
        let (series, _) = about.next()?;
        if about.next().is_some() {
            return None; // of several, and none of them is it
        }
        let mut scratch = tsdb::Scratch::default();
        store.read(*series, from, self.at, &mut scratch);
        let numbers: Vec<f64> = scratch
            .values
            .iter()
            .copied()
            .filter(|v| !v.is_nan())
            .collect();
        let last = &numbers[numbers.len().saturating_sub(VALUES)..];
        let mut text = String::from("last values:");
        for value in last {
            let _ = write!(text, " {}", short(*value));
        }
        (!last.is_empty()).then_some(text)
    }
}

pub(super) fn is_of_this_host(labels: &Labels) -> bool {
    let objective = labels.get("objective");
    labels.get("host") == Some(LOCAL) || objective.is_some_and(|id| id == "cpu" || id == "memory")
}

fn state(status: &SourceStatus) -> Option<String> {
    let since: Timestamp = status.since.round(Unit::Second).unwrap_or(status.since);
    let reason = status.errors.first().map(|error| error.reason);
    match (status.up, reason) {
        (true, None) => None,
        (true, Some(reason)) => Some(format!("{}: up, {reason}", status.source)),
        (false, Some(reason)) => Some(format!("{}: {reason} since {since}", status.source)),
        (false, None) => Some(format!("{}: silent since {since}", status.source)),
    }
}

/// Four digits that count.
fn short(value: f64) -> String {
    if value == 0.0 || !value.is_finite() {
        return value.to_string();
    }
    let digits = 3 - value.abs().log10().floor() as i32;
    let scale = 10_f64.powi(digits.clamp(-300, 300));
    let rounded = (value * scale).round() / scale;
    rounded.to_string()
}

/// Where expressions of rules are drawn. All alerts of a rule share the text.
pub(super) struct Charts<'a> {
    base: &'a str,
    urls: HashMap<String, Arc<str>>,
}

impl<'a> Charts<'a> {
    pub(super) fn at(external_url: &'a str) -> Self {
        Charts {
            base: external_url.trim_end_matches('/'),
            urls: HashMap::new(),
        }
    }

    pub(super) fn url(&mut self, expression: &str) -> Arc<str> {
        if let Some(known) = self.urls.get(expression) {
            return known.clone();
        }
        let (base, query) = (self.base, percent(expression));
        let url: Arc<str> = format!("{base}/vitals/v1/chart.svg?query={query}&range=1h").into();
        self.urls.insert(expression.to_owned(), url.clone());
        url
    }
}

/// As a value in a query string.
fn percent(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len() * 2);
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                encoded.push(char::from(byte));
            }
            byte => {
                let _ = write!(encoded, "%{byte:02X}");
            }
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short() {
        for (value, text) in [
            (0.0, "0"),
            (0.812_345, "0.8123"),
            (123_456.0, "123500"),
            (-2.5, "-2.5"),
            (1e-9, "0.000000001"),
            (f64::INFINITY, "inf"),
        ] {
            assert_eq!(short(value), text);
        }
    }

    #[test]
    fn an_expression_is_part_of_a_url() {
        assert_eq!(
            &*Charts::at("https://a.example/v/").url("up{a=\"b c\"} > 0.5"),
            "https://a.example/v/vitals/v1/chart.svg?query=up%7Ba%3D%22b%20c%22%7D%20%3E%200.5&range=1h"
        );
        assert_eq!(
            &*Charts::at("").url("x"),
            "/vitals/v1/chart.svg?query=x&range=1h"
        );
    }
}

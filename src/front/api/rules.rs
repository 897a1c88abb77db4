//! `rules` and `alerts`: what runs, what it finds, and how it does.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use actix_web::{HttpResponse, web::Data};
use exposition::Labels;
use jiff::Timestamp;
use serde::Serialize;
use vitals_actors::{
    alert::{
        evaluator::{ActiveAlert, GroupView, RuleView, RulesView},
        rules::{Kind, Rule},
    },
    messages::GetRules,
};

use super::{
    answer::success,
    failure::{Failure, FailureBody, FailureKind},
    form::Form,
};
use crate::front::shared::Shared;

/// How long a request waits for the evaluator.
const DEADLINE: Duration = Duration::from_millis(500);

#[derive(Serialize)]
struct Rules {
    groups: Vec<Group>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Group {
    name: String,
    file: String,
    rules: Vec<Told>,
    interval: f64,
    limit: usize,
    evaluation_time: f64,
    last_evaluation: String,
}

/// A rule.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Told {
    #[serde(skip_serializing_if = "Option::is_none")]
    state: Option<&'static str>,
    name: String,
    query: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    duration: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    keep_firing_for: Option<f64>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    labels: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    annotations: Option<BTreeMap<String, String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    alerts: Option<Vec<Alert>>,
    health: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_error: Option<String>,
    evaluation_time: f64,
    last_evaluation: String,
    #[serde(rename = "type")]
    kind: &'static str,
}

/// A pending or firing alert.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Alert {
    labels: BTreeMap<String, String>,
    annotations: BTreeMap<String, String>,
    state: &'static str,
    active_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    keep_firing_since: Option<String>,
    value: String,
}

#[derive(Serialize)]
struct Alerts {
    alerts: Vec<Alert>,
}

impl Group {
    /// `kind`: `alert`, `record`, or empty for both.
    fn of(view: &GroupView, kind: &str) -> Self {
        let rules = view.group.rules.iter().zip(&view.rules);
        let rules = rules.map(|(rule, view)| Told::of(rule, view));
        Group {
            name: view.group.name.clone(),
            file: view.group.file.clone(),
            rules: rules
                .filter(|rule| kind.is_empty() || rule.is(kind))
                .collect(),
            interval: view.interval.as_secs_f64(),
            limit: view.group.limit,
            evaluation_time: view.evaluation_time.as_secs_f64(),
            last_evaluation: evaluated(view.last_evaluation),
        }
    }
}

impl Told {
    fn of(rule: &Rule, view: &RuleView) -> Self {
        let mut told = Told {
            state: None,
            name: rule.name().to_string(),
            query: rule.expression.clone(),
            duration: None,
            keep_firing_for: None,
            labels: labels(&rule.labels()),
            annotations: None,
            alerts: None,
            health: view.health.as_str(),
            last_error: view.last_error.clone(),
            evaluation_time: view.evaluation_time.as_secs_f64(),
            last_evaluation: evaluated(view.last_evaluation),
            kind: "recording",
        };
        if let Kind::Alerting(alerting) = &rule.kind {
            let annotations = alerting.annotations.iter();
            let annotations = annotations.map(|(n, t)| (n.to_string(), t.text().to_owned()));
            told.kind = "alerting";
            told.state = Some(view.state.as_str());
            told.duration = Some(alerting.hold.as_secs_f64());
            told.keep_firing_for = Some(alerting.keep_firing_for.as_secs_f64());
            told.annotations = Some(annotations.collect());
            told.alerts = Some(view.alerts.iter().map(Alert::of).collect());
        }
        told
    }

    fn is(&self, kind: &str) -> bool {
        (self.kind == "alerting") == (kind == "alert")
    }
}

impl Alert {
    fn of(alert: &ActiveAlert) -> Self {
        let annotations = alert.annotations.iter();
        Alert {
            labels: labels(&alert.labels),
            annotations: annotations
                .map(|(name, text)| (name.to_string(), text.to_string()))
                .collect(),
            state: alert.state.as_str(),
            active_at: time(alert.active_at),
            keep_firing_since: alert.keep_firing_since.map(time),
            value: number(alert.value),
        }
    }
}

fn labels(labels: &Labels) -> BTreeMap<String, String> {
    let pairs = labels.iter();
    pairs.map(|(n, v)| (n.to_owned(), v.to_owned())).collect()
}

fn time(ms: i64) -> String {
    Timestamp::from_millisecond(ms)
        .unwrap_or_default()
        .to_string()
}

/// Before the first evaluation Prometheus says the year one.
fn evaluated(ms: Option<i64>) -> String {
    ms.map_or_else(|| "0001-01-01T00:00:00Z".to_owned(), time)
}

/// As Prometheus writes the value of an alert: `1e+00`.
fn number(value: f64) -> String {
    if value.is_nan() {
        return "NaN".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { "+Inf" } else { "-Inf" }.to_owned();
    }
    let text = format!("{value:e}");
    let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let (sign, exponent) = match exponent.strip_prefix('-') {
        Some(exponent) => ('-', exponent),
        None => ('+', exponent),
    };
    format!("{digits}e{sign}{exponent:0>2}")
}

async fn view(shared: &Shared) -> Result<Arc<RulesView>, Failure> {
    match shared.evaluator.ask(GetRules, DEADLINE).await {
        Ok(view) => Ok(view),
        Err(_) => {
            let why = "the evaluator does not answer";
            Err(Failure::new(FailureKind::Unavailable, why))
        }
    }
}

/// Rules
///
/// As Prometheus 3 answers.
#[utoipa::path(
    get,
    path = "/api/v1/rules",
    tag = "query",
    params(("type" = Option<String>, Query, description = "`alert` or `record`")),
    responses(
        (status = 200, description = "`data`: `groups`", body = serde_json::Value),
        (status = 400, description = "`bad_data`", body = FailureBody),
        (status = 503, description = "`unavailable`: the evaluator does not answer", body = FailureBody),
    )
)]
pub(crate) async fn rules(form: Form, shared: Data<Shared>) -> Result<HttpResponse, Failure> {
    let kind = form.first("type").unwrap_or_default().to_lowercase();
    if !["", "alert", "record"].contains(&&*kind) {
        let why = format!("not supported value {kind:?}");
        return Err(Failure::parameter("type", why));
    }
    let view = view(&shared).await?;
    let groups = view.groups.iter().map(|group| Group::of(group, &kind));
    let groups = groups.filter(|group| kind.is_empty() || !group.rules.is_empty());
    Ok(success(Rules {
        groups: groups.collect(),
    }))
}

/// Alerts
///
/// As Prometheus 3 answers.
#[utoipa::path(
    get,
    path = "/api/v1/alerts",
    tag = "query",
    responses(
        (status = 200, description = "`data`: `alerts`", body = serde_json::Value),
        (status = 503, description = "`unavailable`: the evaluator does not answer", body = FailureBody),
    )
)]
pub(crate) async fn alerts(shared: Data<Shared>) -> Result<HttpResponse, Failure> {
    let view = view(&shared).await?;
    Ok(success(Alerts {
        alerts: view.alerts().map(Alert::of).collect(),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_written_as_prometheus_does() {
        for (value, text) in [
            (1.0, "1e+00"),
            (0.0, "0e+00"),
            (0.0625, "6.25e-02"),
            (123_456.0, "1.23456e+05"),
            (-1e100, "-1e+100"),
            (f64::INFINITY, "+Inf"),
            (f64::NAN, "NaN"),
        ] {
            assert_eq!(number(value), text);
        }
    }
}

//! The summary: every target judged, and the figures an operator asks for first.

use std::{collections::BTreeMap, sync::Arc};

use exposition::Labels;
use jiff::Timestamp;
use serde::Serialize;
use tokio::time::Instant;
use utoipa::ToSchema;

use crate::{
    alert::fingerprint::Fingerprint,
    collector::{Reason, system::LOCAL},
    standing::{Point, Source, Standing},
    targets::{CONTAINER_TARGETS, Scope, TARGETS, Target, Thresholds},
    trend::{Subject, Trend},
    uptime::{Known, WINDOWS},
};

/// The answer of `/summary`. Names and nesting are a contract with users.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[expect(missing_docs, reason = "the names are the interface")]
pub struct Summary {
    pub version: u32,
    #[schema(value_type = String, format = DateTime)]
    pub generated_at: Timestamp,
    pub status: Status,
    pub coverage: Coverage,
    pub targets: Vec<Judgement>,
    pub system: System,
    pub database: Database,
    pub hl7: Hl7,
    pub application: Application,
    #[schema(value_type = Vec<ActiveAlert>)]
    pub alerts: Arc<Vec<ActiveAlert>>,
    pub uptime: Vec<Uptime>,
}

/// Of all targets together: missed if any is, else met if any is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names are the interface")]
pub enum Status {
    Met,
    Missed,
    Unknown,
}

/// Of one target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names are the interface")]
pub enum TargetStatus {
    Met,
    Missed,
    NoData,
}

impl TargetStatus {
    /// As it stands in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            TargetStatus::Met => "met",
            TargetStatus::Missed => "missed",
            TargetStatus::NoData => "no_data",
        }
    }
}

/// How many of the targets could be judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[expect(missing_docs, reason = "the names are the interface")]
pub struct Coverage {
    pub known: usize,
    pub of: usize,
}

/// One target, judged by its worst series.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[expect(missing_docs, reason = "the names are the interface")]
pub struct Judgement {
    pub id: &'static str,
    pub title: &'static str,
    pub value: Option<f64>,
    pub unit: &'static str,
    pub threshold: f64,
    pub operator: &'static str,
    pub status: TargetStatus,
    pub worst: Option<BTreeMap<String, String>>,
    pub scope: Option<Scope>,
    pub source: Option<String>,
    pub simulated: bool,
    pub reason: Option<Reason>,
    pub hint: Option<String>,
    /// Null until there is history of the series it is judged by.
    pub trend: Option<Trend>,
}

/// The host Vitals runs on.
#[derive(Debug, Clone, Default, PartialEq, Serialize, ToSchema)]
#[expect(missing_docs, reason = "the names are the interface")]
pub struct System {
    pub cpu: Option<f64>,
    pub memory: Option<f64>,
    pub disk: Option<f64>,
    pub network_receive_bytes: Option<f64>,
    pub network_transmit_bytes: Option<f64>,
}

/// The worst of all databases.
#[derive(Debug, Clone, Default, PartialEq, Serialize, ToSchema)]
#[expect(missing_docs, reason = "the names are the interface")]
pub struct Database {
    pub connections: Option<f64>,
    pub query_seconds: Option<f64>,
    pub size_bytes: Option<f64>,
}

/// The message flow.
#[derive(Debug, Clone, Default, PartialEq, Serialize, ToSchema)]
#[expect(missing_docs, reason = "the names are the interface")]
pub struct Hl7 {
    pub messages_total: Option<f64>,
    pub messages_per_minute: Option<f64>,
}

/// The application in front.
#[derive(Debug, Clone, Default, PartialEq, Serialize, ToSchema)]
#[expect(missing_docs, reason = "the names are the interface")]
pub struct Application {
    pub response_seconds: Option<f64>,
    pub error_ratio: Option<f64>,
    pub active_users: Option<f64>,
    pub cache_hit_ratio: Option<f64>,
}

/// An alert that is firing.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[expect(missing_docs, reason = "the names are the interface")]
pub struct ActiveAlert {
    #[schema(value_type = String)]
    pub fingerprint: Fingerprint,
    #[schema(value_type = String)]
    pub alertname: Arc<str>,
    #[schema(value_type = String)]
    pub severity: Arc<str>,
    #[schema(value_type = String, format = DateTime)]
    pub since: Timestamp,
    pub acknowledged: bool,
}

/// How long a dependency was up, of the time it was observed.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[expect(missing_docs, reason = "the names are the interface")]
pub struct Uptime {
    pub target: String,
    pub ratio: BTreeMap<String, f64>,
    pub coverage: BTreeMap<String, f64>,
}

impl Summary {
    /// Of what counts at a moment, as it was judged then.
    pub fn of(standing: &Standing, targets: Vec<Judgement>, now: Instant) -> Summary {
        let value = |id: &str| targets.iter().find(|t| t.id == id).and_then(|t| t.value);
        let sum = |name| {
            let series = standing.series(name, now);
            (!series.is_empty()).then(|| series.iter().map(|point| point.value).sum())
        };
        let with = |name, (label, value): (&str, &str)| {
            let series = standing.series(name, now).into_iter();
            let with = series.filter(|point| point.metric.labels.get(label) == Some(value));
            with.map(|point| point.value).collect::<Vec<_>>()
        };
        let local = |name| with(name, ("host", LOCAL)).into_iter().reduce(f64::max);
        let of_kind = |name, kind| {
            with(name, kind)
                .into_iter()
                .reduce(|one, other| one + other)
        };
        let is = |status| targets.iter().any(|target| target.status == status);
        let status = match (is(TargetStatus::Missed), is(TargetStatus::Met)) {
            (true, _) => Status::Missed,
            (false, true) => Status::Met,
            (false, false) => Status::Unknown,
        };
        Summary {
            version: 1,
            generated_at: Timestamp::now(),
            status,
            coverage: Coverage {
                known: targets.iter().filter(|t| t.is_known_target()).count(),
                of: TARGETS.len(),
            },
            system: System {
                cpu: local("vitals_host_cpu_used_ratio"),
                memory: local("vitals_host_memory_used_ratio"),
                disk: local("vitals_host_filesystem_used_ratio"),
                network_receive_bytes: sum("vitals_host_network_receive_bytes_total"),
                network_transmit_bytes: sum("vitals_host_network_transmit_bytes_total"),
            },
            database: Database {
                connections: of_kind("vitals_iris_connections", ("kind", "csp"))
                    .or_else(|| sum("vitals_postgres_connections")),
                query_seconds: value("query_time"),
                size_bytes: value("database_size"),
            },
            hl7: Hl7 {
                messages_total: sum("vitals_hl7_messages_total"),
                messages_per_minute: value("hl7_rate"),
            },
            application: Application {
                response_seconds: value("api_response"),
                error_ratio: value("error_rate"),
                active_users: sum("vitals_application_active_users"),
                cache_hit_ratio: value("cache_hit"),
            },
            alerts: Arc::default(),
            uptime: uptimes(standing),
            targets,
        }
    }

    /// Adds how each target's figure was before, as far as that is known.
    #[must_use]
    pub fn with_trends(mut self, trends: &BTreeMap<Subject, Trend>) -> Self {
        for judgement in &mut self.targets {
            let subject = judgement.subject();
            judgement.trend = subject.and_then(|subject| trends.get(&subject).copied());
        }
        self
    }

    /// Whose trends it wants.
    pub fn subjects(&self) -> Vec<Subject> {
        self.targets.iter().filter_map(Judgement::subject).collect()
    }

    /// Whether something else is said of any target now, or it is measured by something else.
    pub fn differs_in_status(&self, now: &[Judgement]) -> bool {
        let verdict =
            |target: &Judgement| (target.id, target.scope, target.status, target.threshold);
        !self.targets.iter().map(verdict).eq(now.iter().map(verdict))
    }
}

impl Judgement {
    /// The series it is judged by.
    fn subject(&self) -> Option<Subject> {
        let of_it = |target: &&Target| target.id == self.id && target.scope == self.scope;
        let target = TARGETS.iter().chain(&CONTAINER_TARGETS).find(of_it)?;
        Some((target.series, self.worst.clone()?))
    }

    /// Whether it counts among the known of the twelve.
    fn is_known_target(&self) -> bool {
        self.value.is_some() && self.scope != Some(Scope::Container)
    }
}

/// What is known of every dependency.
fn uptimes(standing: &Standing) -> Vec<Uptime> {
    let now = Timestamp::now();
    let known = standing.sources().filter_map(|source| {
        let uptime = source.uptime.as_ref()?;
        let windows = WINDOWS
            .iter()
            .filter_map(|window| Some((window.name, uptime.over(*window, now)?)));
        let windows: Vec<_> = windows.collect();
        let map = |of: fn(&Known) -> f64| {
            windows
                .iter()
                .map(|(name, known)| ((*name).to_owned(), of(known)))
                .collect()
        };
        Some(Uptime {
            target: source.observation.source.to_string(),
            ratio: map(|known| known.ratio),
            coverage: map(|known| known.coverage),
        })
    });
    known.collect()
}

/// Judges every target by its worst series, and beside it the limit of the container, if there is
/// one.
pub fn judge(standing: &Standing, thresholds: &Thresholds, now: Instant) -> Vec<Judgement> {
    let mut judgements = Vec::with_capacity(TARGETS.len() + CONTAINER_TARGETS.len());
    for target in &TARGETS {
        let Some(threshold) = thresholds.of(target.id) else {
            continue;
        };
        judgements.push(judge_one(target, threshold, standing, now));
        let beside = CONTAINER_TARGETS.iter().filter(|one| one.id == target.id);
        let limits = beside.map(|limit| judge_one(limit, threshold, standing, now));
        judgements.extend(limits.filter(|limit| limit.value.is_some()));
    }
    judgements
}

fn judge_one(target: &Target, threshold: f64, standing: &Standing, now: Instant) -> Judgement {
    let series = standing.series(target.series, now);
    let is_judged = |point: &&Point<'_>| {
        let is_of = |(label, value)| point.metric.labels.get(label) == Some(value);
        !point.value.is_nan() && target.with.is_none_or(is_of)
    };
    let worst = series.iter().filter(is_judged).reduce(|worst, next| {
        if target.operator.is_worse(next.value, worst.value) {
            next
        } else {
            worst
        }
    });
    let mut judgement = Judgement {
        id: target.id,
        title: target.title,
        value: None,
        unit: target.unit,
        threshold,
        operator: target.operator.symbol(),
        status: TargetStatus::NoData,
        worst: None,
        scope: target.scope,
        source: None,
        simulated: false,
        reason: None,
        hint: None,
        trend: None,
    };
    match worst {
        Some(worst) => {
            judgement.value = Some(worst.value);
            judgement.status = if target.operator.is_met(worst.value, threshold) {
                TargetStatus::Met
            } else {
                TargetStatus::Missed
            };
            judgement.worst = Some(as_map(&worst.metric.labels));
            let observation = &worst.source.observation;
            judgement.source = Some(observation.source.to_string());
            judgement.simulated = observation.outcome.simulated;
        }
        None => {
            let (reason, hint) = why_unknown(target, standing, now);
            judgement.reason = Some(reason);
            judgement.hint = Some(hint);
        }
    }
    judgement
}

/// There is no series: because its source is not there, is down, or has not begun.
fn why_unknown(target: &Target, standing: &Standing, now: Instant) -> (Reason, String) {
    let measures = |source: &&Source| {
        let name = &*source.observation.source;
        name == target.source || name.split('/').next() == Some(target.source)
    };
    let hint = || target.hint.to_owned();
    if let Some(absent) = standing.absent(target.series, now) {
        return (absent.reason, absent.hint.clone());
    }
    let Some(source) = standing.sources().find(measures) else {
        let expected = target.source == "system"; // it is always configured
        return if expected {
            (Reason::WarmingUp, hint())
        } else {
            (Reason::NotConfigured, hint())
        };
    };
    let outcome = &source.observation.outcome;
    match outcome.error.as_ref().or(outcome.failed.first()) {
        Some(error) => (error.reason, error.to_string()),
        None if source.is_fresh(now) => (Reason::WarmingUp, hint()),
        None => (
            Reason::Down,
            format!("the collector {} is silent", source.observation.source),
        ),
    }
}

fn as_map(labels: &Labels) -> BTreeMap<String, String> {
    let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
    labels.iter().map(owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{standing::tests::observed, targets::tests::required};

    fn judged(standing: &Standing, id: &str) -> Judgement {
        let all = judge(standing, &required(), Instant::now());
        all.into_iter().find(|target| target.id == id).unwrap()
    }

    fn summary(standing: &Standing) -> Summary {
        let now = Instant::now();
        Summary::of(standing, judge(standing, &required(), now), now)
    }

    #[test]
    fn the_worst_series_decides_and_is_named() {
        let mut standing = Standing::default();
        let hosts = [("a", 0.3), ("b", 0.9), ("c", 0.5), ("d", f64::NAN)];
        standing.take(observed("system", "vitals_host_memory_used_ratio", &hosts));
        let memory = judged(&standing, "memory");
        assert_eq!(memory.value, Some(0.9));
        assert_eq!(memory.status, TargetStatus::Missed);
        assert_eq!(memory.worst.unwrap()["host"], "b");
        assert_eq!(memory.reason, None);
        let users = [("a", 70.0), ("b", 50.0)];
        standing.take(observed(
            "iris/main",
            "vitals_hl7_messages_per_minute",
            &users,
        ));
        let rate = judged(&standing, "hl7_rate");
        assert_eq!((rate.value, rate.status), (Some(50.0), TargetStatus::Met));
    }

    #[test]
    fn what_is_not_known_says_why() {
        let mut standing = Standing::default();
        let reason = |standing: &Standing, id| judged(standing, id).reason.unwrap();
        assert_eq!(reason(&standing, "cpu"), Reason::WarmingUp);
        assert_eq!(reason(&standing, "query_time"), Reason::NotConfigured);
        standing.take(observed(
            "system",
            "vitals_host_memory_used_ratio",
            &[("a", 0.1)],
        ));
        assert_eq!(reason(&standing, "cpu"), Reason::WarmingUp);
        standing.take(observed("iris/main", "vitals_iris_query_seconds", &[]));
        assert_eq!(reason(&standing, "query_time"), Reason::Connect);
        let hint = judged(&standing, "query_time").hint.unwrap();
        assert_eq!(hint, "iris/main: refused (connect)");
    }

    #[test]
    fn a_container_is_a_row_of_its_own_where_it_has_a_limit() {
        let mut standing = Standing::default();
        let of = |name, value| observed("system", name, &[("local", value)]);
        standing.take(of("vitals_host_memory_used_ratio", 0.3));
        assert_eq!(summary(&standing).targets.len(), 12);

        let mut both = of("vitals_container_memory_used_ratio", 0.9);
        let host = of("vitals_host_memory_used_ratio", 0.3);
        both.families = [&both.families[..], &host.families[..]].concat().into();
        standing.take(both);
        let summary = super::tests::summary(&standing);
        assert_eq!(summary.coverage, Coverage { known: 1, of: 12 });
        assert_eq!(summary.system.memory, Some(0.3));
        assert_eq!(summary.status, Status::Missed);
        let rows = summary.targets.iter().filter(|row| row.id == "memory");
        let rows: Vec<_> = rows.map(|row| (row.scope, row.status)).collect();
        let expected = [
            (Some(Scope::Host), TargetStatus::Met),
            (Some(Scope::Container), TargetStatus::Missed),
        ];
        assert_eq!(rows, expected);
    }

    #[test]
    fn missed_outshines_met_and_met_outshines_unknown() {
        let mut standing = Standing::default();
        let status = |standing: &Standing| summary(standing).status;
        assert_eq!(status(&standing), Status::Unknown);
        standing.take(observed(
            "system",
            "vitals_host_memory_used_ratio",
            &[("a", 0.1)],
        ));
        let met = summary(&standing);
        assert_eq!(met.status, Status::Met);
        assert_eq!(met.coverage, Coverage { known: 1, of: 12 });
        standing.take(observed(
            "app",
            "vitals_application_error_ratio",
            &[("a", 0.5)],
        ));
        let missed = summary(&standing);
        assert_eq!(missed.status, Status::Missed);
        assert!(met.differs_in_status(&missed.targets) && !met.differs_in_status(&met.targets));
    }
}

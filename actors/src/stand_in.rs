//! Where an application does not tell of itself, others stand in for it: IRIS by how it answers us and
//! by its sessions, Redis by how often it finds what is looked up. What is taken for what is said by
//! `vitals_source`.

use std::borrow::Cow;

use exposition::{Labels, Metric, MetricFamily, Value};
use tokio::time::Instant;

use crate::{
    collector::{Absent, Reason},
    messages::Observation,
    standing::Standing,
};

/// What IRIS tells in place of an application.
const OF_IRIS: [StandIn; 3] = [
    StandIn {
        signal: "api_response",
        family: "vitals_application_response_mean_seconds",
        of: "vitals_iris_response_seconds",
    },
    StandIn {
        signal: "error_rate",
        family: "vitals_application_error_ratio",
        of: "vitals_iris_request_error_ratio",
    },
    StandIn {
        signal: "active_users",
        family: "vitals_application_active_users",
        of: "vitals_iris_sessions",
    },
];
const CACHE: StandIn = StandIn {
    signal: "cache_hit",
    family: "vitals_application_cache_hit_ratio",
    of: "vitals_redis_hit_ratio",
};
const REDIS: &str = "redis";

/// A family that is taken from another.
struct StandIn {
    signal: &'static str,
    family: &'static str,
    of: &'static str,
}

/// What an observation tells in place of applications; what it cannot tell is added to what is absent of
/// it. `applications`: the names of all that are configured; what they tell themselves is in `standing`.
pub(crate) fn of(
    observation: &mut Observation,
    standing: &Standing,
    applications: &[String],
    now: Instant,
) -> Vec<MetricFamily> {
    let source = observation.source.clone();
    let mut told = Vec::new();
    if source.starts_with("iris/") && applications.is_empty() {
        for stand_in in &OF_IRIS {
            stand_in.tell(observation, &source, &mut told);
        }
    }
    if *source != *REDIS {
        return told;
    }
    if applications.is_empty() {
        CACHE.tell(observation, REDIS, &mut told);
    }
    for application in applications {
        let collector = format!("application/{application}");
        let counts_none =
            |absent: &Absent| absent.family == CACHE.family && absent.reason == Reason::NotEnabled;
        let source = standing
            .source(&collector)
            .filter(|source| source.is_fresh(now));
        if source.is_some_and(|source| source.observation.outcome.absent.iter().any(counts_none)) {
            CACHE.tell(observation, application, &mut told);
        }
    }
    told
}

impl StandIn {
    /// The family it stands in for, of this application, from what the observation has.
    fn tell(
        &self,
        observation: &mut Observation,
        application: &str,
        families: &mut Vec<MetricFamily>,
    ) {
        let family = observation
            .families
            .iter()
            .find(|family| family.name == self.of);
        let value = family.and_then(|family| {
            let Metric { value, .. } = family.metrics.first()?;
            match value {
                Value::Number(value) => Some((*value, family.help.clone())),
                Value::Histogram(_) | Value::Summary(_) => None,
            }
        });
        match value {
            Some((value, help)) => {
                let gauge = |name, help: Cow<'static, str>, labels, value| {
                    MetricFamily::gauge(name, help).with(labels, value)
                };
                let of = [("application", application)];
                let told = gauge(self.family, help, Labels::new(of), value);
                let labels = [of[0], ("signal", self.signal), ("source", self.of)];
                let help = "Which of several possible sources a signal is taken from.";
                let source = gauge("vitals_source", help.into(), Labels::new(labels), 1.0);
                families.extend([told, source]);
            }
            None => {
                let absent = &mut observation.outcome.absent;
                let why = absent
                    .iter()
                    .find(|absent| absent.family == self.of)
                    .cloned();
                absent.extend(why.map(|why| Absent {
                    family: self.family,
                    ..why
                }));
            }
        }
    }
}

//! The performance targets: data, not code paths. A row says what is judged, against what, and what
//! an operator can do where there is nothing to judge.

use std::time::Duration;

use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    units::{Bytes, Ratio},
    uptime,
};

/// One row of the table.
#[derive(Debug)]
pub struct Target {
    /// The key in settings, labels and JSON.
    pub id: &'static str,
    /// For people.
    pub title: &'static str,
    /// Of value and threshold.
    pub unit: &'static str,
    /// How value and threshold compare when the target is met.
    pub operator: Operator,
    /// The family whose series are judged, each by itself; the worst decides.
    pub series: &'static str,
    /// The label with which a series of it is judged, where others are told too.
    pub with: Option<(&'static str, &'static str)>,
    /// The collector, or the kind of collectors, that measures it.
    pub source: &'static str,
    /// What an operator can do where no source is configured.
    pub hint: &'static str,
    /// What is judged, where there is more than one thing it could be.
    pub scope: Option<Scope>,
}

/// What a figure of the machine is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// The whole machine.
    Host,
    /// What the limits of Vitals' own cgroup leave it. Judged by itself, where there is a limit.
    Container,
}

/// How value and threshold compare when a target is met.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operator {
    /// The value is below the threshold; the highest is the worst.
    Below,
    /// The value is above the threshold; the lowest is the worst.
    Above,
    /// The value is at least the threshold; the lowest is the worst.
    AtLeast,
}

impl Operator {
    /// As it stands in JSON.
    pub fn symbol(self) -> &'static str {
        match self {
            Operator::Below => "<",
            Operator::Above => ">",
            Operator::AtLeast => ">=",
        }
    }

    /// Whether `value` meets `threshold`. NaN meets nothing.
    pub fn is_met(self, value: f64, threshold: f64) -> bool {
        match self {
            Operator::Below => value < threshold,
            Operator::Above => value > threshold,
            Operator::AtLeast => value >= threshold,
        }
    }

    /// Whether `a` is further from meeting any threshold than `b`.
    pub fn is_worse(self, a: f64, b: f64) -> bool {
        match self {
            Operator::Below => a > b,
            Operator::Above | Operator::AtLeast => a < b,
        }
    }
}

/// The thresholds that are required, or what the settings say instead.
#[derive(Debug, Clone, Copy, PartialEq)]
#[expect(missing_docs, reason = "the ids of the targets")]
pub struct Thresholds {
    pub cpu: Ratio,
    pub memory: Ratio,
    pub disk: Ratio,
    pub network_latency: Duration,
    pub query_time: Duration,
    /// Messages a minute.
    pub hl7_rate: f64,
    pub connection_pool: Ratio,
    pub database_size: Bytes,
    pub api_response: Duration,
    pub error_rate: Ratio,
    pub cache_hit: Ratio,
    pub uptime: Ratio,
}

impl Thresholds {
    /// The threshold of a target, in the target's unit.
    pub fn of(&self, id: &str) -> Option<f64> {
        Some(match id {
            "cpu" => self.cpu.get(),
            "memory" => self.memory.get(),
            "disk" => self.disk.get(),
            "network_latency" => self.network_latency.as_secs_f64(),
            "query_time" => self.query_time.as_secs_f64(),
            "hl7_rate" => self.hl7_rate,
            "connection_pool" => self.connection_pool.get(),
            "database_size" => self.database_size.get() as f64,
            "api_response" => self.api_response.as_secs_f64(),
            "error_rate" => self.error_rate.get(),
            "cache_hit" => self.cache_hit.get(),
            "uptime" => self.uptime.get(),
            _ => return None,
        })
    }
}

const IRIS: &str = "no IRIS is configured: set IRIS_HOST";
const APPLICATION: &str = "no application is configured: add an [[application]], or set IRIS_HOST";

/// All targets, in the order they are shown.
pub const TARGETS: [Target; 12] = [
    Target {
        id: "cpu",
        title: "CPU usage",
        unit: "ratio",
        operator: Operator::Below,
        series: "vitals_host_cpu_used_ratio",
        with: None,
        source: "system",
        hint: "known once two samples have been taken",
        scope: Some(Scope::Host),
    },
    Target {
        id: "memory",
        title: "Memory usage",
        unit: "ratio",
        operator: Operator::Below,
        series: "vitals_host_memory_used_ratio",
        with: None,
        source: "system",
        hint: "/proc/meminfo must be readable",
        scope: Some(Scope::Host),
    },
    Target {
        id: "disk",
        title: "Disk usage",
        unit: "ratio",
        operator: Operator::Below,
        series: "vitals_host_filesystem_used_ratio",
        with: None,
        source: "system",
        hint: "no local file system could be read",
        scope: Some(Scope::Host),
    },
    Target {
        id: "network_latency",
        title: "Network latency",
        unit: "seconds",
        operator: Operator::Below,
        series: "vitals_network_connect_seconds",
        with: None,
        source: "network",
        hint: "nothing is configured to connect to: set [network] targets",
        scope: None,
    },
    Target {
        id: "query_time",
        title: "Query time",
        unit: "seconds",
        operator: Operator::Below,
        series: "vitals_iris_query_seconds",
        with: None,
        source: "iris",
        hint: IRIS,
        scope: None,
    },
    Target {
        id: "hl7_rate",
        title: "HL7 messages per minute",
        unit: "per_minute",
        operator: Operator::AtLeast,
        series: "vitals_hl7_messages_per_minute",
        with: None,
        source: "iris",
        hint: IRIS,
        scope: None,
    },
    Target {
        id: "connection_pool",
        title: "Connection pool usage",
        unit: "ratio",
        operator: Operator::Below,
        series: "vitals_iris_connection_pool_ratio",
        with: None,
        source: "iris",
        hint: IRIS,
        scope: None,
    },
    Target {
        id: "database_size",
        title: "Database size",
        unit: "bytes",
        operator: Operator::Below,
        series: "vitals_iris_database_size_bytes",
        with: None,
        source: "iris",
        hint: IRIS,
        scope: None,
    },
    Target {
        id: "api_response",
        title: "API response time",
        unit: "seconds",
        operator: Operator::Below,
        series: "vitals_application_response_mean_seconds",
        with: None,
        source: "application",
        hint: APPLICATION,
        scope: None,
    },
    Target {
        id: "error_rate",
        title: "Error rate",
        unit: "ratio",
        operator: Operator::Below,
        series: "vitals_application_error_ratio",
        with: None,
        source: "application",
        hint: APPLICATION,
        scope: None,
    },
    Target {
        id: "cache_hit",
        title: "Cache hit ratio",
        unit: "ratio",
        operator: Operator::Above,
        series: "vitals_application_cache_hit_ratio",
        with: None,
        source: "application",
        hint: "no cache is configured: set REDIS_HOST, or add an [[application]]",
        scope: None,
    },
    Target {
        id: "uptime",
        title: "Uptime",
        unit: "ratio",
        operator: Operator::Above,
        series: uptime::RATIO,
        with: Some(("window", uptime::WINDOWS[0].name)),
        source: "uptime",
        hint: "no dependency is configured whose uptime could be observed",
        scope: None,
    },
];

/// Limits of Vitals' own cgroup: judged as rows of their own beside those of the same id, only where
/// there are such limits.
pub const CONTAINER_TARGETS: [Target; 2] = [
    Target {
        id: "cpu",
        title: "CPU usage of the container",
        unit: "ratio",
        operator: Operator::Below,
        series: "vitals_container_cpu_used_ratio",
        with: None,
        source: "system",
        hint: "known once two samples have been taken",
        scope: Some(Scope::Container),
    },
    Target {
        id: "memory",
        title: "Memory usage of the container",
        unit: "ratio",
        operator: Operator::Below,
        series: "vitals_container_memory_used_ratio",
        with: None,
        source: "system",
        hint: "the cgroup must be readable",
        scope: Some(Scope::Container),
    },
];

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// The thresholds that are required.
    pub(crate) fn required() -> Thresholds {
        Thresholds {
            cpu: Ratio::percent(80),
            memory: Ratio::percent(85),
            disk: Ratio::percent(90),
            network_latency: Duration::from_millis(100),
            query_time: Duration::from_millis(500),
            hl7_rate: 50.0,
            connection_pool: Ratio::percent(80),
            database_size: Bytes::new(1_000_000_000),
            api_response: Duration::from_millis(200),
            error_rate: Ratio::percent(2),
            cache_hit: Ratio::percent(80),
            uptime: Ratio::percent(99),
        }
    }

    #[test]
    fn every_target_has_a_threshold() {
        let thresholds = required();
        for target in &TARGETS {
            assert!(thresholds.of(target.id).is_some(), "{}", target.id);
        }
        assert_eq!(thresholds.of("query_time"), Some(0.5));
        assert_eq!(thresholds.of("database_size"), Some(1e9));
    }

    #[test]
    fn thresholds_themselves_are_met_only_where_at_least_is_asked_for() {
        assert!(!Operator::Below.is_met(0.8, 0.8) && Operator::Below.is_met(0.79, 0.8));
        assert!(!Operator::Above.is_met(0.8, 0.8) && Operator::Above.is_met(0.81, 0.8));
        assert!(Operator::AtLeast.is_met(50.0, 50.0) && !Operator::AtLeast.is_met(49.9, 50.0));
        assert!(!Operator::Below.is_met(f64::NAN, 0.8) && !Operator::Above.is_met(f64::NAN, 0.8));
    }
}

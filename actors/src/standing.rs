//! The latest of everything: what each source said last, and until when that counts.

use std::{
    collections::BTreeMap,
    sync::Arc,
    time::Duration,
};

use exposition::{Metric, MetricFamily, Value};
use jiff::Timestamp;
use tokio::time::Instant;

use crate::{collector::CollectError, messages::Observation};

/// What each source said last. Cheap to clone; incarnations of the aggregator inherit it.
#[derive(Debug, Clone, Default)]
pub struct Standing {
    sources: BTreeMap<Arc<str>, Arc<Source>>,
    /// Grows with every observation.
    version: u64,
}

/// One source's latest.
#[derive(Debug)]
pub struct Source {
    /// The latest observation.
    pub observation: Observation,
    /// When it came in.
    pub received: Instant,
    /// When the source last succeeded, wall clock.
    pub last_success: Option<Timestamp>,
}

/// How a source does, for the health checker.
#[derive(Debug, Clone)]
pub struct SourceStatus {
    /// The collector's name.
    pub source: Arc<str>,
    /// Whether its last measurement succeeded and still counts.
    pub up: bool,
    /// When it was last heard of.
    pub at: Timestamp,
    /// Why it is not up, or what part failed.
    pub error: Option<CollectError>,
}

impl Source {
    /// Whether its values still count.
    pub fn is_fresh(&self, now: Instant) -> bool {
        now < self.expires()
    }

    fn expires(&self) -> Instant {
        self.received + self.observation.outcome.stale_after
    }

    /// Whether the last measurement succeeded.
    pub fn is_up(&self, now: Instant) -> bool {
        self.observation.outcome.error.is_none() && self.is_fresh(now)
    }
}

impl Standing {
    /// Takes an observation in.
    pub fn take(&mut self, observation: Observation) {
        let success = observation.outcome.error.is_none();
        let last_success = if success {
            Some(observation.at)
        } else {
            self.sources
                .get(&observation.source)
                .and_then(|before| before.last_success)
        };
        let source = Source {
            received: Instant::now(),
            last_success,
            observation,
        };
        self.version += 1;
        self.sources
            .insert(source.observation.source.clone(), Arc::new(source));
    }

    /// Grows with every observation.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// All sources, by name.
    pub fn sources(&self) -> impl Iterator<Item = &Source> {
        self.sources.values().map(|source| &**source)
    }

    /// The families of all sources whose values still count.
    pub fn families(&self, now: Instant) -> impl Iterator<Item = &MetricFamily> {
        self.sources()
            .filter(move |source| source.is_fresh(now))
            .flat_map(|source| source.observation.families.iter())
    }

    /// The series of one family, over all sources.
    pub fn series(&self, name: &str, now: Instant) -> Vec<(&Metric, f64)> {
        self.families(now)
            .filter(|family| family.name == name)
            .flat_map(|family| family.metrics.iter())
            .filter_map(|metric| match metric.value {
                Value::Number(value) => Some((metric, value)),
                Value::Histogram(_) | Value::Summary(_) => None,
            })
            .collect()
    }

    /// When the first of the fresh sources stops counting.
    pub fn next_expiry(&self, now: Instant) -> Option<Instant> {
        self.sources()
            .map(Source::expires)
            .filter(|expiry| *expiry > now)
            .min()
    }

    /// When a source was last heard of.
    pub fn heard(&self, source: &str) -> Option<Instant> {
        self.sources.get(source).map(|source| source.received)
    }

    /// How long ago anything was heard; `None` if nothing ever was.
    pub fn age(&self, now: Instant) -> Option<Duration> {
        self.sources()
            .map(|source| now.saturating_duration_since(source.received))
            .min()
    }

    /// How each source does.
    pub fn statuses(&self, now: Instant) -> Vec<SourceStatus> {
        let status = |source: &Source| {
            let outcome = &source.observation.outcome;
            SourceStatus {
                source: source.observation.source.clone(),
                up: source.is_up(now),
                at: source.observation.at,
                error: outcome.error.clone().or_else(|| outcome.failed.first().cloned()),
            }
        };
        self.sources().map(status).collect()
    }
}

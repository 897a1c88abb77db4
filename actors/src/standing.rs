//! The latest of everything: what each source said last, and until when that counts.

use std::{collections::BTreeMap, hash::BuildHasher, iter, ptr, sync::Arc, time::Duration};

use exposition::{Metric, MetricFamily, Value};
use foldhash::fast::FixedState;
use jiff::Timestamp;
use tokio::time::Instant;

use crate::{
    collector::{Absent, CollectError, Reason},
    messages::Observation,
    uptime::Uptime,
};

/// How long each dependency was up, by the names of their collectors.
pub type Uptimes = BTreeMap<String, Uptime>;

/// What each source said last. Cheap to clone; incarnations of the aggregator inherit it.
#[derive(Debug, Clone, Default)]
pub struct Standing {
    sources: BTreeMap<Arc<str>, Arc<Source>>,
    /// What is known of sources from before the process was started.
    remembered: Arc<Uptimes>,
    /// Grows with every change.
    version: u64,
}

/// One source's latest.
#[derive(Debug)]
pub struct Source {
    /// The latest observation.
    pub observation: Observation,
    /// When it came in.
    pub received: Instant,
    /// When the last one came in that was not [in part](crate::messages::Outcome::in_part).
    whole: Option<Instant>,
    /// When the source last succeeded, wall clock.
    pub last_success: Option<Timestamp>,
    /// Since when it succeeds, or fails.
    pub since: Timestamp,
    /// How long it was up, if it is somebody else.
    pub uptime: Option<Uptime>,
    /// What it tells in place of others.
    stand_ins: Vec<MetricFamily>,
    /// How long it was up, as families.
    of_uptime: Vec<MetricFamily>,
    /// Where its families are, by hashes of their names: they are looked up far more often than told, and
    /// each look at a name itself waits for memory. Shared by observations of the same families.
    places: Arc<[(u32, u32)]>,
}

/// The latest value of a series.
#[derive(Debug, Clone, Copy)]
pub struct Point<'s> {
    /// Which series.
    pub metric: &'s Metric,
    /// Its value.
    pub value: f64,
    /// Who says so.
    pub source: &'s Source,
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
    /// Since when it is up, or not.
    pub since: Timestamp,
    /// Why it is not up, or what parts failed.
    pub errors: Vec<CollectError>,
    /// Nothing of what it tells is true.
    pub simulated: bool,
}

/// Of a name, for [`Source::places`].
fn hash(name: &str) -> u32 {
    FixedState::default().hash_one(name) as u32
}

impl Source {
    /// What it says, for itself and for others, and how long it was up.
    pub fn families(&self) -> impl Iterator<Item = &MetricFamily> {
        self.parts().flatten()
    }

    fn parts(&self) -> impl Iterator<Item = &[MetricFamily]> {
        let as_before = self.observation.as_before.iter().map(|part| &**part);
        iter::once(&*self.observation.families)
            .chain(as_before)
            .chain([&*self.stand_ins, &*self.of_uptime])
    }

    /// The one at a place of [`Source::families`].
    fn family(&self, mut place: usize) -> Option<&MetricFamily> {
        for part in self.parts() {
            match place.checked_sub(part.len()) {
                Some(behind) => place = behind,
                None => return part.get(place),
            }
        }
        None
    }

    fn places(&self) -> Arc<[(u32, u32)]> {
        let hashes = self.families().map(|family| hash(&family.name));
        let mut places: Vec<(u32, u32)> = hashes.zip(0..).collect();
        places.sort_unstable();
        places.into()
    }

    /// Whether it has families of the same names, in the same order.
    fn has_families_of(&self, other: &Source) -> bool {
        let is_same = |(one, other): (&[MetricFamily], &[MetricFamily])| {
            let names = || one.iter().zip(other);
            ptr::eq(one, other)
                || (one.len() == other.len() && names().all(|(one, other)| one.name == other.name))
        };
        self.parts().count() == other.parts().count()
            && self.parts().zip(other.parts()).all(is_same)
    }

    /// Those of one name.
    fn named<'s>(
        &'s self,
        name: &'s str,
        hash: u32,
    ) -> impl Iterator<Item = &'s MetricFamily> + use<'s> {
        let first = self.places.partition_point(|(known, _)| *known < hash);
        let same = self.places[first..].iter();
        let same = same.take_while(move |(known, _)| *known == hash);
        let families = same.filter_map(|(_, place)| self.family(*place as usize));
        families.filter(move |family| family.name == name)
    }

    /// Those of one name: the place of each is known.
    pub(crate) fn of_name<'s>(&'s self, name: &'s str) -> impl Iterator<Item = &'s MetricFamily> {
        self.named(name, hash(name))
    }

    /// Whether its values still count.
    pub fn is_fresh(&self, now: Instant) -> bool {
        now < self.expires()
    }

    fn expires(&self) -> Instant {
        self.received + self.observation.outcome.stale_after
    }

    fn succeeded(&self) -> bool {
        self.observation.outcome.error.is_none()
    }

    /// Whether the last measurement succeeded, and still counts.
    pub fn is_up(&self, now: Instant) -> bool {
        self.succeeded() && self.is_fresh(now)
    }
}

impl Standing {
    /// Nothing is known but how long dependencies were up.
    pub fn remembering(uptimes: Arc<Uptimes>) -> Self {
        Standing {
            remembered: uptimes,
            ..Standing::default()
        }
    }

    /// How long each dependency was up, also of those that are not asked any more.
    pub fn uptimes(&self) -> Uptimes {
        let mut uptimes = (*self.remembered).clone();
        let known = self.sources().filter_map(|source| {
            let uptime = source.uptime.clone()?;
            Some((source.observation.source.to_string(), uptime))
        });
        uptimes.extend(known);
        uptimes
    }

    /// Takes in an observation that tells nothing in place of others.
    #[cfg(test)]
    pub(crate) fn take(&mut self, observation: Observation) {
        self.take_with(observation, Vec::new());
    }

    /// Takes an observation in, and adds to it what it tells in place of others and how long the source
    /// was up.
    pub fn take_with(&mut self, observation: Observation, stand_ins: Vec<MetricFamily>) {
        let outcome = &observation.outcome;
        let success = outcome.error.is_none();
        let before = self.sources.get(&observation.source);
        let last_success = match success {
            true => Some(observation.at),
            false => before.and_then(|before| before.last_success),
        };
        let as_before = before.filter(|before| before.succeeded() == success);
        let since = as_before.map_or(observation.at, |before| before.since);
        let mut uptime = before.and_then(|before| before.uptime.clone());
        let of_uptime = if outcome.is_dependency && !outcome.refresh {
            let remembered = || self.remembered.get(&*observation.source).cloned();
            let uptime = uptime.get_or_insert_with(|| remembered().unwrap_or_default());
            uptime.add(observation.at, success, outcome.stale_after);
            uptime.families(&observation.source, observation.at).into()
        } else {
            // A refresh between two ticks adds nothing to it.
            before.map_or_else(Vec::new, |before| before.of_uptime.clone())
        };
        let now = Instant::now();
        let whole = match outcome.in_part {
            true => before.and_then(|before| before.whole),
            false => Some(now),
        };
        let mut source = Source {
            received: now,
            whole,
            last_success,
            since,
            uptime,
            stand_ins,
            of_uptime,
            places: Arc::default(),
            observation,
        };
        source.places = match before.filter(|before| before.has_families_of(&source)) {
            Some(before) => before.places.clone(),
            None => source.places(),
        };
        self.version += 1;
        self.sources
            .insert(source.observation.source.clone(), Arc::new(source));
    }

    /// As if the source had never been.
    pub fn forget(&mut self, source: &str) {
        let gone = self.sources.remove(source);
        if let Some(uptime) = gone.and_then(|gone| gone.uptime.clone()) {
            Arc::make_mut(&mut self.remembered).insert(source.to_owned(), uptime);
        }
        self.version += 1;
    }

    /// Grows with every change.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// A source by its name.
    pub fn source(&self, name: &str) -> Option<&Source> {
        self.sources.get(name).map(|source| &**source)
    }

    /// All sources, by name.
    pub fn sources(&self) -> impl Iterator<Item = &Source> {
        self.sources.values().map(|source| &**source)
    }

    /// The families of all sources whose values still count.
    pub fn families(&self, now: Instant) -> impl Iterator<Item = &MetricFamily> {
        self.sources()
            .filter(move |source| source.is_fresh(now))
            .flat_map(Source::families)
    }

    /// The series of one family, over all sources.
    pub fn series<'s>(&'s self, name: &'s str, now: Instant) -> Vec<Point<'s>> {
        let hash = hash(name);
        let fresh = self.sources().filter(|source| source.is_fresh(now));
        let points = fresh.flat_map(|source| {
            let metrics = source.named(name, hash).flat_map(|family| &family.metrics);
            metrics.filter_map(move |metric| match metric.value {
                Value::Number(value) => Some(Point {
                    metric,
                    value,
                    source,
                }),
                Value::Histogram(_) | Value::Summary(_) => None,
            })
        });
        points.collect()
    }

    /// Why there is no series of a family, as far as a source says so: first one that could tell it, only
    /// then one that never does.
    pub fn absent(&self, family: &str, now: Instant) -> Option<&Absent> {
        let fresh = self.sources().filter(|source| source.is_fresh(now));
        let absent = fresh.flat_map(|source| &source.observation.outcome.absent);
        let absent = absent.filter(|absent| absent.family == family);
        let never = [Reason::NotEnabled, Reason::NotConfigured];
        absent.min_by_key(|absent| never.contains(&absent.reason))
    }

    /// When the first of the fresh sources stops counting.
    pub fn next_expiry(&self, now: Instant) -> Option<Instant> {
        self.sources()
            .map(Source::expires)
            .filter(|expiry| *expiry > now)
            .min()
    }

    /// When a source was last heard of, with all it has to tell.
    pub fn heard_whole(&self, source: &str) -> Option<Instant> {
        self.sources.get(source)?.whole
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
                since: source.since,
                errors: outcome
                    .error
                    .iter()
                    .chain(&outcome.failed)
                    .cloned()
                    .collect(),
                simulated: outcome.simulated,
            }
        };
        self.sources().map(status).collect()
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::{messages::Outcome, uptime::RATIO};
    use exposition::Labels;

    /// An observation of one gauge; an error instead, where there is no value.
    pub(crate) fn observed(source: &str, name: &str, values: &[(&str, f64)]) -> Observation {
        let mut family = MetricFamily::gauge(name.to_owned(), "help");
        for (host, value) in values {
            family.push(Labels::new([("host", *host)]), *value);
        }
        let error = values.is_empty().then(|| CollectError {
            part: source.to_owned(),
            reason: Reason::Connect,
            detail: "refused".to_owned(),
        });
        Observation {
            source: source.into(),
            at: Timestamp::UNIX_EPOCH,
            as_before: Vec::new(),
            families: [family]
                .into_iter()
                .filter(|f| !f.metrics.is_empty())
                .collect(),
            native: Arc::new([]),
            identity: exposition::Labels::none(),
            outcome: Outcome {
                took: Duration::from_millis(1),
                error,
                failed: Vec::new(),
                absent: Vec::new(),
                simulated: false,
                scraped: None,
                in_part: false,
                is_dependency: false,
                stale_after: Duration::from_secs(3),
                refresh: false,
            },
        }
    }

    #[test]
    fn the_latest_of_each_source_counts_until_it_is_stale() {
        let mut standing = Standing::default();
        standing.take(observed("a", "x", &[("one", 1.0)]));
        standing.take(observed("b", "x", &[("two", 2.0)]));
        standing.take(observed("a", "x", &[("one", 3.0)]));
        let now = Instant::now();
        let values = |at| {
            let series = standing.series("x", at);
            series.iter().map(|point| point.value).collect::<Vec<_>>()
        };
        assert_eq!(values(now), [3.0, 2.0]);
        assert_eq!(standing.version(), 3);
        let expiry = standing.next_expiry(now).unwrap();
        assert!(expiry <= now + Duration::from_secs(3));
        assert_eq!(values(now + Duration::from_secs(4)), Vec::<f64>::new());
        assert_eq!(standing.next_expiry(now + Duration::from_secs(4)), None);
    }

    #[test]
    fn other_families_are_found_where_others_were() {
        let mut standing = Standing::default();
        let shared = |name: &str| observed("s", name, &[("one", 2.0)]).families;
        let found = |standing: &Standing, name: &str| standing.series(name, Instant::now()).len();
        for (first, second) in [("x", "y"), ("x", "y"), ("x", "z"), ("z", "x"), ("z", "x")] {
            let mut observation = observed("a", first, &[("one", 1.0)]);
            observation.as_before = vec![shared(second)];
            standing.take(observation);
            for name in ["x", "y", "z"] {
                let is_told = [first, second].contains(&name);
                assert_eq!(found(&standing, name), usize::from(is_told), "{name}");
            }
        }
        standing.take(observed("a", "x", &[("one", 1.0)]));
        assert_eq!((found(&standing, "x"), found(&standing, "z")), (1, 0));
    }

    #[test]
    fn a_refresh_leaves_what_is_known_of_uptime() {
        let mut standing = Standing::default();
        let mut observation = observed("redis", "x", &[("one", 1.0)]);
        observation.outcome.is_dependency = true;
        for second in [0, 1] {
            observation.at = Timestamp::from_second(second).unwrap();
            standing.take(observation.clone());
        }
        let known = |standing: &Standing| standing.series(RATIO, Instant::now()).len();
        let before = known(&standing);
        assert!(before > 0);
        observation.outcome.refresh = true;
        standing.take(observation);
        assert_eq!(known(&standing), before);
    }

    #[test]
    fn who_is_forgotten_was_never_there() {
        let mut standing = Standing::default();
        standing.take(observed("a", "x", &[("one", 1.0)]));
        standing.take(observed("b", "x", &[("two", 2.0)]));
        let version = standing.version();
        standing.forget("a");
        assert!(standing.version() > version);
        let now = Instant::now();
        assert_eq!(standing.series("x", now).len(), 1);
        assert_eq!(standing.statuses(now).len(), 1);
        standing.forget("nobody");
    }

    #[test]
    fn a_failure_takes_the_values_away_and_remembers_the_last_success() {
        let mut standing = Standing::default();
        standing.take(observed("a", "x", &[("one", 1.0)]));
        standing.take(observed("a", "x", &[]));
        let now = Instant::now();
        assert!(standing.series("x", now).is_empty(), "never repeated");
        let source = standing.sources().next().unwrap();
        assert_eq!(source.last_success, Some(Timestamp::UNIX_EPOCH));
        assert!(!source.is_up(now));
        let status = &standing.statuses(now)[0];
        assert_eq!(status.errors[0].reason, Reason::Connect);
    }
}

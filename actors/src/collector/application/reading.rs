//! What one page of an application's metrics says of what we want to know.

use std::{
    borrow::Cow,
    collections::BTreeMap,
    hash::{BuildHasher, RandomState},
};

use exposition::{
    Labels,
    read::{Item, Limits, Outcome, Sample, read},
};

use super::{
    known::{self, Status},
    settings::{Map, Series},
};
use crate::collector::{exposed::whole_lines, privacy};

/// What is borne of a body.
const LIMITS: Limits = Limits {
    samples: 100_000,
    labels: 64,
    name_bytes: 256,
    value_bytes: 4 * 1024,
    line_bytes: 64 * 1024,
};
/// More series are not looked at: nobody needs them to know how an application does.
const MOST_ROWS: usize = 20_000;
/// Stands for values of labels that are handed on to nobody.
pub(super) const OTHER: &str = "other";

/// What a series stands for. The number is its place among the names that are known for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Role {
    Requests(usize),
    Errors,
    /// Of a histogram or a summary of response times.
    Count(usize),
    Sum(usize),
    Bucket(usize),
    Quantile(usize),
    ActiveUsers(usize),
    CacheHits(usize),
    CacheMisses(usize),
}

/// One series.
#[derive(Clone, Debug)]
pub(super) struct Row {
    /// Tells it from all others.
    pub(super) series: u64,
    pub(super) value: f64,
    pub(super) status: Option<Status>,
    /// `le` of a bucket, `quantile` of a quantile.
    pub(super) bound: f64,
    /// Those labels that are handed on.
    pub(super) labels: Labels,
}

/// A page.
#[derive(Debug, Default)]
pub(super) struct Reading {
    rows: BTreeMap<Role, Vec<Row>>,
    pub(super) start_time: Option<f64>,
    pub(super) outcome: Outcome,
    /// It ends within a line.
    pub(super) is_cut: bool,
    /// Series beyond the bound.
    pub(super) beyond: usize,
}

/// How pages are read.
pub(super) struct Reader {
    pub(super) map: Map,
    /// Labels that are handed on.
    pub(super) labels: Vec<String>,
    /// Paths of our own requests, which are not the application's.
    pub(super) own_paths: Vec<String>,
    hasher: RandomState,
}

impl Reader {
    pub(super) fn new(map: Map, labels: Vec<String>, own_paths: Vec<String>) -> Self {
        Reader {
            map,
            labels,
            own_paths,
            hasher: RandomState::new(),
        }
    }

    pub(super) fn read(&self, body: &[u8]) -> Reading {
        let (whole, is_cut) = whole_lines(body);
        let mut reading = Reading {
            is_cut,
            ..Reading::default()
        };
        let mut rows = 0;
        let outcome = read(whole, &LIMITS, |item| {
            let Item::Sample(sample) = item else { return };
            if sample.name == known::START_TIME {
                reading.start_time = Some(sample.value);
            }
            let roles = self.roles(&sample);
            if roles.is_empty() || self.is_our_own(&sample) {
                return;
            }
            if rows >= MOST_ROWS {
                reading.beyond += 1;
                return;
            }
            rows += 1;
            let row = self.row(&sample);
            for role in roles {
                reading.rows.entry(role).or_default().push(row.clone());
            }
        });
        reading.outcome = outcome;
        reading
    }

    fn row(&self, sample: &Sample<'_>) -> Row {
        let pairs: Vec<_> = sample.labels.iter().collect();
        let bound = ["le", "quantile"]
            .iter()
            .find_map(|name| sample.labels.get(name));
        let labels = self.labels.iter().map(|name| {
            // An absent label is an empty one.
            let value = sample.labels.get(name).unwrap_or_default();
            let value = privacy::name(value).unwrap_or(Cow::Borrowed(OTHER));
            (name.clone(), value.into_owned())
        });
        Row {
            series: self.hasher.hash_one((sample.name, pairs)),
            value: sample.value,
            status: Status::of(|name| sample.labels.get(name)),
            bound: bound
                .and_then(|bound| bound.parse().ok())
                .unwrap_or(f64::NAN),
            labels: Labels::try_new(labels.collect::<Vec<_>>()).unwrap_or_default(),
        }
    }

    /// Whether a label says that it counts what we ask ourselves.
    fn is_our_own(&self, sample: &Sample<'_>) -> bool {
        let mut paths = known::PATH_LABELS
            .iter()
            .filter_map(|name| sample.labels.get(name));
        paths.any(|path| self.own_paths.iter().any(|own| *own == path))
    }

    /// Most series have none.
    fn roles(&self, sample: &Sample<'_>) -> Vec<Role> {
        let map = &self.map;
        let mut roles = Vec::new();
        let name = sample.name;
        let mut mapped: Option<Labels> = None;
        let mut is = |series: &Series, name: &str| {
            let labels = mapped.get_or_insert_with(|| sample.labels.to_labels());
            series.selector().matches(name, labels)
        };
        let at = |names: &[&str], name: &str| names.iter().position(|known| *known == name);

        match &map.requests {
            Some(series) => roles.extend(is(series, name).then_some(Role::Requests(0))),
            None => roles.extend(at(known::REQUESTS, name).map(Role::Requests)),
        }
        if let Some(series) = &map.errors
            && is(series, name)
        {
            roles.push(Role::Errors);
        }
        let (base, part): (&str, fn(usize) -> Role) =
            if let Some(base) = name.strip_suffix("_count") {
                (base, Role::Count)
            } else if let Some(base) = name.strip_suffix("_sum") {
                (base, Role::Sum)
            } else if let Some(base) = name.strip_suffix("_bucket") {
                (base, Role::Bucket)
            } else {
                (name, Role::Quantile)
            };
        match &map.duration {
            Some(series) => roles.extend(is(series, base).then(|| part(0))),
            None => roles.extend(at(known::DURATIONS, base).map(part)),
        }
        match &map.active_users {
            Some(series) => roles.extend(is(series, name).then_some(Role::ActiveUsers(0))),
            None => roles.extend(at(known::ACTIVE_USERS, name).map(Role::ActiveUsers)),
        }
        match (&map.cache_hits, &map.cache_misses) {
            (Some(hits), Some(misses)) => {
                roles.extend(is(hits, name).then_some(Role::CacheHits(0)));
                roles.extend(is(misses, name).then_some(Role::CacheMisses(0)));
            }
            _ => roles.extend(cache(sample)),
        }
        roles
    }
}

/// Look-ups in a cache, by the names that are known.
fn cache(sample: &Sample<'_>) -> Option<Role> {
    let name = sample.name;
    if let Some(at) = known::CACHES.iter().position(|(hits, _)| *hits == name) {
        return Some(Role::CacheHits(at));
    }
    if let Some(at) = known::CACHES.iter().position(|(_, misses)| *misses == name) {
        return Some(Role::CacheMisses(at));
    }
    let at = known::CACHE_RESULTS
        .iter()
        .position(|known| *known == name)?;
    let at = known::CACHES.len() + at;
    let result = known::RESULT_LABELS
        .iter()
        .find_map(|label| sample.labels.get(label))?;
    match &*result.to_ascii_lowercase() {
        known::HIT => Some(Role::CacheHits(at)),
        known::MISS => Some(Role::CacheMisses(at)),
        _ => None,
    }
}

impl Reading {
    /// The series of a role.
    pub(super) fn rows(&self, role: Role) -> &[Row] {
        self.rows.get(&role).map(Vec::as_slice).unwrap_or_default()
    }

    /// The places at which there is something of this role.
    pub(super) fn places(&self, role: fn(usize) -> Role) -> impl Iterator<Item = usize> {
        let most = known::DURATIONS
            .len()
            .max(known::CACHES.len() + known::CACHE_RESULTS.len());
        (0..most).filter(move |at| self.rows.contains_key(&role(*at)))
    }
}

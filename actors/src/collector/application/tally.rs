//! Counters of an application from page to page: what they grew by, whatever restarts there are.

use std::collections::{BTreeMap, HashMap};

use exposition::Labels;
use tokio::time::Instant;

use super::{
    known::Status,
    reading::{OTHER, Reading, Role, Row},
};
use crate::collector::{
    own_requests::{FEWEST_REQUESTS, FIVE_MINUTES, MINUTE},
    window::{Window, grown},
};

/// Look-ups in a cache of fewer are no ratio.
const FEWEST_LOOKUPS: f64 = 100.0;
/// More sets of labels are not told apart.
const MOST_SETS: usize = 200;

/// Which of the names that are known this application uses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Names {
    /// Place of the histogram or summary of response times.
    pub(super) duration: Option<usize>,
    /// Where requests are counted.
    pub(super) requests: Option<Role>,
    /// Whether it is known which of them failed.
    pub(super) errors: bool,
    /// Place of the counters of a cache.
    pub(super) cache: Option<usize>,
}

impl Names {
    /// The first that is there of each.
    pub(super) fn of(reading: &Reading, is_mapped: bool, has_errors: bool) -> Self {
        let duration = reading
            .places(Role::Count)
            .find(|at| !reading.rows(Role::Sum(*at)).is_empty());
        let of_duration = duration.map(Role::Count);
        let counted = || reading.places(Role::Requests).map(Role::Requests);
        let tells_status = |role: &Role| reading.rows(*role).iter().any(|row| row.status.is_some());
        let requests = match is_mapped {
            true => counted().next(),
            false => {
                let with_status = of_duration.into_iter().chain(counted()).find(tells_status);
                with_status.or(of_duration).or_else(|| counted().next())
            }
        };
        let mut caches = reading
            .places(Role::CacheHits)
            .chain(reading.places(Role::CacheMisses));
        Names {
            duration,
            requests,
            errors: has_errors || requests.as_ref().is_some_and(tells_status),
            cache: caches.next(),
        }
    }
}

/// Series that come and go without end are forgotten from time to time, all of them.
const MOST_REMEMBERED: usize = 100_000;

/// Requests and errors with the same labels, since the first look; before it, what the application had
/// counted.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Total {
    pub(super) requests: f64,
    pub(super) errors: f64,
}

/// Everything that is counted of an application.
#[derive(Debug)]
pub(super) struct Tally {
    names: Names,
    /// The last value of each counter.
    last: HashMap<u64, f64>,
    start_time: Option<f64>,
    begun: bool,
    /// What the application had counted before the first look is in the totals.
    has_past: bool,
    totals: BTreeMap<Labels, Total>,
    /// Answers, seconds, and the answers below each of the bounds.
    answers: Window,
    bounds: Vec<f64>,
    /// Requests, errors.
    requests: Window,
    /// Hits, misses.
    cache: Window,
}

impl Default for Tally {
    fn default() -> Self {
        Tally {
            names: Names::default(),
            last: HashMap::new(),
            start_time: None,
            begun: false,
            has_past: false,
            totals: BTreeMap::new(),
            answers: Window::new(MINUTE),
            bounds: Vec::new(),
            requests: Window::new(FIVE_MINUTES),
            cache: Window::new(FIVE_MINUTES),
        }
    }
}

/// What grew, and by how much.
struct Growth<'t> {
    last: &'t mut HashMap<u64, f64>,
    now: HashMap<u64, f64>,
    /// Everything counts from 0: it was started since the last look.
    is_anew: bool,
    /// Nothing counts: there was no look before.
    is_first: bool,
}

impl Growth<'_> {
    fn of(&mut self, row: &Row) -> f64 {
        let before = self
            .last
            .get(&row.series)
            .copied()
            .filter(|_| !self.is_anew);
        self.now.insert(row.series, row.value);
        if self.is_first {
            return 0.0;
        }
        grown(before.unwrap_or_default(), row.value)
    }

    fn sum(&mut self, rows: &[Row]) -> f64 {
        rows.iter().map(|row| self.of(row)).sum()
    }
}

impl Tally {
    /// Takes in a page. `factor`: of the unit of response times, in seconds.
    pub(super) fn look(&mut self, reading: &Reading, names: Names, factor: f64, now: Instant) {
        if self.begun && names != self.names {
            // Other counters: what they have counted until now is of before.
            self.forget();
        }
        self.names = names;
        let is_anew = matches!(
            (self.start_time, reading.start_time),
            (Some(before), Some(after)) if (after - before).abs() > 0.5
        );
        let mut growth = Growth {
            last: &mut self.last,
            now: HashMap::new(),
            is_anew,
            is_first: !self.begun,
        };

        let mut sums = (0.0, 0.0);
        let mut add = |row: &Row, requests: f64, errors: f64, new: bool| {
            let is_full = self.totals.len() >= MOST_SETS && !self.totals.contains_key(&row.labels);
            let labels = if is_full {
                others(&row.labels)
            } else {
                row.labels.clone()
            };
            let total = self.totals.entry(labels).or_default();
            total.requests += requests;
            total.errors += errors;
            if new {
                sums.0 += requests;
                sums.1 += errors;
            }
        };
        let (is_first, is_past) = (growth.is_first, !self.has_past);
        let is_mapped_error = !reading.rows(Role::Errors).is_empty();
        for row in names
            .requests
            .map(|role| reading.rows(role))
            .unwrap_or_default()
        {
            let new = growth.of(row);
            let counts = if is_past { row.value.max(0.0) } else { new };
            let is_error = !is_mapped_error && row.status == Some(Status::Error);
            add(row, counts, if is_error { counts } else { 0.0 }, !is_first);
        }
        for row in reading.rows(Role::Errors) {
            // The same counter may be that of the requests: its growth has been looked at already.
            let before = growth.now.remove(&row.series);
            let new = growth.of(row);
            growth.now.extend(before.map(|value| (row.series, value)));
            let counts = if is_past { row.value.max(0.0) } else { new };
            add(row, 0.0, counts, !is_first);
        }
        self.requests.add(&[sums.0, sums.1], now);

        if let Some(at) = names.duration {
            let answered = match names.requests == Some(Role::Count(at)) {
                // It has been looked at already.
                true => sums.0,
                false => growth.sum(reading.rows(Role::Count(at))),
            };
            let seconds = growth.sum(reading.rows(Role::Sum(at))) * factor;
            let mut buckets: Vec<(f64, f64)> = Vec::new();
            for row in reading.rows(Role::Bucket(at)) {
                let new = growth.of(row);
                match buckets.iter_mut().find(|(bound, _)| *bound == row.bound) {
                    Some((_, sum)) => *sum += new,
                    None if row.bound.is_nan() => {}
                    None => buckets.push((row.bound, new)),
                }
            }
            buckets.sort_by(|(one, _), (other, _)| one.total_cmp(other));
            let (bounds, counts): (Vec<f64>, Vec<f64>) = buckets.into_iter().unzip();
            if bounds != self.bounds {
                self.bounds = bounds;
                self.answers.forget();
            }
            let sums: Vec<f64> = [answered, seconds].into_iter().chain(counts).collect();
            self.answers.add(&sums, now);
        }
        if let Some(at) = names.cache {
            let hits = growth.sum(reading.rows(Role::CacheHits(at)));
            let misses = growth.sum(reading.rows(Role::CacheMisses(at)));
            self.cache.add(&[hits, misses], now);
        }
        let Growth {
            now: seen, is_anew, ..
        } = growth;
        if is_anew {
            self.last.clear();
        }
        self.last.extend(seen);
        self.start_time = reading.start_time;
        self.begun = true;
        self.has_past |= names.requests.is_some();
        if self.last.len() > MOST_REMEMBERED {
            self.forget();
        }
    }

    fn forget(&mut self) {
        self.last.clear();
        self.begun = false;
        for window in [&mut self.answers, &mut self.requests, &mut self.cache] {
            window.forget();
        }
    }

    /// Requests and errors by their labels.
    pub(super) fn totals(&self) -> impl Iterator<Item = (&Labels, Total)> {
        self.totals.iter().map(|(labels, total)| (labels, *total))
    }

    /// Seconds to an answer, on average over the last minute.
    pub(super) fn mean_seconds(&self) -> Option<f64> {
        let sums = self.answers.sums()?;
        let (answered, seconds) = (sums.new.first()?, sums.new.get(1)?);
        (*answered > 0.0).then(|| seconds / answered)
    }

    /// Seconds within which this share of the answers of the last minute came; interpolated within a
    /// bucket as PromQL's `histogram_quantile` does. `factor`: of the unit.
    pub(super) fn quantile(&self, share: f64, factor: f64) -> Option<f64> {
        let sums = self.answers.sums()?;
        let counts = sums.new.get(2..)?;
        let all = self
            .bounds
            .last()
            .filter(|last| last.is_infinite())
            .and(counts.last())?;
        if *all <= 0.0 {
            return None;
        }
        let rank = share * all;
        let at = counts.iter().position(|count| *count >= rank)?;
        let bound = |at: usize| self.bounds.get(at).copied();
        let upper = bound(at)?;
        let below = at.checked_sub(1);
        if upper.is_infinite() {
            return Some(bound(below?)? * factor);
        }
        let lower = below.and_then(bound).unwrap_or_else(|| upper.min(0.0));
        let before = below
            .and_then(|at| counts.get(at))
            .copied()
            .unwrap_or_default();
        let within = counts.get(at)? - before;
        let part = if within > 0.0 {
            (rank - before) / within
        } else {
            1.0
        };
        Some((lower + (upper - lower) * part) * factor)
    }

    /// The share of errors among the requests of the last five minutes, once there were enough.
    pub(super) fn error_ratio(&self) -> Option<f64> {
        let sums = self.requests.sums()?;
        let (requests, errors) = (sums.new.first()?, sums.new.get(1)?);
        (*requests >= FEWEST_REQUESTS).then(|| (errors / requests).min(1.0))
    }

    /// The share of hits among the look-ups of the last five minutes, once there were enough.
    pub(super) fn cache_hit_ratio(&self) -> Option<f64> {
        let sums = self.cache.sums()?;
        let (hits, misses) = (sums.new.first()?, sums.new.get(1)?);
        (hits + misses >= FEWEST_LOOKUPS).then(|| hits / (hits + misses))
    }
}

/// The same labels, of nobody in particular.
fn others(labels: &Labels) -> Labels {
    let other = labels.iter().map(|(name, _)| (name.to_owned(), OTHER));
    Labels::try_new(other).unwrap_or_default()
}

//! What the application counts of itself.

use std::{
    collections::{BTreeMap, HashMap},
    time::{Duration, Instant, SystemTime},
};

use serde_json::{Value, json};

/// Upper bounds of the buckets, in seconds.
pub(super) const BOUNDS: [f64; 11] = [
    0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0,
];
/// Who has asked for nothing for so long is not active.
const ACTIVE: Duration = Duration::from_secs(60);
/// Sessions that are remembered.
const MOST_SESSIONS: usize = 10_000;

/// Requests of one route and one status.
#[derive(Clone, Debug, Default)]
pub(super) struct Requests {
    pub(super) count: u64,
    pub(super) seconds: f64,
    /// By the bounds, each for itself; the last is beyond all of them.
    pub(super) buckets: [u64; BOUNDS.len() + 1],
}

/// All of it.
#[derive(Debug)]
pub(super) struct Counts {
    pub(super) started: SystemTime,
    /// By route and status.
    pub(super) requests: BTreeMap<(&'static str, u16), Requests>,
    pub(super) hits: u64,
    pub(super) misses: u64,
    /// The cache did not answer.
    pub(super) cache_errors: u64,
    sessions: HashMap<String, Instant>,
}

impl Counts {
    pub(super) fn new() -> Self {
        Counts {
            started: SystemTime::now(),
            requests: BTreeMap::new(),
            hits: 0,
            misses: 0,
            cache_errors: 0,
            sessions: HashMap::new(),
        }
    }

    pub(super) fn answered(&mut self, route: &'static str, status: u16, took: Duration) {
        let requests = self.requests.entry((route, status)).or_default();
        let seconds = took.as_secs_f64();
        requests.count += 1;
        requests.seconds += seconds;
        let at = BOUNDS.iter().position(|bound| seconds <= *bound);
        requests.buckets[at.unwrap_or(BOUNDS.len())] += 1;
    }

    /// Somebody with this session has asked for something.
    pub(super) fn seen(&mut self, session: &str) {
        if self.sessions.len() < MOST_SESSIONS || self.sessions.contains_key(session) {
            self.sessions.insert(session.to_owned(), Instant::now());
        }
    }

    pub(super) fn left(&mut self, session: &str) {
        self.sessions.remove(session);
    }

    pub(super) fn active_users(&mut self) -> usize {
        self.sessions.retain(|_, seen| seen.elapsed() < ACTIVE);
        self.sessions.len()
    }

    /// As `GET /state` tells it: what users have asked for, without `/health` and `/metrics`.
    pub(super) fn state(&mut self, cache: &str) -> Value {
        let of_users = self
            .requests
            .iter()
            .filter(|((route, _), _)| route.starts_with("/api/"));
        let (mut total, mut errors, mut seconds) = (0, 0, 0.0);
        for ((_, status), requests) in of_users {
            total += requests.count;
            seconds += requests.seconds;
            if *status >= 500 {
                errors += requests.count;
            }
        }
        json!({
            "requests": total, "errors": errors, "seconds": seconds,
            "active_users": self.active_users(),
            "cache": {
                "kind": cache, "hits": self.hits, "misses": self.misses,
                "errors": self.cache_errors,
            },
        })
    }
}

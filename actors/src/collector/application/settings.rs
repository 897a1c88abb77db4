//! What is said of one application in the settings.

use std::{fmt, str::FromStr, sync::Arc};

use promql::{ParseError, Selector};

use crate::http::{Credentials, Outward, PageUrl};

/// One application.
#[derive(Clone, Debug)]
pub struct ApplicationSettings {
    /// The name it is shown by; the collector is `application/<name>`.
    pub name: String,
    /// A page that is answered well while the application is well.
    pub probe: Option<PageUrl>,
    /// Its page of metrics.
    pub metrics: Option<PageUrl>,
    /// Whom it knows us as, if it asks.
    pub credentials: Option<Credentials>,
    /// Whose certificates are believed, and which proxies are on the way.
    pub outward: Outward,
    /// The label `job` of what is told of its scrape.
    pub job: String,
    /// What stands for what in its metrics.
    pub map: Map,
    /// Labels by which requests are told apart. All others are summed over: what they say is read by
    /// nobody.
    pub labels: Vec<String>,
}

/// What stands for what, where it is not known by its name.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Map {
    /// Counters of requests.
    pub requests: Option<Series>,
    /// Counters of those that failed.
    pub errors: Option<Series>,
    /// A histogram or a summary of response times, by the name of the family.
    pub duration: Option<Series>,
    /// In what unit it is; `None`: as its name says, or seconds.
    pub duration_unit: Option<Unit>,
    /// Gauges of users, or sessions, that are active.
    pub active_users: Option<Series>,
    /// Counters of look-ups that were found in a cache.
    pub cache_hits: Option<Series>,
    /// Counters of those that were not.
    pub cache_misses: Option<Series>,
}

/// Series by the selector of PromQL, which is kept as it was written.
#[derive(Clone)]
pub struct Series {
    text: String,
    selector: Arc<Selector>,
}

impl Series {
    /// Whether a series is among them.
    pub(super) fn selector(&self) -> &Selector {
        &self.selector
    }
}

impl FromStr for Series {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let selector = Arc::new(Selector::parse(text)?);
        let text = text.to_owned();
        Ok(Series { text, selector })
    }
}

impl fmt::Display for Series {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for Series {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl PartialEq for Series {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

/// Of response times.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// `s`
    Seconds,
    /// `ms`
    Milliseconds,
    /// `us`
    Microseconds,
    /// `ns`
    Nanoseconds,
}

/// Not one of the units there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("is no unit of time")]
pub struct UnitError;

impl Unit {
    /// What a number in this unit is multiplied by.
    pub(super) fn in_seconds(self) -> f64 {
        match self {
            Unit::Seconds => 1.0,
            Unit::Milliseconds => 1e-3,
            Unit::Microseconds => 1e-6,
            Unit::Nanoseconds => 1e-9,
        }
    }

    /// As the name of a family says it.
    pub(super) fn of_name(name: &str) -> Unit {
        let has = |ends: &[&str]| ends.iter().any(|end| name.ends_with(end));
        if has(&["_milliseconds", "_millis", "_ms", "_msec"]) {
            Unit::Milliseconds
        } else if has(&["_microseconds", "_micros", "_us", "_usec"]) {
            Unit::Microseconds
        } else if has(&["_nanoseconds", "_nanos", "_ns"]) {
            Unit::Nanoseconds
        } else {
            Unit::Seconds
        }
    }
}

impl FromStr for Unit {
    type Err = UnitError;

    fn from_str(text: &str) -> Result<Self, UnitError> {
        match text {
            "s" => Ok(Unit::Seconds),
            "ms" => Ok(Unit::Milliseconds),
            "us" => Ok(Unit::Microseconds),
            "ns" => Ok(Unit::Nanoseconds),
            _ => Err(UnitError),
        }
    }
}

impl fmt::Display for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Unit::Seconds => "s",
            Unit::Milliseconds => "ms",
            Unit::Microseconds => "us",
            Unit::Nanoseconds => "ns",
        })
    }
}

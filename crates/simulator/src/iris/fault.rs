//! What can be made to go wrong, for how long, and where.
//!
//! Origin: everything a fault answers is invented, if not said otherwise.

use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use super::bent;

/// Faults in force at once.
const MOST: usize = 16;
/// Longest planted text, in bytes.
const LONGEST_PLANT: usize = 4_096;
/// Longest time of a fault, in seconds: a day.
const LONGEST: f64 = 86_400.0;

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultKind {
    /// The listener is closed: connections are refused.
    Refuse,
    /// Requests are read and not answered until the fault is over.
    Hang,
    /// 401 with a challenge and an HTML page.
    Unauthorized,
    /// 403 with an HTML page.
    Forbidden,
    /// 404 with an HTML page: the web application is disabled.
    NotFound,
    /// 502 with an HTML page.
    BadGateway,
    /// 504 with an HTML page.
    GatewayTimeout,
    /// 503 with an HTML page: no licence units left.
    Licences,
    /// 302 to a login page.
    Redirect,
    /// `Content-Length` is longer than the body.
    Truncated,
    /// Chunked, and closed without the last chunk.
    TruncatedChunked,
    /// A whole body that ends in the middle of a line.
    TruncatedLine,
    /// 60 MB, streamed.
    Huge,
    /// 1 MB that unpacks to 1 GB.
    GzipBomb,
    /// The right body, gzipped, whatever the client accepts.
    Gzip,
    /// The right body, in chunks.
    Chunked,
    /// One byte a second.
    Drip,
    /// 200 with an HTML page.
    WrongContentType,
    /// The connection is reset in the middle of the body.
    Reset,
    /// Families are missing: those of `families`, or `iris_interop_`.
    Vanish,
    /// Lines that are no metrics.
    Garbage,
    /// Every series that has labels once more, with the planted text as the value of one.
    Labels,
    /// Every line twice.
    Duplicates,
    /// `NaN`, `-1`, exponents and infinities instead of numbers.
    OddNumbers,
    /// Lines end with CR LF.
    Crlf,
    /// Bytes that are no UTF-8.
    NotUtf8,
    /// Every answer `milliseconds` late.
    Slow,
    /// Queries `milliseconds` late.
    SqlSlow,
    /// Queries: SQLCODE -30, with HTTP 200.
    SqlNotFound,
    /// Queries: SQLCODE -99, with HTTP 200.
    SqlNotPrivileged,
    /// Queries: HTTP 500 with a summary.
    SqlServerError,
    /// Queries: no rows.
    SqlZeroRows,
    /// Queries: numbers as strings, zero as an empty one.
    SqlStrings,
    /// The SQL web application is disabled: HTML 404.
    SqlDisabled,
}

/// Which answers are concerned.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    /// All of them.
    #[default]
    All,
    /// `/api/monitor/metrics`.
    Metrics,
    /// `/api/monitor/alerts`.
    Alerts,
    /// `/api/atelier/…`.
    Atelier,
}

impl Scope {
    fn covers(self, other: Scope) -> bool {
        self == Scope::All || self == other
    }
}

/// A fault.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// What goes wrong.
    pub kind: FaultKind,
    /// For how long, in real seconds; without it until it is taken back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub for_seconds: Option<f64>,
    /// Where.
    #[serde(default)]
    pub on: Scope,
    /// A text in error pages, SQL errors, garbage and labels, which must not be found anywhere
    /// later.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plant: Option<String>,
    /// For [`FaultKind::Vanish`]: the starts of the names.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub families: Vec<String>,
    /// For [`FaultKind::Slow`] and [`FaultKind::SqlSlow`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub milliseconds: Option<u64>,
}

impl Fault {
    /// One that lasts until it is taken back.
    pub fn new(kind: FaultKind) -> Self {
        Fault {
            kind,
            for_seconds: None,
            on: Scope::All,
            plant: None,
            families: Vec::new(),
            milliseconds: None,
        }
    }

    /// With a planted text.
    #[must_use]
    pub fn planted(mut self, plant: impl Into<String>) -> Self {
        self.plant = Some(plant.into());
        self
    }

    /// In some answers only.
    #[must_use]
    pub fn on(mut self, scope: Scope) -> Self {
        self.on = scope;
        self
    }

    /// For so long.
    #[must_use]
    pub fn lasting(mut self, time: Duration) -> Self {
        self.for_seconds = Some(time.as_secs_f64());
        self
    }

    /// By so much, for the slow kinds.
    #[must_use]
    pub fn by(mut self, time: Duration) -> Self {
        self.milliseconds = Some(u64::try_from(time.as_millis()).unwrap_or(u64::MAX));
        self
    }
}

/// Why a fault was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FaultError {
    /// `for_seconds` is no time.
    #[error("for_seconds is not within 0 to 86400")]
    Time,
    /// Too much text.
    #[error("plant is longer than {LONGEST_PLANT} bytes, or there are more than 32 families")]
    Long,
    /// Too many.
    #[error("{MOST} faults are in force already: take some back (DELETE /fault)")]
    Many,
}

/// The faults in force.
#[derive(Clone, Debug, Default)]
pub(crate) struct Faults(Vec<(Fault, Option<Instant>)>);

impl Faults {
    /// Puts one in force; one of the same kind and scope gives way.
    pub(crate) fn add(&mut self, fault: Fault) -> Result<(), FaultError> {
        let until = match fault.for_seconds {
            None => None,
            Some(time) if (0.0..=LONGEST).contains(&time) => {
                Some(Instant::now() + Duration::from_secs_f64(time))
            }
            Some(_) => return Err(FaultError::Time),
        };
        let plant = fault.plant.as_ref().map_or(0, String::len);
        if plant > LONGEST_PLANT || fault.families.len() > 32 {
            return Err(FaultError::Long);
        }
        self.expire();
        self.0
            .retain(|(known, _)| (known.kind, known.on) != (fault.kind, fault.on));
        if self.0.len() == MOST {
            return Err(FaultError::Many);
        }
        self.0.push((fault, until));
        Ok(())
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    /// Forgets those whose time is over.
    pub(crate) fn expire(&mut self) {
        let now = Instant::now();
        self.0
            .retain(|(_, until)| until.is_none_or(|until| now < until));
    }

    pub(crate) fn list(&self) -> Vec<Fault> {
        self.0.iter().map(|(fault, _)| fault.clone()).collect()
    }

    /// Those in force for this kind of answer.
    pub(crate) fn on(&self, scope: Scope) -> Self {
        let covers = |(fault, _): &&(Fault, _)| fault.on.covers(scope);
        Faults(self.0.iter().filter(covers).cloned().collect())
    }

    pub(crate) fn get(&self, kind: FaultKind) -> Option<&Fault> {
        self.0
            .iter()
            .map(|(fault, _)| fault)
            .find(|fault| fault.kind == kind)
    }

    pub(crate) fn has(&self, kind: FaultKind) -> bool {
        self.get(kind).is_some()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Fault> {
        self.0.iter().map(|(fault, _)| fault)
    }

    /// How late an answer is.
    pub(crate) fn delay(&self, kind: FaultKind) -> Duration {
        let milliseconds = self.get(kind).and_then(|fault| fault.milliseconds);
        Duration::from_millis(milliseconds.unwrap_or(if self.has(kind) { 1_000 } else { 0 }))
    }

    pub(crate) fn vanished(&self, family: &str) -> bool {
        self.get(FaultKind::Vanish).is_some_and(|fault| {
            if fault.families.is_empty() {
                return family.starts_with("iris_interop_");
            }
            fault.families.iter().any(|start| family.starts_with(start))
        })
    }

    /// Does to a text what the faults say.
    pub(crate) fn bend(&self, mut body: String) -> String {
        for fault in self.iter() {
            body = match fault.kind {
                FaultKind::Garbage => {
                    bent::garbage(&body, fault.plant.as_deref().unwrap_or("garbage"))
                }
                FaultKind::Labels => bent::planted(&body, fault.plant.as_deref().unwrap_or("^")),
                FaultKind::Duplicates => bent::twice(&body),
                FaultKind::OddNumbers => bent::odd(&body),
                FaultKind::TruncatedLine => bent::cut(&body),
                _ => body,
            };
        }
        if self.has(FaultKind::Crlf) {
            body = body.replace('\n', "\r\n");
        }
        body
    }
}

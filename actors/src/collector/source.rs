//! What a source of measurements has to offer, and how it may fail.

use std::{fmt, future::Future, sync::Arc, time::Duration};

use exposition::{Labels, MetricFamily};
use tokio::time::Instant;

/// What the questions of a measurement leave to whoever waits for all of it: so they fail by their
/// own reasons.
const MARGIN: Duration = Duration::from_millis(100);

/// When the questions of a measurement with this deadline must have been answered.
pub(super) fn until(deadline: Duration) -> Instant {
    Instant::now() + deadline.saturating_sub(MARGIN.min(deadline / 10))
}

/// Something that can be measured. Adding a source is one implementation and one line in the tree.
pub trait Collector: Unpin + 'static {
    /// The child's name in the tree, and the `collector` label: `system`, `iris/main`.
    fn name(&self) -> &str;

    /// `job` and `instance` of the series it hands on under their own names.
    fn identity(&self) -> Labels {
        Labels::none()
    }

    /// Whether it is somebody else who is asked: less often when the answer takes long. How long such
    /// a dependency is up is kept.
    fn is_dependency(&self) -> bool {
        false
    }

    /// Measures once. What cannot be had is left out, never written as 0 and never repeated.
    ///
    /// # Errors
    /// When nothing at all could be had. Parts that failed are listed in [`Collected::failed`].
    fn collect(
        &mut self,
        deadline: Duration,
    ) -> impl Future<Output = Result<Collected, CollectError>>;

    /// Measures once more between two ticks, because a scrape finds the last one too old. The
    /// result reaches the page, but neither history nor rules: a source with a sense of time
    /// (a sliding window) must not count it as a tick.
    ///
    /// # Errors
    /// As [`Collector::collect`].
    fn refresh(
        &mut self,
        deadline: Duration,
    ) -> impl Future<Output = Result<Collected, CollectError>> {
        self.collect(deadline)
    }
}

/// One measurement of a source.
#[derive(Debug, Default)]
pub struct Collected {
    /// What was measured, under Vitals' names.
    pub families: Vec<MetricFamily>,
    /// The same, measured before and told as it was then.
    pub as_before: Vec<Arc<[MetricFamily]>>,
    /// What nobody sees between two ticks of the history was not measured this time.
    pub in_part: bool,
    /// What the source itself tells, under its own names: not on the page of metrics, where a scrape
    /// would rename `job` and `instance`.
    pub native: Vec<MetricFamily>,
    /// What is not there though nothing failed.
    pub absent: Vec<Absent>,
    /// Nothing of it is true: the source is a simulation.
    pub simulated: bool,
    /// The parts that could not be had, each with its reason.
    pub failed: Vec<CollectError>,
    /// How many samples it told, where they are not all handed on as [`Collected::native`].
    pub scraped: Option<usize>,
    /// Why the source as a whole counts as down, though something can be told of it.
    pub down: Option<CollectError>,
}

impl Collected {
    /// All families under Vitals' names, whenever they were measured.
    pub fn told(&self) -> impl Iterator<Item = &MetricFamily> + Clone {
        let as_before = self.as_before.iter().flat_map(|part| part.iter());
        self.families.iter().chain(as_before)
    }
}

/// A family of which there is no series, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Absent {
    /// The family's name.
    pub family: &'static str,
    /// By the closed list.
    pub reason: Reason,
    /// What an operator can do.
    pub hint: String,
}

/// Why a source, or a part of it, could not be measured.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{part}: {detail} ({reason})")]
pub struct CollectError {
    /// What was to be read: a file, a URL, a query's name.
    pub part: String,
    /// The label of `vitals_collector_errors_total`.
    pub reason: Reason,
    /// For the log: what happened, without secrets and without message content.
    pub detail: String,
}

/// The closed list of reasons why there is no data.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names are the interface, and say it")]
pub enum Reason {
    Connect,
    Timeout,
    Dns,
    Tls,
    Auth,
    Forbidden,
    Licence,
    Http,
    Redirect,
    NotPrometheus,
    TooLarge,
    Truncated,
    Parse,
    Sql,
    LowPrivilege,
    Unavailable,
    NotEnabled,
    Disabled,
    Down,
    NotConfigured,
    TooFew,
    NoLimit,
    WarmingUp,
}

impl Reason {
    /// As it stands in labels and in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Reason::Connect => "connect",
            Reason::Timeout => "timeout",
            Reason::Dns => "dns",
            Reason::Tls => "tls",
            Reason::Auth => "auth",
            Reason::Forbidden => "forbidden",
            Reason::Licence => "licence",
            Reason::Http => "http",
            Reason::Redirect => "redirect",
            Reason::NotPrometheus => "not_prometheus",
            Reason::TooLarge => "too_large",
            Reason::Truncated => "truncated",
            Reason::Parse => "parse",
            Reason::Sql => "sql",
            Reason::LowPrivilege => "low_privilege",
            Reason::Unavailable => "unavailable",
            Reason::NotEnabled => "not_enabled",
            Reason::Disabled => "disabled",
            Reason::Down => "down",
            Reason::NotConfigured => "not_configured",
            Reason::TooFew => "too_few",
            Reason::NoLimit => "no_limit",
            Reason::WarmingUp => "warming_up",
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

//! What actors say to each other: the vocabulary of Vitals. Data runs one way, collectors to sinks;
//! questions come from the front and from the health checker.
//!
//! | message | from → to | answer | while the receiver is down |
//! |---|---|---|---|
//! | [`Observation`] | collector → aggregator | once taken in | held |
//! | [`Batch`] | aggregator → history | - | held |
//! | [`Appended`] | history → evaluator | - | held |
//! | [`Alerted`] | evaluator → aggregator | - | held |
//! | [`Ruled`] | whoever reloads the settings → evaluator | - | held |
//! | [`GetRules`] | front → evaluator | the rules, and what they are in | refused |
//! | [`Forget`] | whoever ends a collector → aggregator | once done | held |
//! | [`Retuned`] | whoever reloads the settings → aggregator, health | - | held |
//! | [`Refresh`] | front → a collector | once the aggregator has it | refused |
//! | [`GetExposition`] | front → aggregator | the page | refused |
//! | [`GetStanding`] | front → aggregator | the latest of everything | refused |
//! | [`GetSummary`] | front → aggregator | the last summary | refused |
//! | [`GetHealth`] | front → aggregator | the last verdict | refused |
//! | [`Probe`] | health → aggregator | what the sources do | held |
//! | [`Verdict`] | health → aggregator | - | held |
//! | [`Transition`] | evaluator → dispatcher | its number in the outbox | held |
//! | [`Firing`] | evaluator → dispatcher | what it does not know | held |
//! | [`Deliver`] | dispatcher → sink | [`Delivered`], or how far it came | held |
//! | [`Reconcile`] | dispatcher → sink | what was corrected | held |
//! | [`Beat`] | dispatcher → sink | - | refused |

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use actix::Message;
use exposition::{Labels, MetricFamily, text::Format};
use jiff::Timestamp;
use supervision::{Lane, OnLane};

use crate::{
    alert::{
        evaluator::RulesView,
        fingerprint::Fingerprint,
        notification::{Alert, Notification},
        sink::{SinkError, Undelivered},
    },
    collector::{Absent, CollectError},
    health::HealthReport,
    page::Page,
    standing::{SourceStatus, Standing},
    summary::Summary,
};

macro_rules! lanes {
    ($($message:ident => $lane:ident),* $(,)?) => {
        $(impl OnLane for $message { const LANE: Lane = Lane::$lane; })*
    };
}

lanes! {
    Observation => Commands,
    Batch => Commands,
    Appended => Commands,
    Alerted => Commands,
    Ruled => Commands,
    GetRules => Queries,
    Forget => Commands,
    Retuned => Commands,
    Verdict => Commands,
    Probe => Commands,
    Transition => Commands,
    Firing => Commands,
    Deliver => Commands,
    Reconcile => Commands,
    Beat => Queries,
    Refresh => Queries,
    GetExposition => Queries,
    GetStanding => Queries,
    GetSummary => Queries,
    GetHealth => Queries,
}

/// One measurement of one source, or the news that there is none.
#[derive(Debug, Clone, Message)]
#[rtype(result = "()")]
pub struct Observation {
    /// The collector's name in the tree: `system`, `iris/main`.
    pub source: Arc<str>,
    /// The scheduled tick; of an extra refresh, the moment it was made.
    pub at: Timestamp,
    /// What was measured. Empty when nothing could be.
    pub families: Arc<[MetricFamily]>,
    /// What was measured before, and is told as it was then.
    pub as_before: Vec<Arc<[MetricFamily]>>,
    /// What the source tells under its own names.
    pub native: Arc<[MetricFamily]>,
    /// `job` and `instance` of the native families.
    pub identity: Labels,
    /// How it went.
    pub outcome: Outcome,
}

/// How a measurement went.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// How long it took.
    pub took: Duration,
    /// Why there is nothing at all, if so.
    pub error: Option<CollectError>,
    /// The parts that could not be had, where others could.
    pub failed: Vec<CollectError>,
    /// What is not there though nothing failed.
    pub absent: Vec<Absent>,
    /// Nothing of it is true: the source is a simulation.
    pub simulated: bool,
    /// How many samples the source told, where they are not all handed on.
    pub scraped: Option<usize>,
    /// Part of it is as it was measured before: whoever wants it as it is now has to ask.
    pub in_part: bool,
    /// Somebody else was asked.
    pub is_dependency: bool,
    /// From when on these values are no longer true, unless new ones have come.
    pub stale_after: Duration,
    /// Made for a scrape, between two ticks: it goes into neither history nor rules.
    pub refresh: bool,
}

/// Samples on their way to the history: what one source told at one moment.
#[derive(Debug, Clone, Message)]
#[rtype(result = "()")]
pub struct Batch {
    /// The collector's name in the tree; [`OWN`](crate::keep::OWN) for what Vitals says of itself.
    pub source: Arc<str>,
    /// The scheduled tick.
    pub at: Timestamp,
    /// Series with their names as the label `__name__`, each once, and their values.
    pub samples: Vec<(Labels, f64)>,
    /// These are all the source has: what it had before and is not here ends.
    pub complete: bool,
}

/// Samples of these metrics have come.
#[derive(Debug, Clone, Message)]
#[rtype(result = "()")]
pub struct Appended {
    /// Names of metrics.
    pub names: BTreeSet<Arc<str>>,
    /// When some of them came that nobody [wanted](crate::alert::state::Wanted) to hear of at once, in Unix
    /// milliseconds.
    pub missed: Vec<i64>,
}

/// Something has begun to fire, or has ended: the summary tells of it at once.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "()")]
pub struct Alerted;

/// The [`Ruling`](crate::alert::evaluator::Ruling) is another.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "()")]
pub struct Ruled;

/// All rules and what they are in, as of the last evaluation.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "Arc<RulesView>")]
pub struct GetRules;

/// A collector has ended for good: what it said counts no more. Behind its last [`Observation`].
#[derive(Debug, Clone, Message)]
#[rtype(result = "()")]
pub struct Forget {
    /// The collector's name in the tree.
    pub source: Arc<str>,
}

/// The [`Tuning`](crate::tuning::Tuning) is another.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "()")]
pub struct Retuned;

/// Measure now, unless what is there is young enough. Answered once the aggregator has it.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "Refreshed")]
pub struct Refresh {
    /// Values of this age are young enough.
    pub max_age: Duration,
}

/// What became of a [`Refresh`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refreshed {
    /// The aggregator has values of the age that was asked for.
    Done,
    /// A measurement is going on already.
    Busy,
    /// Measured, but the aggregator did not take it in time.
    NotTaken,
}

/// The page of `/metrics`.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "Arc<Page>")]
pub struct GetExposition(pub Format);

/// The latest of everything, for whoever makes something of it that takes a while.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "Heirloom")]
pub struct GetStanding;

/// The page of `/summary`; `None` before the first.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "Option<Arc<Summary>>")]
pub struct GetSummary;

/// The last verdict of the health checker; `None` before the first.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "Option<Arc<HealthReport>>")]
pub struct GetHealth;

/// A question that goes the way of the observations, and says what became of them.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "Vec<SourceStatus>")]
pub struct Probe;

/// What the health checker found.
#[derive(Debug, Clone, Message)]
#[rtype(result = "()")]
pub struct Verdict(pub Arc<HealthReport>);

/// The latest of everything, as an incarnation of the aggregator leaves it to the next.
pub type Heirloom = Arc<Standing>;

/// An alert has begun to fire, or has ended. Answered with its number once the outbox has it in
/// memory; on disk it is once [`Outbox::durable`](outbox::Outbox::durable) has passed that number.
/// `None`: it is too long for the outbox, and among the dead letters.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Option<u64>")]
pub struct Transition {
    /// As it is now.
    pub alert: Arc<Alert>,
    /// The time of the sample that made it so.
    pub at: Timestamp,
}

/// Everything that fires. Told when the evaluator starts and at least every minute after that:
/// whatever was lost between the two is made good by the difference. Answered with what the dispatcher
/// has not been told of: that is to be told as transitions.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Vec<(Fingerprint, Timestamp)>")]
pub struct Firing {
    /// All of it, each fingerprint once, and when it began to fire.
    pub alerts: Vec<(Fingerprint, Timestamp)>,
    /// When this was so.
    pub at: Timestamp,
}

/// Tell the world: at most [`MOST`](crate::alert::sink::MOST) notifications, in the order of their
/// numbers, which is the order to send them in.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Result<Delivered, Undelivered>")]
pub struct Deliver {
    /// One or more.
    pub notifications: Arc<[Notification]>,
    /// Those up to this number have been announced: they are only to be kept.
    pub announced: u64,
    /// Earlier ones could not be kept by the receiver, which still can announce: only announce these,
    /// they come again.
    pub ahead: bool,
}

/// Everything up to this number has been accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Delivered {
    /// The number of the last notification.
    pub seq: u64,
}

/// Make what the receiver keeps of firing alerts what it should be. Sent only when everything
/// before it has been delivered.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Result<Reconciled, SinkError>")]
pub struct Reconcile {
    /// The last notification of everything that fires.
    pub firing: Arc<[Notification]>,
    /// Announce all of it once more.
    pub announce: bool,
}

/// What a [`Reconcile`] found wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Reconciled {
    /// What fires and was not kept as it is.
    pub restored: usize,
    /// What was kept and does not fire.
    pub cleared: usize,
}

/// A sign of life for whoever watches the watcher. It stays away when the evaluator does.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Result<(), SinkError>")]
pub struct Beat {
    /// What is to be kept: a line of JSON.
    pub json: Arc<str>,
    /// For how long.
    pub lasts: Duration,
}

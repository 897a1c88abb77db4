//! The evaluator: runs the rules as samples come, and tells the dispatcher what changed.
//!
//! Rules read the history, which is in memory for the last hours and on disk before that. Those that
//! read what is in memory, and were quick the last time, are run by the actor itself, all others beside
//! it; where the disk keeps them for longer than [`STUCK`], the evaluator goes on from where they were
//! with what is in memory, until the disk is back: an alert is not silenced by a disk.

mod actor;
mod bench;
mod cause;
mod figures;
mod keep;
mod processes;
mod told;
mod view;

use std::{
    path::PathBuf,
    sync::{Arc, LazyLock},
    time::Duration,
};

use arc_swap::ArcSwap;
use supervision::Ref;

use super::{
    dispatcher::Dispatcher,
    rules::RuleSet,
    state::{self, Checkpoint, Wanted},
};
use crate::{
    aggregator::Aggregator,
    clock::Clock,
    history::{CurrentHead, History},
    last_known::LastKnown,
    own::OwnMetrics,
};

pub use self::{
    actor::EvaluatorActor,
    figures::RuleFigures,
    keep::{CHECKPOINT, read_checkpoint},
    view::{ActiveAlert, GroupView, RuleView, RulesView},
};

/// Rules that have not come to an end for so long are left to their fate.
pub const STUCK: Duration = Duration::from_secs(5);
/// Rules rest so many times as long as they took, so that a crowd of sources leaves them a tenth of the
/// time,
const SHARE: u32 = 9;
/// but no longer than this: who waits for an alert is not to notice.
const LONGEST_REST: Duration = Duration::from_millis(100);
/// Whoever waits for a start is answered first: what nobody waits for, as rules and the log of history, is
/// read so long after it.
pub const AFTER_THE_START: Duration = Duration::from_millis(20);
/// Everything that fires is told so often, whether or not anything changed.
pub const TELL_ALL: Duration = Duration::from_secs(60);

/// The rules, and what they are evaluated with.
#[derive(Debug, Clone, Default)]
pub struct Ruling {
    /// All of them.
    pub rules: RuleSet,
    /// How.
    pub settings: state::Settings,
}

/// A [`Ruling`] that is read when it is needed first: dozens of rules take longer than all else at a
/// start. What can be wrong in it has been looked at before.
pub type PromisedRuling = LazyLock<Ruling, Box<dyn FnOnce() -> Ruling + Send>>;

/// What the evaluator is given by whoever builds the tree.
#[derive(Clone)]
pub struct EvaluatorSettings {
    /// The rules there are now; a reload replaces them.
    pub ruling: Arc<ArcSwap<PromisedRuling>>,
    /// What they read.
    pub head: CurrentHead,
    /// Who keeps what they write,
    pub history: Ref<History>,
    /// and tells at once what is wanted.
    pub wanted: Arc<ArcSwap<Wanted>>,
    /// Who is told what changed.
    pub dispatcher: Ref<Dispatcher>,
    /// Who shows what fires.
    pub aggregator: Ref<Aggregator>,
    /// What there is to say of the causes of alerts, and where figures are left.
    pub last_known: Arc<LastKnown>,
    /// The counters of the process.
    pub own: OwnMetrics,
    /// The time of day.
    pub clock: Clock,
    /// The data directory, if there is one.
    pub data: Option<PathBuf>,
    /// What an earlier process left.
    pub left: Option<Arc<Checkpoint>>,
}

//! The history: keeps every sample in memory, and hands out [`Reader`]s.
//!
//! It owns the head of the store, which never touches a disk; [`Journal`] writes beside it what it
//! has taken in, when the [`Bell`] is rung. So a disk that is slow, full or hangs holds up neither
//! samples nor queries nor rules.

mod bell;
mod current;
mod health;
mod journal;
mod reader;
#[cfg(test)]
mod reader_tests;
#[cfg(test)]
mod tests;

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    mem,
    sync::Arc,
    time::Duration,
};

use actix::{fut::wrap_future, prelude::*};
use arc_swap::ArcSwap;
use exposition::Labels;
use foldhash::fast::RandomState;
use promql::{METRIC_NAME, STALE_BITS};
use supervision::{Ref, Refused};
use tsdb::{Head, SeriesRef};

use self::bell::Call;
use crate::{
    alert::{
        evaluator::EvaluatorActor,
        state::{HELD_BACK, Wanted},
    },
    keep::RULES,
    messages::{Appended, Batch},
};

pub use bell::Bell;
pub use current::{CurrentHead, Opened};
pub use health::families;
pub use journal::{Journal, JournalSettings, read_uptimes, write_uptimes};
pub use reader::{Reader, Stats, matchers};

/// What comes before this is over waits for what is on disk: to begin without it and to be joined with it
/// a moment later would be twice the work, while others start.
const SOON: Duration = Duration::from_millis(40);
/// So many batches wait for it at most.
const MOST_EARLY: usize = 64;
/// So many batches are held back from the evaluator at most.
const MOST_HELD_BACK: usize = 32;

/// What the history is given by whoever builds the tree.
#[derive(Clone)]
pub struct HistorySettings {
    /// Owned by the process: it outlives every incarnation.
    pub head: CurrentHead,
    /// Calls who writes it to disk; `None` where there is no directory to write to.
    pub bell: Option<Arc<Bell>>,
    /// Who wants to know what came,
    pub evaluator: Ref<EvaluatorActor>,
    /// and of what at once.
    pub wanted: Arc<ArcSwap<Wanted>>,
}

/// Keeps what comes in.
pub struct History {
    settings: HistorySettings,
    /// What it appends to, and whose references it has.
    head: Head,
    /// What came before it began; `None` from then on.
    early: Option<Vec<Batch>>,
    sources: BTreeMap<Arc<str>, Source>,
    /// Metrics that came and that the evaluator has not heard of:
    unheard: BTreeSet<Arc<str>>,
    /// as it had no room,
    is_behind: bool,
    /// or as none of them was wanted at once, when they came at these times.
    held_back: Vec<i64>,
    row: Vec<(SeriesRef, f64)>,
}

/// The series a source tells.
#[derive(Default)]
struct Source {
    /// Grows with every complete batch.
    round: u64,
    series: HashMap<Labels, Known, RandomState>,
    /// It has more series than it may; said once.
    refused: bool,
}

struct Known {
    series: SeriesRef,
    /// The last round it was told in.
    round: u64,
}

impl History {
    /// Goes on with what the head holds now.
    pub fn new(settings: HistorySettings) -> Self {
        History {
            head: settings.head.head(),
            early: (!settings.head.is_whole()).then(Vec::new),
            settings,
            sources: BTreeMap::new(),
            unheard: BTreeSet::new(),
            is_behind: false,
            held_back: Vec::new(),
            row: Vec::new(),
        }
    }

    /// Never waits: what an evaluator that is behind has not heard of, it hears of with the next.
    fn announce(&mut self, batch: &Batch) {
        let Some(message) = self.news(batch) else {
            return;
        };
        let told = self.settings.evaluator.tell(message);
        let unsent = told.err().filter(|one| one.why != Refused::Stopped);
        self.is_behind = unsent.is_some();
        if let Some(unsent) = unsent {
            self.unheard = unsent.message.names;
            self.held_back = unsent.message.missed;
        }
    }

    /// What the evaluator is to hear of. Part of what a source has, none of which it wants to hear of at
    /// once, is held back and told with what comes later: each message wakes a thread.
    fn news(&mut self, batch: &Batch) -> Option<Appended> {
        let wanted = self.settings.wanted.load();
        let mut is_wanted = batch.complete || self.is_behind;
        let mut last = "";
        for (labels, _) in &batch.samples {
            // A family comes as one.
            let name = labels.get(METRIC_NAME).unwrap_or_default();
            if name != last {
                is_wanted |= wanted.has(name);
                if !self.unheard.contains(name) {
                    self.unheard.insert(name.into());
                }
            }
            last = name;
        }
        let at = batch.at.as_millisecond();
        let longest = i64::try_from(HELD_BACK.as_millis()).unwrap_or(i64::MAX);
        let is_young = |first: &i64| at - first < longest;
        let may_wait =
            self.held_back.first().is_none_or(is_young) && self.held_back.len() < MOST_HELD_BACK;
        if !is_wanted && may_wait {
            self.held_back.push(at);
            return None;
        }
        Some(Appended {
            names: mem::take(&mut self.unheard),
            missed: mem::take(&mut self.held_back),
        })
    }

    fn take(&mut self, batch: &Batch) {
        let at_ms = batch.at.as_millisecond();
        let head = &self.head;
        let source = self.sources.entry(batch.source.clone()).or_default();
        source.resolve(batch, head, &mut self.row);
        if head.append(at_ms, &self.row).forgotten > 0 {
            // Retention has forgotten series that are told again: they are given new references.
            source.series.clear();
            source.resolve(batch, head, &mut self.row);
            head.append(at_ms, &self.row);
        }
        if source.series.is_empty() {
            self.sources.remove(&batch.source);
        }
    }

    /// Goes on with what was on disk, too.
    fn join(&mut self, opened: &Opened) {
        self.settings.head.join(&self.head, opened);
        self.head = opened.head.clone();
        for (name, source) in &mut self.sources {
            source.series.retain(|labels, known| {
                let here = opened.head.series(name, labels);
                here.map(|series| known.series = series).is_ok()
            });
        }
        self.ring(Call::Sync);
    }

    /// Takes what came early, and then all that comes.
    fn begin(&mut self) {
        for batch in self.early.take().into_iter().flatten() {
            self.receive(&batch);
        }
    }

    fn receive(&mut self, batch: &Batch) {
        self.take(batch);
        // The ticks between are many: a power failure may take the last of them.
        self.ring(match batch.complete {
            true => Call::Sync,
            false => Call::Log,
        });
        // What rules have written they know.
        if *batch.source != *RULES {
            self.announce(batch);
        }
    }

    fn ring(&self, call: Call) {
        if let Some(bell) = &self.settings.bell {
            bell.ring(call);
        }
    }
}

impl Source {
    /// The samples of a batch, and markers at the ends of series it should have and has not.
    fn resolve(&mut self, batch: &Batch, head: &Head, row: &mut Vec<(SeriesRef, f64)>) {
        row.clear();
        self.round += u64::from(batch.complete);
        let mut refusal = None;
        for (labels, value) in &batch.samples {
            let series = match self.series.get_mut(labels) {
                Some(known) => {
                    known.round = self.round;
                    known.series
                }
                None => match head.series(&batch.source, labels) {
                    Ok(series) => {
                        let round = self.round;
                        self.series.insert(labels.clone(), Known { series, round });
                        series
                    }
                    Err(refused) => {
                        refusal = Some(refused);
                        continue;
                    }
                },
            };
            row.push((series, *value));
        }
        if batch.complete {
            let round = self.round;
            let stale = f64::from_bits(STALE_BITS);
            self.series.retain(|_, known| {
                let goes_on = known.round == round;
                if !goes_on {
                    row.push((known.series, stale));
                }
                goes_on
            });
            match &refusal {
                Some(refused) if !self.refused => log::warn!("history: {refused}"),
                None if self.refused => log::info!("history: {} has room again", batch.source),
                _ => {}
            }
            self.refused = refusal.is_some();
        }
    }
}

impl Actor for History {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        if self.early.is_some() {
            ctx.run_later(SOON, |me, _| me.begin());
            let head = self.settings.head.clone();
            let opened = async move { head.what_was_opened().await };
            let joined = wrap_future::<_, Self>(opened).map(|opened, me, _| {
                if let Some(opened) = opened {
                    me.join(&opened);
                }
                me.begin();
            });
            ctx.spawn(joined);
        }
    }

    fn stopped(&mut self, _: &mut Self::Context) {
        self.begin();
    }
}

impl Handler<Batch> for History {
    type Result = ();

    fn handle(&mut self, batch: Batch, _: &mut Self::Context) {
        match &mut self.early {
            Some(early) if early.len() < MOST_EARLY => early.push(batch),
            _ => {
                self.begin();
                self.receive(&batch);
            }
        }
    }
}

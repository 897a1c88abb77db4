//! The head: takes samples in, in memory, and never touches a disk.

use std::sync::Arc;

use exposition::Labels;
use parking_lot::{Mutex, RwLock};

use crate::{
    admission::{Admission, Limits, Refused, RefusedSource},
    core::{Core, Damages, Tallies, count},
    generation::{Generation, Verdict},
    health::{self, Health},
    index::Index,
    options::{Options, TIMES, millis},
    reader::Reader,
    series::SeriesRef,
    shed,
    view::View,
    waiting::Waiting,
};

/// This part of all series is only for vital sources.
const KEPT: usize = 10;
/// A generation of so many series that it takes this part of what may wait for blocks ends before its
/// window does: else there were no room for the one that waits while it is sealed.
const PART: usize = 4;
/// But not with fewer samples of a series than this: blocks would be of little use.
const FEWEST: u64 = 64;
/// A batch this far behind the newest one of its generation, and most of it behind its turn, is
/// taken for a clock that was set back.
const SET_BACK_MS: i64 = 60_000;
/// Fewer late samples are put in their places one by one.
const FEW: usize = 64;
/// With more generations than this late samples are put in their places, however many.
const GENERATIONS: usize = 16;
/// So many batches in a row, all too old, and as many samples as there are active series: the clock
/// was ahead before, and is right now.
const TOO_OLD_IN_A_ROW: u32 = 3;

/// Takes samples in, and hands out [`Reader`]s. Clones are the same head. Nothing here does I/O, and
/// no lock is held across any, so that a disk that hangs holds up neither appends nor readers.
#[derive(Clone)]
pub struct Head {
    pub(crate) core: Arc<Core>,
}

/// What became of a batch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Appended {
    /// The number of the batch, for comparison with [`Durable::up_to`](crate::Durable): the last one
    /// again if nothing of it was taken.
    pub batch: u64,
    /// Samples taken in.
    pub taken: usize,
    /// Dropped: the same value was there at that time.
    pub duplicates: usize,
    /// Dropped: another value was there at that time; the first stays.
    pub conflicts: usize,
    /// Dropped: more than [`Options::out_of_order`] behind the newest sample.
    pub too_old: usize,
    /// Dropped: the series had not been active for a while, and the limit does not let it back.
    pub refused: usize,
    /// Dropped: history has forgotten the series since the reference was given out. Ask for it again
    /// by [`Head::series`].
    pub forgotten: usize,
}

/// The state of whoever appends.
pub(crate) struct Pen {
    pub(crate) admission: Admission,
    pub(crate) head: Arc<Generation>,
    /// Of the newest sample in the active generation.
    pub(crate) window: Option<i64>,
    /// Of all accepted samples.
    pub(crate) newest: Option<i64>,
    /// Whether a journal waits for batches.
    pub(crate) journaled: bool,
    /// The generation has to end with the next batch.
    pub(crate) rotate: bool,
    too_old: TooOld,
    last_batch: u64,
    row: Vec<(SeriesRef, f64)>,
    series: Vec<SeriesRef>,
    values: Vec<f64>,
}

/// Batches in a row that were too old.
#[derive(Default)]
struct TooOld {
    batches: u32,
    samples: usize,
    at: i64,
}

impl Head {
    /// A head without a directory: what does not fit [`Options::max_unsealed_bytes`] and
    /// [`Options::max_age`] is forgotten, and a restart forgets all.
    pub fn in_memory(options: Options) -> Head {
        Head::new(options, Index::default(), View::default(), 1, false)
    }

    /// `seq`: the number of the generation that begins.
    pub(crate) fn new(
        options: Options,
        index: Index,
        mut view: View,
        seq: u64,
        journaled: bool,
    ) -> Head {
        let head = match view.heads.last() {
            Some(last) if last.seq == seq => last.clone(),
            _ => {
                let head = Arc::new(Generation::new(seq));
                view.heads.push(head.clone());
                head
            }
        };
        let pen = Pen {
            admission: Admission::new(&options.vital_sources),
            window: None,
            newest: None,
            head,
            journaled,
            rotate: false,
            too_old: TooOld::default(),
            last_batch: 0,
            row: Vec::new(),
            series: Vec::new(),
            values: Vec::new(),
        };
        let core = Core {
            options,
            pen: Mutex::new(pen),
            view: RwLock::new(Arc::new(view)),
            index: RwLock::new(index),
            waiting: Mutex::new(Waiting::default()),
            tallies: Tallies::default(),
            damages: Mutex::new(Damages::default()),
        };
        let core = Arc::new(core);
        Head { core }
    }

    /// The reference of a series, which is new or known; `labels` include `__name__`. Keep it:
    /// it is good until [`Appended::forgotten`] says otherwise.
    ///
    /// # Errors
    /// When the source, or all together, have as many active series as they may. Old series go on.
    pub fn series(&self, source: &str, labels: &Labels) -> Result<SeriesRef, Refused> {
        let core = &*self.core;
        let mut pen = core.pen.lock();
        let source = pen.admission.source(source);
        let known = core.index.read().find(labels);
        if let Some(known) = known.filter(|known| pen.admission.is_active(*known)) {
            return Ok(known);
        }
        if let Err(refused) = pen.admission.has_room(source, core.limits()) {
            pen.admission.refuse(source, labels);
            return Err(refused);
        }
        let series = known.unwrap_or_else(|| core.index.write().add(labels));
        let seq = pen.head.seq;
        pen.admission.admit(series, source, seq);
        Ok(series)
    }

    /// Takes in samples of one moment, in milliseconds since the epoch. All of them become visible
    /// to readers at once. They are durable when [`Journal::durable`](crate::Journal::durable)
    /// has come to [`Appended::batch`].
    pub fn append(&self, at_ms: i64, samples: &[(SeriesRef, f64)]) -> Appended {
        let mut pen = self.core.pen.lock();
        let appended = pen.append(&self.core, at_ms, samples);
        let tallies = &self.core.tallies;
        count(&tallies.taken, appended.taken as u64);
        count(&tallies.duplicates, appended.duplicates as u64);
        count(&tallies.conflicts, appended.conflicts as u64);
        count(&tallies.too_old, appended.too_old as u64);
        count(&tallies.refused, appended.refused as u64);
        count(&tallies.forgotten, appended.forgotten as u64);
        appended
    }

    /// What is there now, for queries. Takes less than a microsecond.
    pub fn reader(&self) -> Reader {
        Reader::new(self.core.clone())
    }

    /// The time of the newest accepted sample, in milliseconds since the epoch.
    pub fn newest(&self) -> Option<i64> {
        self.core.pen.lock().newest
    }

    /// Sources that were refused series, since the start.
    pub fn refused(&self) -> Vec<RefusedSource> {
        self.core.pen.lock().admission.refused()
    }

    /// Counters, damages, and how far the disk is.
    pub fn health(&self) -> Health {
        health::of(&self.core)
    }
}

impl Core {
    pub(crate) fn limits(&self) -> Limits {
        let options = &self.options;
        Limits {
            total: options.max_series,
            per_source: options.max_series_per_source,
            kept: match options.vital_sources.is_empty() {
                true => 0,
                false => options.max_series / KEPT,
            },
        }
    }
}

impl Pen {
    fn append(&mut self, core: &Core, at: i64, samples: &[(SeriesRef, f64)]) -> Appended {
        let mut appended = Appended {
            batch: self.last_batch,
            ..Appended::default()
        };
        if samples.is_empty() {
            return appended;
        }
        if self.is_too_old(core, at, samples.len()) {
            appended.too_old = samples.len();
            return appended;
        }
        let window = at.div_euclid(core.options.window_ms());
        let window_ends = self.window.is_some_and(|now| window > now);
        let is_due = window_ends || self.rotate || self.is_large(core);
        if is_due || self.is_set_back(core, at, samples) {
            self.rotate(core);
        }
        self.window = self.window.max(Some(window));
        let mut row = std::mem::take(&mut self.row);
        let seq = self.head.seq;
        let samples = if samples.iter().all(|s| self.admission.touch(s.0, seq)) {
            samples
        } else {
            self.admit_again(core, samples, &mut row, &mut appended);
            &row
        };
        self.series.clear();
        self.values.clear();
        self.head
            .append(at, samples, |series, value, verdict| match verdict {
                Verdict::Taken => {
                    self.series.push(series);
                    self.values.push(value);
                }
                Verdict::Duplicate => appended.duplicates += 1,
                Verdict::Conflict => appended.conflicts += 1,
            });
        self.row = row;
        appended.taken = self.series.len();
        if appended.taken > 0 {
            self.newest = self.newest.max(Some(at));
            let max = core.options.max_waiting_bytes;
            self.last_batch = match self.journaled {
                true => core
                    .waiting
                    .lock()
                    .push(seq, at, &self.series, &self.values, max),
                false => self.last_batch + 1,
            };
            appended.batch = self.last_batch;
        }
        appended
    }

    /// Whether a batch is out of bounds. Several in a row that are too old set the clock back.
    fn is_too_old(&mut self, core: &Core, at: i64, samples: usize) -> bool {
        if !TIMES.contains(&at) {
            return true;
        }
        let floor = self
            .newest
            .map(|newest| newest - millis(core.options.out_of_order));
        if floor.is_none_or(|floor| at >= floor) {
            self.too_old.batches = 0;
            return false;
        }
        let last = std::mem::take(&mut self.too_old);
        let goes_on = last.batches > 0 && at >= last.at;
        let before = if goes_on { last } else { TooOld::default() };
        self.too_old = TooOld {
            batches: before.batches + u32::from(before.batches == 0 || at > before.at),
            samples: before.samples + samples,
            at,
        };
        let TooOld {
            batches, samples, ..
        } = self.too_old;
        if batches < TOO_OLD_IN_A_ROW || samples < self.admission.active() {
            return true;
        }
        self.too_old.batches = 0;
        self.newest = None;
        self.rotate(core);
        false
    }

    /// Whether the generation has to be sealed before its window ends.
    fn is_large(&self, core: &Core) -> bool {
        self.head.bytes() > core.options.max_unsealed_bytes / PART
            && self.head.samples() >= FEWEST * self.admission.active() as u64
    }

    /// Whether a batch is that of a clock that was set back: a new generation takes it in order.
    fn is_set_back(&self, core: &Core, at: i64, samples: &[(SeriesRef, f64)]) -> bool {
        let newest = self.head.span().map(|(_, last)| last);
        if samples.len() < FEW || newest.is_none_or(|newest| at > newest - SET_BACK_MS) {
            return false;
        }
        let behind = self.head.behind(at, samples);
        behind >= FEW && behind * 2 > samples.len() && core.view().heads.len() < GENERATIONS
    }

    /// Begins the next generation; sealing the old one is the journal's business.
    fn rotate(&mut self, core: &Core) {
        self.rotate = false;
        self.window = None;
        if self.head.samples() == 0 {
            return;
        }
        let seq = self.head.seq + 1;
        self.head = Arc::new(Generation::new(seq));
        core.push_head(self.head.clone());
        let unused = self.admission.rotate(seq);
        shed::oldest(core, self, unused);
    }

    /// Keeps those samples whose series are active, or may be so again.
    fn admit_again(
        &mut self,
        core: &Core,
        samples: &[(SeriesRef, f64)],
        row: &mut Vec<(SeriesRef, f64)>,
        appended: &mut Appended,
    ) {
        row.clear();
        let index = core.index.read();
        for &(series, value) in samples {
            if !self.admission.touch(series, self.head.seq) {
                let Some(labels) = index.labels(series) else {
                    appended.forgotten += 1;
                    continue;
                };
                let source = self.admission.source_of(series);
                let source = source.unwrap_or_else(|| self.admission.source(""));
                if self.admission.has_room(source, core.limits()).is_err() {
                    self.admission.refuse(source, labels);
                    appended.refused += 1;
                    continue;
                }
                self.admission.admit(series, source, self.head.seq);
                self.admission.touch(series, self.head.seq);
            }
            row.push((series, value));
        }
    }
}

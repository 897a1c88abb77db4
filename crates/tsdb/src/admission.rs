//! Who may have series, and how many: a source that invents labels must not push out the others.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use exposition::Labels;

use crate::series::SeriesRef;

/// Metric names told of each source that was refused series.
const NAMES: usize = 10;

/// The slot is empty.
const NOBODY: SeriesRef = SeriesRef::new(u32::MAX, u32::MAX);

/// A series is active while the current generation, or the one before, has samples of it (or it was
/// asked for in that time). Only active ones count.
#[derive(Default)]
pub(crate) struct Admission {
    /// Names of sources that others must not push out.
    vital_sources: Vec<Arc<str>>,
    slots: Vec<Slot>,
    sources: Vec<Source>,
    numbers: BTreeMap<Arc<str>, u32>,
    active: usize,
    /// Of vital sources, among them.
    vital: usize,
}

#[derive(Clone, Copy)]
struct Slot {
    series: SeriesRef,
    source: u32,
    /// Generation of the newest sample; 0: not active.
    used: u64,
    /// Whether it has had a sample since it was admitted.
    written: bool,
}

struct Source {
    name: Arc<str>,
    is_vital: bool,
    active: usize,
    refused: u64,
    names: BTreeSet<String>,
}

/// Why a series may not be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// The source has as many as it may.
    #[error(
        "{source_name} has {limit} active series already: raise max_series_per_source, or drop labels"
    )]
    Source {
        /// Whose.
        source_name: Arc<str>,
        /// [`Options::max_series_per_source`](crate::Options).
        limit: usize,
    },
    /// All sources together have.
    #[error(
        "there are {limit} active series already, all that max_series leaves to such sources: raise it, or drop labels"
    )]
    Total {
        /// [`Options::max_series`](crate::Options), or what of it vital sources leave to others.
        limit: usize,
    },
}

/// A source that was refused series.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefusedSource {
    /// Its name.
    pub source: Arc<str>,
    /// How often, since the start.
    pub times: u64,
    /// Some of the metrics: at most ten, sorted.
    pub metrics: Vec<String>,
}

/// How many series there may be.
#[derive(Clone, Copy)]
pub(crate) struct Limits {
    pub(crate) total: usize,
    pub(crate) per_source: usize,
    /// Of the total, only for vital sources.
    pub(crate) kept: usize,
}

impl Admission {
    /// Nothing is active yet.
    pub(crate) fn new(vital_sources: &[Arc<str>]) -> Self {
        Admission {
            vital_sources: vital_sources.to_vec(),
            ..Admission::default()
        }
    }

    /// The number of a source.
    pub(crate) fn source(&mut self, name: &str) -> u32 {
        if let Some(known) = self.numbers.get(name) {
            return *known;
        }
        let (number, name): (_, Arc<str>) = (self.sources.len() as u32, name.into());
        self.numbers.insert(name.clone(), number);
        self.sources.push(Source {
            is_vital: self.vital_sources.contains(&name),
            name,
            active: 0,
            refused: 0,
            names: BTreeSet::new(),
        });
        number
    }

    /// Whether one more series of the source may be.
    pub(crate) fn has_room(&self, source: u32, limits: Limits) -> Result<(), Refused> {
        let source = &self.sources[source as usize];
        if source.active >= limits.per_source {
            let (source_name, limit) = (source.name.clone(), limits.per_source);
            return Err(Refused::Source { source_name, limit });
        }
        let (active, limit) = match source.is_vital {
            true => (self.active, limits.total),
            false => {
                let theirs = limits.kept.max(self.vital);
                (
                    self.active - self.vital,
                    limits.total.saturating_sub(theirs),
                )
            }
        };
        if active >= limit {
            return Err(Refused::Total { limit });
        }
        Ok(())
    }

    /// Counts a refusal.
    pub(crate) fn refuse(&mut self, source: u32, labels: &Labels) {
        let source = &mut self.sources[source as usize];
        source.refused += 1;
        let name = labels.get("__name__").unwrap_or("");
        if source.names.len() < NAMES && !source.names.contains(name) {
            source.names.insert(name.to_owned());
        }
    }

    pub(crate) fn is_active(&self, series: SeriesRef) -> bool {
        self.known(series).is_some_and(|slot| slot.used > 0)
    }

    /// Whose series it is, while it is known here.
    pub(crate) fn source_of(&self, series: SeriesRef) -> Option<u32> {
        self.known(series).map(|slot| slot.source)
    }

    /// All series that ever were active, each with the name of its source.
    pub(crate) fn owned(&self) -> Vec<(Arc<str>, SeriesRef)> {
        let slots = self.slots.iter().filter(|slot| slot.series != NOBODY);
        let named = slots.map(|slot| {
            let source = &self.sources[slot.source as usize];
            (source.name.clone(), slot.series)
        });
        named.collect()
    }

    fn known(&self, series: SeriesRef) -> Option<&Slot> {
        self.slots
            .get(series.slot())
            .filter(|slot| slot.series == series)
    }

    /// The series is in use in a generation. False if it is not active: it has to ask again.
    pub(crate) fn touch(&mut self, series: SeriesRef, seq: u64) -> bool {
        match self.slots.get_mut(series.slot()) {
            Some(slot) if slot.series == series && slot.used > 0 => {
                slot.used = seq;
                slot.written = true;
                true
            }
            _ => false,
        }
    }

    /// Makes a series active.
    pub(crate) fn admit(&mut self, series: SeriesRef, source: u32, seq: u64) {
        let at = series.slot();
        let used = seq.max(1);
        if at >= self.slots.len() {
            let none = Slot {
                series: NOBODY,
                source: 0,
                used: 0,
                written: false,
            };
            self.slots.resize(at + 1, none);
        }
        self.slots[at] = Slot {
            series,
            source,
            used,
            written: false,
        };
        self.count(source, |active| *active += 1);
    }

    /// A generation begins: who was in neither of the last two is active no more. Answers those that
    /// were asked for and never had a sample.
    pub(crate) fn rotate(&mut self, seq: u64) -> Vec<SeriesRef> {
        let mut unused = Vec::new();
        for at in 0..self.slots.len() {
            let slot = &mut self.slots[at];
            if slot.used > 0 && slot.used + 1 < seq {
                slot.used = 0;
                if !slot.written {
                    unused.push(slot.series);
                }
                let source = slot.source;
                self.count(source, |active| *active -= 1);
            }
        }
        unused
    }

    /// A series of the source begins or ends to be active.
    fn count(&mut self, source: u32, change: impl Fn(&mut usize)) {
        let source = &mut self.sources[source as usize];
        change(&mut source.active);
        change(&mut self.active);
        if source.is_vital {
            change(&mut self.vital);
        }
    }

    pub(crate) fn active(&self) -> usize {
        self.active
    }

    pub(crate) fn refused(&self) -> Vec<RefusedSource> {
        let told = self.sources.iter().filter(|source| source.refused > 0);
        told.map(|source| RefusedSource {
            source: source.name.clone(),
            times: source.refused,
            metrics: source.names.iter().cloned().collect(),
        })
        .collect()
    }
}

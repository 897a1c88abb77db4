//! Labels as files have them, made references.

use std::{collections::HashSet, sync::Arc};

use exposition::Labels;
use parking_lot::RwLock;

use crate::{index::Index, series::SeriesRef};

/// A name and a value.
pub(crate) type Pair = (Arc<str>, Arc<str>);

/// Who knows the references.
pub(crate) trait Naming {
    /// The string, kept once where there will be many more.
    fn intern(&mut self, text: &str) -> Arc<str>;
    /// The reference of a series; `None` if these are no labels.
    fn series(&mut self, pairs: &[Pair]) -> Option<SeriesRef>;
}

/// While a directory is opened, nobody else asks. Files have the same series in nearly the same order,
/// over and over: the one that followed last time is looked at first.
#[derive(Default)]
pub(crate) struct Names {
    pub(crate) index: Index,
    /// Every name and value once.
    symbols: HashSet<Arc<str>>,
    /// By slot: which series followed it last time.
    followed: Vec<Option<SeriesRef>>,
    last: Option<SeriesRef>,
}

impl Naming for Names {
    fn intern(&mut self, text: &str) -> Arc<str> {
        if let Some(known) = self.symbols.get(text) {
            return known.clone();
        }
        let new: Arc<str> = text.into();
        self.symbols.insert(new.clone());
        new
    }

    fn series(&mut self, pairs: &[Pair]) -> Option<SeriesRef> {
        let guess = self.last.and_then(|last| *self.followed.get(last.slot())?);
        let is_it = |series: &SeriesRef| {
            let labels = self.index.labels(*series);
            labels.is_some_and(|labels| {
                let same = |((name, value), pair): ((&str, &str), &Pair)| {
                    *name == *pair.0 && *value == *pair.1
                };
                labels.len() == pairs.len() && labels.iter().zip(pairs).all(same)
            })
        };
        let series = match guess.filter(is_it) {
            Some(series) => series,
            None => self
                .index
                .add(&Labels::try_new(pairs.iter().cloned()).ok()?),
        };
        if let Some(last) = self.last.replace(series) {
            if last.slot() >= self.followed.len() {
                self.followed.resize(last.slot() + 1, None);
            }
            self.followed[last.slot()] = Some(series);
        }
        Some(series)
    }
}

/// While the store runs: the lock is taken for each series, never across I/O.
impl Naming for &RwLock<Index> {
    fn intern(&mut self, text: &str) -> Arc<str> {
        text.into()
    }

    fn series(&mut self, pairs: &[Pair]) -> Option<SeriesRef> {
        let labels = Labels::try_new(pairs.iter().cloned()).ok()?;
        let known = self.read().find(&labels);
        Some(known.unwrap_or_else(|| self.write().add(&labels)))
    }
}

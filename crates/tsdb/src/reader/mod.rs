//! A snapshot for queries: one pointer. It shares no lock with anything that does I/O, stays valid
//! while blocks are sealed, merged or unlinked, and sees every sample exactly once.

mod inspect;
mod scratch;
mod source;
mod stream;

use std::{
    collections::BTreeSet,
    slice,
    sync::{Arc, atomic::AtomicU64},
};

use exposition::Labels;

use crate::{
    Matcher,
    block::{Block, Stats},
    core::Core,
    series::SeriesRef,
    view::View,
};
pub use inspect::{BlockInfo, MetricUse};
pub use scratch::Scratch;
pub use stream::Chunks;

/// What was there when it was handed out. Samples that are appended later to the active generation
/// are seen too, whole batches of them; bound your reads by a time.
///
/// Times are milliseconds since the epoch, ranges include both ends, and where two samples of a
/// series were stored for one time (across a restart, or by an import) the first one counts.
#[derive(Clone)]
pub struct Reader {
    core: Arc<Core>,
    view: Arc<View>,
}

impl Reader {
    pub(crate) fn new(core: Arc<Core>) -> Reader {
        let view = core.view();
        Reader { core, view }
    }

    /// The same, without what is in blocks only: it never touches a disk, and lacks nothing from
    /// [`in_memory_since`](Self::in_memory_since) on.
    #[must_use]
    pub fn in_memory(&self) -> Reader {
        let mut view = View::clone(&self.view);
        let is_in_memory = |block: &Arc<Block>| self.view.instead_of(block).is_some();
        view.blocks.retain(is_in_memory);
        Reader {
            core: self.core.clone(),
            view: Arc::new(view),
        }
    }

    /// The moment, in milliseconds, up to which samples may be in blocks only.
    pub fn in_memory_since(&self) -> i64 {
        let blocks = self.view.blocks.iter();
        let on_disk = blocks.filter(|block| self.view.instead_of(block).is_none());
        let ends = on_disk.map(|block| block.span.1.saturating_add(1));
        ends.max().unwrap_or(i64::MIN)
    }

    /// Series that all matchers accept and that have samples in the range, as far as is known
    /// without reading them. In no particular order.
    pub fn select(&self, matchers: &[Matcher], from: i64, to: i64) -> Vec<(SeriesRef, Labels)> {
        let mut found = self.core.index.read().select(matchers);
        found.retain(|(series, _)| source::any(&self.view, *series, from, to));
        found
    }

    /// The labels of a series; `None` once it is forgotten.
    pub fn labels(&self, series: SeriesRef) -> Option<Labels> {
        self.core.index.read().labels(series).cloned()
    }

    /// All samples of a series in the range, into the columns of `scratch`. Chunks that cannot be
    /// read are gaps, and counted in [`Counts::unreadable`](crate::Counts).
    pub fn read(&self, series: SeriesRef, from: i64, to: i64, scratch: &mut Scratch) {
        let sources = source::all(&self.view, series, from, to);
        source::read(&sources, (from, to), self.unreadable(), scratch);
    }

    /// The samples of a series in the range, piece by piece by ascending time: a range of any length
    /// in constant memory.
    pub fn stream(&self, series: SeriesRef, from: i64, to: i64) -> Chunks<'_> {
        Chunks::new(&self.view, self.unreadable(), series, from, to)
    }

    /// Count, min, max and sum over the range. Chunks that lie inside are not decoded.
    pub fn stats(&self, series: SeriesRef, from: i64, to: i64, scratch: &mut Scratch) -> Stats {
        let mut stats = Stats::NONE;
        let sources = source::all(&self.view, series, from, to);
        let mut rest = &sources[..];
        while !rest.is_empty() {
            let (together, others) = rest.split_at(source::tangled(rest));
            rest = others;
            let known = match together {
                [only] if from <= only.first && only.last <= to => only.stats(),
                _ => None,
            };
            let part = known.unwrap_or_else(|| {
                source::read(together, (from, to), self.unreadable(), scratch);
                Stats::of(&scratch.values)
            });
            stats.add(&part);
        }
        stats
    }

    /// One tally for all blocks.
    fn unreadable(&self) -> &[AtomicU64] {
        slice::from_ref(&self.core.tallies.unreadable)
    }

    /// Names of the labels of the selected series, sorted.
    pub fn label_names(&self, matchers: &[Matcher], from: i64, to: i64) -> Vec<String> {
        let mut names = BTreeSet::new();
        for (_, labels) in self.select(matchers, from, to) {
            for (name, _) in labels.iter() {
                if !names.contains(name) {
                    names.insert(name.to_owned());
                }
            }
        }
        names.into_iter().collect()
    }

    /// Values that a label has in the selected series, sorted.
    pub fn label_values(
        &self,
        label: &str,
        matchers: &[Matcher],
        from: i64,
        to: i64,
    ) -> Vec<String> {
        let mut values = BTreeSet::new();
        for (_, labels) in self.select(matchers, from, to) {
            if let Some(value) = labels.get(label)
                && !values.contains(value)
            {
                values.insert(value.to_owned());
            }
        }
        values.into_iter().collect()
    }
}

/// All samples of a series in some blocks, for merging; counts per block what cannot be read.
pub(crate) fn read_blocks(
    blocks: &[Arc<Block>],
    series: SeriesRef,
    unreadable: &[AtomicU64],
    scratch: &mut Scratch,
) {
    let sources = source::of_blocks(blocks, series);
    source::read(&sources, (i64::MIN, i64::MAX), unreadable, scratch);
}

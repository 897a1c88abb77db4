//! Joins blocks of consecutive generations into one, series by series.

use std::{
    io,
    ops::Range,
    path::PathBuf,
    sync::{Arc, atomic::AtomicU64},
    time::Instant,
};

use exposition::Labels;

use super::{Inner, seal::by_labels};
use crate::{
    block::{Block, BlockWriter},
    reader::{Scratch, read_blocks},
    series::SeriesRef,
    view::View,
};

/// pco's level for long chunks, where it costs no more than 6 does for short ones.
const LEVEL: usize = 8;

/// A block in the making. Dropped, it leaves nothing.
pub(super) struct Merge {
    pub(super) sources: Vec<Arc<Block>>,
    /// By source: chunks that could not be read.
    pub(super) unreadable: Vec<u64>,
    order: std::vec::IntoIter<(Labels, SeriesRef)>,
    writer: BlockWriter,
    scratch: Scratch,
}

impl Merge {
    pub(super) fn begin(journal: &Inner, sources: Vec<Arc<Block>>, tag: u64) -> io::Result<Merge> {
        let all = sources
            .iter()
            .flat_map(|block| block.series().iter().copied());
        let mut series: Vec<_> = all.collect();
        series.sort_unstable();
        series.dedup();
        let first = sources.first().map_or(0, |block| block.seqs.0);
        let last = sources.last().map_or(0, |block| block.seqs.1);
        Ok(Merge {
            unreadable: vec![0; sources.len()],
            order: by_labels(journal, series).into_iter(),
            writer: BlockWriter::create(&journal.blocks(), (first, last), LEVEL, tag)?,
            scratch: Scratch::default(),
            sources,
        })
    }

    /// Goes on until then; false when all series are in.
    pub(super) fn goes_on(&mut self, until: Instant) -> io::Result<bool> {
        for (labels, series) in self.order.by_ref() {
            let tallies: Vec<_> = self.sources.iter().map(|_| AtomicU64::new(0)).collect();
            read_blocks(&self.sources, series, &tallies, &mut self.scratch);
            for (sum, tally) in self.unreadable.iter_mut().zip(tallies) {
                *sum += tally.into_inner();
            }
            if !self.scratch.times.is_empty() {
                self.writer
                    .push(&labels, &self.scratch.times, &self.scratch.values)?;
            }
            if Instant::now() >= until {
                return Ok(true);
            }
        }
        Ok(false)
    }

    pub(super) fn finish(self) -> io::Result<PathBuf> {
        self.writer.finish()
    }
}

/// The first run of at least two blocks of consecutive generations that lie in one span of time
/// which is over. Never across a gap: the generation in it may be in the log yet, and whatever a
/// block covers is taken for sealed.
///
/// Nor with one that memory is still read in the place of.
pub(super) fn due(view: &View, span_ms: i64, newest: i64) -> Option<Range<usize>> {
    let slot = |block: &Block| block.span.0.div_euclid(span_ms);
    let joins = |a: &Arc<Block>, b: &Arc<Block>| slot(a) == slot(b) && a.seqs.1 + 1 == b.seqs.0;
    let lingers = |block: &Arc<Block>| view.instead_of(block).is_some();
    let mut at = 0;
    for run in view.blocks.chunk_by(joins) {
        let is_whole = run.len() > 1 && !run.iter().any(lingers);
        if is_whole && slot(&run[0]) < newest.div_euclid(span_ms) {
            return Some(at..at + run.len());
        }
        at += run.len();
    }
    None
}

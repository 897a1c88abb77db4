//! Makes a generation a block, series by series.

use std::{io, path::PathBuf, sync::Arc, time::Instant};

use exposition::Labels;

use super::Inner;
use crate::{
    block::BlockWriter,
    generation::{Copied, Generation},
    series::SeriesRef,
};

/// pco's level for short chunks: higher ones save less than a hundredth.
const LEVEL: usize = 6;

/// A block in the making. Dropped, it leaves nothing.
pub(super) struct Seal {
    pub(super) head: Arc<Generation>,
    order: std::vec::IntoIter<(Labels, SeriesRef)>,
    writer: BlockWriter,
    copied: Copied,
    times: Vec<i64>,
    values: Vec<f64>,
}

impl Seal {
    pub(super) fn begin(journal: &Inner, head: Arc<Generation>, tag: u64) -> io::Result<Seal> {
        let order = by_labels(journal, head.series());
        let seqs = (head.seq, head.seq);
        let writer = BlockWriter::create(&journal.blocks(), seqs, LEVEL, tag)?;
        Ok(Seal {
            head,
            order: order.into_iter(),
            writer,
            copied: Copied::default(),
            times: Vec::new(),
            values: Vec::new(),
        })
    }

    /// Goes on until then; false when all series are in.
    pub(super) fn goes_on(&mut self, until: Instant) -> io::Result<bool> {
        for (labels, series) in self.order.by_ref() {
            if self.head.copy(series, i64::MIN, &mut self.copied) {
                self.times.clear();
                self.values.clear();
                self.copied.decode(&mut self.times, &mut self.values);
                self.writer.push(&labels, &self.times, &self.values)?;
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

/// Series with their labels, in the order of labels.
pub(super) fn by_labels(journal: &Inner, series: Vec<SeriesRef>) -> Vec<(Labels, SeriesRef)> {
    let index = journal.core.index.read();
    let known = |series| Some((index.labels(series)?.clone(), series));
    let mut all: Vec<_> = series.into_iter().filter_map(known).collect();
    drop(index);
    all.sort_unstable_by(|a, b| a.0.cmp(&b.0));
    all
}

//! What history consists of, and what takes its place.

use std::collections::BTreeMap;

use super::Reader;

/// One metric's share of history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MetricUse {
    /// `__name__`.
    pub name: String,
    /// Series with that name.
    pub series: usize,
    /// Samples, in blocks and in memory.
    pub samples: u64,
    /// Bytes of its chunks in blocks; without labels and index.
    pub bytes: u64,
    /// How many of `samples` these bytes hold.
    pub block_samples: u64,
    /// Blocks that have any of it.
    pub blocks: usize,
    /// Time of the oldest and the newest sample, milliseconds since the epoch.
    pub span_ms: Option<(i64, i64)>,
}

/// One published block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlockInfo {
    /// The file's name.
    pub file: String,
    /// First and last of its generations.
    pub generations: (u64, u64),
    /// First and last time, milliseconds since the epoch.
    pub span_ms: (i64, i64),
    /// Series in it.
    pub series: usize,
    /// Samples in it.
    pub samples: u64,
    /// Of the file.
    pub bytes: u64,
}

impl Reader {
    /// How many series are known.
    pub fn series_count(&self) -> usize {
        self.core.index.read().len()
    }

    /// Time of the oldest and the newest sample, milliseconds since the epoch.
    pub fn span(&self) -> Option<(i64, i64)> {
        let blocks = self.view.blocks.iter().map(|block| block.span);
        let heads = self.view.heads.iter().filter_map(|head| head.span());
        blocks
            .chain(heads)
            .reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)))
    }

    /// All published blocks, in the order of their generations.
    pub fn blocks(&self) -> Vec<BlockInfo> {
        let info = |block: &std::sync::Arc<crate::block::Block>| BlockInfo {
            file: crate::journal::file_name(&block.path),
            generations: block.seqs,
            span_ms: block.span,
            series: block.series().len(),
            samples: block.samples,
            bytes: block.bytes,
        };
        self.view.blocks.iter().map(info).collect()
    }

    /// Every metric's share, by name.
    pub fn metrics(&self) -> Vec<MetricUse> {
        let mut all: BTreeMap<String, MetricUse> = BTreeMap::new();
        let known = self.core.index.read().select(&[]);
        for (series, labels) in known {
            let name = labels.get("__name__").unwrap_or("");
            if !all.contains_key(name) {
                all.insert(name.to_owned(), MetricUse::new(name));
            }
            let Some(metric) = all.get_mut(name) else {
                continue;
            };
            metric.series += 1;
            for head in &self.view.heads {
                if let Some((samples, first, last)) = head.extent(series) {
                    metric.add(samples, first, last);
                }
            }
        }
        for block in &self.view.blocks {
            self.add_block(block, &mut all);
        }
        all.into_values().collect()
    }

    fn add_block(&self, block: &crate::block::Block, all: &mut BTreeMap<String, MetricUse>) {
        let mut seen: BTreeMap<String, ()> = BTreeMap::new();
        for chunk in block.chunks() {
            let index = self.core.index.read();
            let Some(labels) = index.labels(chunk.series) else {
                continue;
            };
            let name = labels.get("__name__").unwrap_or("");
            let Some(metric) = all.get_mut(name) else {
                continue;
            };
            let (stats, (first, last)) = (block.chunk_stats(chunk), block.chunk_span(chunk));
            metric.add(stats.count, first, last);
            metric.block_samples += stats.count;
            metric.bytes += chunk.bytes();
            if !seen.contains_key(name) {
                seen.insert(name.to_owned(), ());
                metric.blocks += 1;
            }
        }
    }
}

impl MetricUse {
    fn new(name: &str) -> Self {
        MetricUse {
            name: name.to_owned(),
            series: 0,
            samples: 0,
            bytes: 0,
            block_samples: 0,
            blocks: 0,
            span_ms: None,
        }
    }

    fn add(&mut self, samples: u64, first: i64, last: i64) {
        self.samples += samples;
        let (from, to) = self.span_ms.unwrap_or((first, last));
        self.span_ms = Some((from.min(first), to.max(last)));
    }
}

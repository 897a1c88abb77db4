//! The places where samples of a series lie.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering::Relaxed},
};

use super::Scratch;
use crate::{
    block::{Block, Chunk, Stats},
    generation::Generation,
    series::SeriesRef,
    view::View,
};

#[derive(Clone, Copy)]
pub(super) struct Source<'a> {
    /// The order in which they were stored.
    order: u32,
    /// Of the block.
    tally: usize,
    pub(super) first: i64,
    pub(super) last: i64,
    place: Place<'a>,
}

#[derive(Clone, Copy)]
enum Place<'a> {
    Chunk(&'a Block, &'a Chunk),
    Head(&'a Generation, SeriesRef),
}

/// All that have samples of the series in the range, by their first time.
pub(super) fn all(view: &View, series: SeriesRef, from: i64, to: i64) -> Vec<Source<'_>> {
    let mut found: Vec<Source<'_>> = Vec::new();
    let overlaps = |first, last| first <= to && last >= from;
    for block in &view.blocks {
        if !overlaps(block.span.0, block.span.1) {
            continue;
        }
        if let Some(head) = view.instead_of(block) {
            push_head(&mut found, head, series, from, to);
            continue;
        }
        for chunk in block.chunks_of(series) {
            let (first, last) = block.chunk_span(chunk);
            if overlaps(first, last) {
                found.push(Source {
                    order: found.len() as u32,
                    tally: 0,
                    first,
                    last,
                    place: Place::Chunk(block, chunk),
                });
            }
        }
    }
    for head in &view.heads {
        push_head(&mut found, head, series, from, to);
    }
    sort(&mut found);
    found
}

fn push_head<'a>(
    found: &mut Vec<Source<'a>>,
    head: &'a Generation,
    series: SeriesRef,
    from: i64,
    to: i64,
) {
    if let Some((_, first, last)) = head.extent(series)
        && first <= to
        && last >= from
    {
        found.push(Source {
            order: found.len() as u32,
            tally: 0,
            first,
            last,
            place: Place::Head(head, series),
        });
    }
}

/// The chunks of a series in some blocks, by their first time; each block has its own tally.
pub(super) fn of_blocks(blocks: &[Arc<Block>], series: SeriesRef) -> Vec<Source<'_>> {
    let mut found = Vec::new();
    for (tally, block) in blocks.iter().enumerate() {
        for chunk in block.chunks_of(series) {
            let (first, last) = block.chunk_span(chunk);
            found.push(Source {
                order: found.len() as u32,
                tally,
                first,
                last,
                place: Place::Chunk(block, chunk),
            });
        }
    }
    sort(&mut found);
    found
}

fn sort(sources: &mut [Source<'_>]) {
    if !sources.is_sorted_by_key(|source| source.first) {
        sources.sort_by_key(|source| source.first);
    }
}

/// Whether any sample of the series is in the range, as far as can be told without reading.
pub(super) fn any(view: &View, series: SeriesRef, from: i64, to: i64) -> bool {
    let overlaps = |first, last| first <= to && last >= from;
    let in_block = |block: &Block| {
        let spans = block
            .chunks_of(series)
            .iter()
            .map(|chunk| block.chunk_span(chunk));
        overlaps(block.span.0, block.span.1)
            && spans.into_iter().any(|(first, last)| overlaps(first, last))
    };
    let in_head = |head: &Generation| {
        head.extent(series)
            .is_some_and(|(_, first, last)| overlaps(first, last))
    };
    view.heads.iter().any(|head| in_head(head)) || view.blocks.iter().any(|block| in_block(block))
}

/// The leading sources that overlap each other in time: they have to be read together.
pub(super) fn tangled(sources: &[Source<'_>]) -> usize {
    let Some(first) = sources.first() else {
        return 0;
    };
    let mut last = first.last;
    let mut n = 1;
    for source in &sources[1..] {
        if source.first > last {
            break;
        }
        last = last.max(source.last);
        n += 1;
    }
    n
}

/// Reads what of sources, sorted by their first time, is in the range. What cannot be read is a gap, and
/// counted.
pub(super) fn read(
    sources: &[Source<'_>],
    (from, to): (i64, i64),
    unreadable: &[AtomicU64],
    scratch: &mut Scratch,
) {
    scratch.clear();
    let known: u64 = sources.iter().map(Source::samples).sum();
    scratch.times.reserve(known as usize);
    scratch.values.reserve(known as usize);
    let mut parts = Vec::with_capacity(sources.len());
    let mut is_tangled = false;
    for source in sources {
        let start = scratch.times.len();
        let Scratch {
            codec,
            bytes,
            copied,
            times,
            values,
            ..
        } = scratch;
        let newest = times.last().copied();
        match source.place {
            Place::Chunk(block, chunk) => {
                let done = block.read(chunk, codec, bytes, times, values);
                if let Some(tally) = unreadable.get(source.tally).filter(|_| done.is_err()) {
                    tally.fetch_add(1, Relaxed);
                }
            }
            Place::Head(head, series) => {
                if head.copy(series, from, copied) {
                    copied.decode(times, values);
                }
            }
        }
        scratch.cut(start, from, to);
        let first = scratch.times.get(start);
        is_tangled |= first
            .zip(newest)
            .is_some_and(|(first, newest)| *first <= newest);
        parts.push((source.order, start));
    }
    if is_tangled {
        scratch.untangle(&parts);
    }
}

impl Source<'_> {
    /// How many there are, where that is known: of what is in memory it is not.
    fn samples(&self) -> u64 {
        match self.place {
            Place::Chunk(block, chunk) => block.chunk_stats(chunk).count,
            Place::Head(..) => 0,
        }
    }

    /// What is known without reading.
    pub(super) fn stats(&self) -> Option<Stats> {
        match self.place {
            Place::Chunk(block, chunk) => Some(block.chunk_stats(chunk)),
            Place::Head(..) => None,
        }
    }
}

//! Wide windows in blocks that are reduced once: of two windows that overlap, what is in both is not
//! gone through twice.
//!
//! Blocks begin at multiples of their width since 1970, so that what a window yields depends on nothing
//! but the samples in it, to the last bit: a range query answers as an instant one.

use crate::{
    eval::{RangeSeries, Window},
    sum::KahanSum,
};

/// Samples of a window that is worth it.
const WIDE: usize = 128;
/// Blocks of a window.
const BLOCKS: i64 = 64;

/// The blocks of a series.
pub(super) struct Blocks<'s> {
    times: &'s [i64],
    values: &'s [f64],
    width_ms: i64,
    sums: Option<Vec<Block<KahanSum>>>,
    extremes: Option<Vec<Block<f64>>>,
}

/// Some samples in a row.
struct Block<A> {
    /// Which multiple of the width it begins at.
    number: i64,
    /// Its first sample.
    from: usize,
    reduced: A,
}

impl<'s> Blocks<'s> {
    pub(super) fn of(series: &'s RangeSeries<'_>, range_ms: i64) -> Self {
        Blocks {
            times: &series.raw.times,
            values: &series.raw.values,
            width_ms: (range_ms / BLOCKS).max(1),
            sums: None,
            extremes: None,
        }
    }

    /// The sum of a window.
    pub(super) fn sum(&mut self, window: &Window<'_>) -> KahanSum {
        let add_all = |sum: &mut KahanSum, values: &[f64]| {
            values.iter().for_each(|value| sum.add(*value));
        };
        let mut sum = KahanSum::default();
        if window.values.len() < WIDE {
            add_all(&mut sum, window.values);
            return sum;
        }
        let (times, values, width) = (self.times, self.values, self.width_ms);
        let blocks = self.sums.get_or_insert_with(|| {
            cut(times, values, width, |values| {
                let mut sum = KahanSum::default();
                add_all(&mut sum, values);
                sum
            })
        });
        let parts = Parts::of(window, blocks, width);
        add_all(&mut sum, parts.before);
        parts
            .whole
            .iter()
            .for_each(|block| sum.add_sum(block.reduced));
        add_all(&mut sum, parts.behind);
        sum
    }

    /// The least or largest value; `pick` is `f64::min` or `f64::max`, which prefer any number to NaN.
    pub(super) fn extreme(&mut self, window: &Window<'_>, pick: fn(f64, f64) -> f64) -> f64 {
        if window.values.len() < WIDE {
            return extreme(window.values, pick);
        }
        let (times, values, width) = (self.times, self.values, self.width_ms);
        let blocks = self
            .extremes
            .get_or_insert_with(|| cut(times, values, width, |values| extreme(values, pick)));
        let parts = Parts::of(window, blocks, width);
        let ends = pick(extreme(parts.before, pick), extreme(parts.behind, pick));
        let whole = parts.whole.iter().map(|block| block.reduced);
        whole.fold(ends, pick)
    }
}

/// A window, taken apart.
struct Parts<'w, A> {
    before: &'w [f64],
    whole: &'w [Block<A>],
    behind: &'w [f64],
}

impl<'w, A> Parts<'w, A> {
    fn of(window: &Window<'w>, blocks: &'w [Block<A>], width_ms: i64) -> Self {
        // The first block that begins in the window, and the first one that does not end in it.
        let first = window.start_ms.div_euclid(width_ms) + 1;
        let end = (window.end_ms + 1).div_euclid(width_ms);
        let from = blocks.partition_point(|block| block.number < first);
        let to = blocks.partition_point(|block| block.number < end).max(from);
        let count = window.values.len();
        let sample = |block: usize| {
            let at = blocks.get(block).map(|block| block.from);
            at.map_or(count, |at| at.saturating_sub(window.first).min(count))
        };
        Parts {
            before: &window.values[..sample(from)],
            whole: &blocks[from..to],
            behind: &window.values[sample(to)..],
        }
    }
}

fn cut<A>(
    times: &[i64],
    values: &[f64],
    width_ms: i64,
    reduce: impl Fn(&[f64]) -> A,
) -> Vec<Block<A>> {
    let mut blocks = Vec::new();
    let mut from = 0;
    while let Some(time) = times.get(from) {
        let number = time.div_euclid(width_ms);
        let end = number.saturating_add(1).saturating_mul(width_ms);
        let length = times[from..].iter().take_while(|time| **time < end).count();
        let to = from + length.max(1);
        blocks.push(Block {
            number,
            from,
            reduced: reduce(&values[from..to]),
        });
        from = to;
    }
    blocks
}

/// Eight independent lanes, so that the processor need not wait for each comparison.
pub(super) fn extreme(values: &[f64], pick: fn(f64, f64) -> f64) -> f64 {
    let mut lanes = [f64::NAN; 8];
    let chunks = values.chunks_exact(8);
    let rest = chunks.remainder();
    for chunk in chunks {
        for (lane, value) in lanes.iter_mut().zip(chunk) {
            *lane = pick(*lane, *value);
        }
    }
    lanes.iter().chain(rest).copied().fold(f64::NAN, pick)
}

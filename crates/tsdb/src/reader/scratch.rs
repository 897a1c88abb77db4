//! Buffers that a query takes from series to series.

use crate::{codec::Codec, generation::Copied};

/// The columns of the last read, and what reading needs. Reuse it: one per thread.
#[derive(Default)]
pub struct Scratch {
    pub(super) codec: Codec,
    pub(super) bytes: Vec<u8>,
    pub(super) copied: Copied,
    pub(super) tangled: Vec<(i64, u32, f64)>,
    /// Milliseconds since the epoch, strictly ascending.
    pub times: Vec<i64>,
    /// As many values.
    pub values: Vec<f64>,
}

impl Scratch {
    /// The samples of the last read.
    pub fn samples(&self) -> impl ExactSizeIterator<Item = (i64, f64)> + '_ {
        self.times.iter().copied().zip(self.values.iter().copied())
    }

    pub(super) fn clear(&mut self) {
        self.times.clear();
        self.values.clear();
    }

    /// Of what begins at `start`, leaves only samples in the range.
    pub(super) fn cut(&mut self, start: usize, from: i64, to: i64) {
        let part = &self.times[start..];
        let end = start + part.partition_point(|t| *t <= to);
        let begin = start + part.partition_point(|t| *t < from);
        self.times.truncate(end);
        self.values.truncate(end);
        self.times.drain(start..begin.min(end));
        self.values.drain(start..begin.min(end));
    }

    /// Sorts parts that overlap, each given by where it begins; of two samples at one time the one
    /// that was stored first stays. Parts are in the order of storing.
    pub(super) fn untangle(&mut self, parts: &[(u32, usize)]) {
        let ends = parts
            .iter()
            .skip(1)
            .map(|part| part.1)
            .chain([self.times.len()]);
        self.tangled.clear();
        for ((order, start), end) in parts.iter().zip(ends) {
            let samples = self.times[*start..end]
                .iter()
                .zip(&self.values[*start..end]);
            self.tangled.extend(samples.map(|(t, v)| (*t, *order, *v)));
        }
        self.tangled
            .sort_unstable_by_key(|(t, order, _)| (*t, *order));
        self.tangled.dedup_by_key(|(t, _, _)| *t);
        self.clear();
        self.times.extend(self.tangled.iter().map(|(t, _, _)| *t));
        self.values.extend(self.tangled.iter().map(|(_, _, v)| *v));
    }
}

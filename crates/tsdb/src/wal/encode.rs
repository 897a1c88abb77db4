//! Batches as records.

use std::collections::HashMap;

use exposition::Labels;
use foldhash::fast::RandomState;

use super::{RESTART, SAMPLES, SERIES, begin, finish, restart_record};
use crate::{
    bytes::{put_str, put_var, put_zig},
    index::Index,
    series::SeriesRef,
};

/// Samples between two RESTARTs lie in so many milliseconds: ten minutes.
const RESTART_EVERY_MS: u64 = 600_000;

/// What the reader of a segment knows at its end.
pub(crate) struct Encoder {
    /// By slot: the local id plus one, or 0 where it is not defined yet.
    local: Vec<u32>,
    /// By local id: of a slot that was given to another series since, it is the one before.
    series: Vec<SeriesRef>,
    /// By local id.
    previous: Vec<u64>,
    /// When the last RESTART was written; `None`: one is due.
    restarted: Option<i64>,
}

impl Encoder {
    /// The first record will be a RESTART.
    pub(crate) fn new() -> Self {
        Encoder {
            local: Vec::new(),
            series: Vec::new(),
            previous: Vec::new(),
            restarted: None,
        }
    }

    /// Goes on where records end that have defined these series by local id, told these values of them
    /// last, and began with a RESTART at that time.
    pub(super) fn behind(series: Vec<SeriesRef>, previous: Vec<u64>, restarted: i64) -> Self {
        let slots = series.iter().map(|series| series.slot() + 1).max();
        let mut local = vec![0; slots.unwrap_or(0)];
        for (id, series) in (1..).zip(&series) {
            local[series.slot()] = id;
        }
        Encoder {
            local,
            series,
            previous,
            restarted: Some(restarted),
        }
    }

    /// Appends a batch. `labels` of a series that is unknown are left empty.
    pub(crate) fn encode<'a>(
        &mut self,
        t: i64,
        samples: impl ExactSizeIterator<Item = (SeriesRef, f64)> + Clone,
        index: impl FnOnce() -> Guard<'a>,
        out: &mut Vec<u8>,
    ) {
        if self
            .restarted
            .is_none_or(|at| at.abs_diff(t) >= RESTART_EVERY_MS)
        {
            debug_assert_eq!(RESTART, 0);
            out.extend_from_slice(&restart_record());
            self.local.clear();
            self.series.clear();
            self.previous.clear();
            self.restarted = Some(t);
        }
        if samples.clone().any(|(series, _)| !self.knows(series)) {
            self.define(samples.clone().map(|(series, _)| series), &index(), out);
        }
        let at = begin(out, SAMPLES);
        put_zig(out, t);
        put_var(out, samples.len() as u64);
        let mut expected = 0;
        for (series, value) in samples {
            let id = self.local[series.slot()] - 1;
            let bits = value.to_bits();
            let x = std::mem::replace(&mut self.previous[id as usize], bits) ^ bits;
            let trail = if x == 0 { 0 } else { x.trailing_zeros() / 8 };
            let bytes = 8 - x.leading_zeros() / 8 - trail;
            let head = (trail << 4 | bytes) as u8;
            if id == expected {
                out.push(head);
            } else {
                out.push(head | 0x80);
                put_zig(out, i64::from(id) - i64::from(expected));
            }
            out.extend_from_slice(&(x >> (trail * 8)).to_le_bytes()[..bytes as usize]);
            expected = id + 1;
        }
        finish(out, at);
    }

    fn knows(&self, series: SeriesRef) -> bool {
        let id = self.local.get(series.slot()).filter(|id| **id != 0);
        id.is_some_and(|id| self.series[*id as usize - 1] == series)
    }

    /// The series that have no local id yet, their labels as a table of pairs and places in it.
    fn define(&mut self, all: impl Iterator<Item = SeriesRef>, index: &Index, out: &mut Vec<u8>) {
        let none = Labels::none();
        // Tens of thousands of lookups while a batch waits to be durable.
        let mut numbers: HashMap<(&str, &str), u64, RandomState> = HashMap::default();
        let (mut pairs, mut sets, mut count) = (Vec::new(), Vec::new(), 0);
        for series in all {
            let slot = series.slot();
            if self.knows(series) {
                continue;
            }
            if slot >= self.local.len() {
                self.local.resize(slot + 1, 0);
            }
            self.series.push(series);
            self.previous.push(0);
            self.local[slot] = self.previous.len() as u32;
            count += 1;
            let labels = index.labels(series).unwrap_or(&none);
            put_var(&mut sets, labels.len() as u64);
            for pair in labels.iter() {
                let next = numbers.len() as u64;
                let number = *numbers.entry(pair).or_insert_with(|| {
                    put_str(&mut pairs, pair.0);
                    put_str(&mut pairs, pair.1);
                    next
                });
                put_var(&mut sets, number);
            }
        }
        let at = begin(out, SERIES);
        put_var(out, numbers.len() as u64);
        out.append(&mut pairs);
        put_var(out, count);
        out.append(&mut sets);
        finish(out, at);
    }
}

type Guard<'a> = parking_lot::RwLockReadGuard<'a, Index>;

//! The samples of one window in memory. The head appends to one generation; at the end of the window
//! it starts another, and the old one, now immutable, is read by queries and by whoever seals it
//! until its block is published.
//!
//! The lock inside is held for work in memory only: one batch, or a copy of one series (2 kB).

mod arena;
mod column;
#[cfg(test)]
mod tests;

use std::collections::HashMap;

use parking_lot::RwLock;

use crate::series::SeriesRef;
use arena::Arena;
pub(crate) use column::Bits;
use column::Column;

pub(crate) struct Generation {
    /// Its number, and that of its WAL segments and of its block.
    pub(crate) seq: u64,
    rows: RwLock<Rows>,
}

#[derive(Default)]
struct Rows {
    arena: Arena,
    /// By slot: the place in `columns` plus one, or 0. Only those that have samples take a column.
    places: Vec<u32>,
    columns: Vec<Column>,
    refs: Vec<SeriesRef>,
    /// By place: what came behind its turn, ascending, no time twice nor in the column.
    late: HashMap<u32, Vec<(i64, u64)>>,
    late_samples: usize,
    samples: u64,
    span: Option<(i64, i64)>,
}

/// What became of a sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Taken,
    /// The same value is there at that time.
    Duplicate,
    /// Another value is there at that time; it stays.
    Conflict,
}

/// A series as it was copied out.
#[derive(Default)]
pub(crate) struct Copied {
    bits: Bits,
    late: Vec<(i64, u64)>,
}

impl Generation {
    pub(crate) fn new(seq: u64) -> Self {
        let rows = RwLock::default();
        Generation { seq, rows }
    }

    /// One batch, all of it visible at once. Tells of each sample what became of it.
    pub(crate) fn append(
        &self,
        t: i64,
        samples: &[(SeriesRef, f64)],
        mut tell: impl FnMut(SeriesRef, f64, Verdict),
    ) {
        let mut rows = self.rows.write();
        for &(series, value) in samples {
            let verdict = rows.push(series, t, value.to_bits());
            tell(series, value, verdict);
        }
    }

    /// How many of the series have a sample at `t` or later.
    pub(crate) fn behind(&self, t: i64, samples: &[(SeriesRef, f64)]) -> usize {
        let rows = self.rows.read();
        let is_behind = |series| rows.column(series).is_some_and(|(_, column)| column.t >= t);
        samples
            .iter()
            .filter(|(series, _)| is_behind(*series))
            .count()
    }

    pub(crate) fn samples(&self) -> u64 {
        self.rows.read().samples
    }

    /// Roughly what it takes in memory.
    pub(crate) fn bytes(&self) -> usize {
        let rows = self.rows.read();
        let columns = rows.columns.capacity() * (size_of::<Column>() + size_of::<SeriesRef>());
        let late = (rows.late_samples + 4 * rows.late.len()) * size_of::<(i64, u64)>();
        rows.arena.bytes() + columns + late + rows.places.capacity() * 4
    }

    /// First and last time of all samples.
    pub(crate) fn span(&self) -> Option<(i64, i64)> {
        self.rows.read().span
    }

    pub(crate) fn series(&self) -> Vec<SeriesRef> {
        self.rows.read().refs.clone()
    }

    /// Samples, first and last time of one series.
    pub(crate) fn extent(&self, series: SeriesRef) -> Option<(u64, i64, i64)> {
        let rows = self.rows.read();
        let (place, column) = rows.column(series)?;
        let (mut n, mut first, last) = (u64::from(column.n), column.first_t, column.t);
        if let Some(late) = rows.late.get(&place) {
            n += late.len() as u64;
            first = late.first().map_or(first, |(t, _)| first.min(*t));
        }
        Some((n, first, last))
    }

    /// Copies what one series has from `from` on, and perhaps some samples before, to be decoded
    /// without the lock. False if it has no samples here.
    pub(crate) fn copy(&self, series: SeriesRef, from: i64, to: &mut Copied) -> bool {
        let rows = self.rows.read();
        let Some((place, column)) = rows.column(series) else {
            return false;
        };
        column.copy(from, &rows.arena, &mut to.bits);
        to.late.clear();
        if let Some(late) = rows.late.get(&place) {
            to.late.extend_from_slice(late);
        }
        true
    }
}

impl Rows {
    fn column(&self, series: SeriesRef) -> Option<(u32, &Column)> {
        let place = self.places.get(series.slot())?.checked_sub(1)?;
        let known = self.refs[place as usize] == series;
        known.then(|| (place, &self.columns[place as usize]))
    }

    fn push(&mut self, series: SeriesRef, t: i64, v: u64) -> Verdict {
        let slot = series.slot();
        if slot >= self.places.len() {
            self.places.resize(slot + 1, 0);
        }
        if self.places[slot] == 0 {
            self.columns.push(Column::new());
            self.refs.push(series);
            self.places[slot] = self.columns.len() as u32;
        }
        let place = self.places[slot] - 1;
        let column = &mut self.columns[place as usize];
        if column.n == 0 || t > column.t {
            column.push(t, v, &mut self.arena);
        } else if t == column.t {
            return twice(column.v, v);
        } else if let Err(verdict) = self.insert(place, t, v) {
            return verdict;
        }
        self.samples += 1;
        let (first, last) = self.span.unwrap_or((t, t));
        self.span = Some((first.min(t), last.max(t)));
        Verdict::Taken
    }

    /// A sample behind its turn: rare, so it may cost the decoding of its column.
    fn insert(&mut self, place: u32, t: i64, v: u64) -> Result<(), Verdict> {
        let column = &self.columns[place as usize];
        if t >= column.first_t {
            let (mut bits, mut times, mut values) = (Bits::default(), Vec::new(), Vec::new());
            column.copy(i64::MIN, &self.arena, &mut bits);
            bits.decode(&mut times, &mut values);
            if let Ok(at) = times.binary_search(&t) {
                return Err(twice(values[at].to_bits(), v));
            }
        }
        let late = self.late.entry(place).or_default();
        match late.binary_search_by_key(&t, |(time, _)| *time) {
            Ok(at) => Err(twice(late[at].1, v)),
            Err(at) => {
                late.insert(at, (t, v));
                self.late_samples += 1;
                Ok(())
            }
        }
    }
}

fn twice(there: u64, now: u64) -> Verdict {
    if there == now {
        Verdict::Duplicate
    } else {
        Verdict::Conflict
    }
}

impl Copied {
    /// Appends all samples, by ascending time.
    pub(crate) fn decode(&self, times: &mut Vec<i64>, values: &mut Vec<f64>) {
        let from = times.len();
        self.bits.decode(times, values);
        for &(t, v) in &self.late {
            let at = from + times[from..].partition_point(|time| *time < t);
            times.insert(at, t);
            values.insert(at, f64::from_bits(v));
        }
    }
}

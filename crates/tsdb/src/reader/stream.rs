//! A series piece by piece.

use std::sync::atomic::AtomicU64;

use super::{
    Scratch, Stats,
    source::{self, Source},
};
use crate::{series::SeriesRef, view::View};

/// Pieces of a series, by ascending time. A piece is a chunk, or those few that overlap each other.
pub struct Chunks<'a> {
    sources: Vec<Source<'a>>,
    next: usize,
    unreadable: &'a [AtomicU64],
    from: i64,
    to: i64,
}

impl<'a> Chunks<'a> {
    pub(super) fn new(
        view: &'a View,
        unreadable: &'a [AtomicU64],
        series: SeriesRef,
        from: i64,
        to: i64,
    ) -> Self {
        Chunks {
            sources: source::all(view, series, from, to),
            next: 0,
            unreadable,
            from,
            to,
        }
    }

    /// Reads the next piece into the columns of `scratch`; false at the end. A piece may be empty.
    pub fn next(&mut self, scratch: &mut Scratch) -> bool {
        let rest = &self.sources[self.next..];
        let n = source::tangled(rest);
        source::read(&rest[..n], (self.from, self.to), self.unreadable, scratch);
        self.next += n;
        n > 0
    }

    /// First and last time of the next piece, and what is known of its samples without reading them;
    /// `None` where that is nothing, or part of it is beyond the range.
    pub fn known(&self) -> Option<(i64, i64, Stats)> {
        let rest = &self.sources[self.next..];
        let only = rest.first().filter(|_| source::tangled(rest) == 1)?;
        let is_inside = self.from <= only.first && only.last <= self.to;
        let stats = only.stats().filter(|_| is_inside)?;
        Some((only.first, only.last, stats))
    }

    /// Goes on behind the next piece.
    pub fn skip(&mut self) {
        self.next += source::tangled(&self.sources[self.next..]);
    }
}

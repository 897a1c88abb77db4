//! A series piece by piece.

use std::sync::atomic::AtomicU64;

use super::{
    Scratch,
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
        source::read(&rest[..n], self.unreadable, scratch);
        scratch.cut(self.from, self.to);
        self.next += n;
        n > 0
    }
}

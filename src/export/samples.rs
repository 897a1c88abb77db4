//! The samples of one series, piece by piece; as they are, or the last one of each step.

use promql::STALE_BITS;
use tsdb::{Chunks, Reader, Scratch, SeriesRef};

/// Moments at a distance, milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Grid {
    pub(super) start: i64,
    pub(super) step: i64,
}

impl Grid {
    /// The first moment of the grid at or after a time.
    pub(super) fn at_or_after(self, time: i64) -> i64 {
        time + (self.start - time).rem_euclid(self.step)
    }

    /// The first time of the step that ends at this moment: what is measured in a step is told at its end.
    pub(super) fn since(self, end: i64) -> i64 {
        end - self.step + 1
    }

    pub(super) fn at_or_before(self, time: i64) -> i64 {
        time - (time - self.start).rem_euclid(self.step)
    }
}

/// A series from one time to another. With a grid there is at each of its moments the last number of
/// the step that ends there, as PromQL's `last_over_time(series[step])` has it.
pub(super) struct Samples<'r> {
    chunks: Chunks<'r>,
    grid: Option<Grid>,
    to: i64,
    /// Whether markers of an end are told, too.
    markers: bool,
    held: Option<(i64, f64)>,
}

/// A piece: as many times, milliseconds since the epoch and ascending, as values.
#[derive(Default)]
pub(super) struct Piece {
    pub(super) times: Vec<i64>,
    pub(super) values: Vec<f64>,
    scratch: Scratch,
}

impl Piece {
    /// Forgets its samples, and keeps its room.
    pub(super) fn clear(&mut self) {
        self.times.clear();
        self.values.clear();
    }

    fn push(&mut self, (time, value): (i64, f64)) {
        self.times.push(time);
        self.values.push(value);
    }
}

impl<'r> Samples<'r> {
    pub(super) fn new(
        reader: &'r Reader,
        series: SeriesRef,
        (from, to): (i64, i64),
        grid: Option<Grid>,
    ) -> Self {
        let first = grid.map_or(from, |grid| grid.since(from));
        Samples {
            chunks: reader.stream(series, first, to),
            grid,
            to,
            markers: false,
            held: None,
        }
    }

    pub(super) fn with_markers(mut self) -> Self {
        self.markers = self.grid.is_none();
        self
    }

    /// Appends the next piece; false at the end.
    pub(super) fn append(&mut self, piece: &mut Piece) -> bool {
        let before = piece.times.len();
        let mut scratch = std::mem::take(&mut piece.scratch);
        let mut more = true;
        while more && piece.times.len() == before {
            more = self.chunks.next(&mut scratch);
            if more {
                for (time, value) in scratch.samples() {
                    self.take(time, value, piece);
                }
            } else if let Some(last) = self.held.take() {
                piece.push(last);
            }
        }
        piece.scratch = scratch;
        piece.times.len() > before
    }

    fn take(&mut self, time: i64, value: f64, piece: &mut Piece) {
        if value.to_bits() == STALE_BITS && !self.markers {
            return;
        }
        let Some(grid) = self.grid else {
            return piece.push((time, value));
        };
        let end = grid.at_or_after(time);
        if end > self.to {
            return;
        }
        match &mut self.held {
            Some((held, last)) if *held == end => *last = value,
            held => {
                if let Some(last) = held.replace((end, value)) {
                    piece.push(last);
                }
            }
        }
    }
}

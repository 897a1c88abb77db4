//! What became of the lines.

/// Bad lines that are named.
const NAMED: usize = 10;

/// Counts of an import.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    /// Lines there were.
    pub(crate) lines: u64,
    /// Samples taken in.
    pub(crate) samples: u64,
    /// Lines that were dropped.
    pub(crate) dropped: u64,
    /// The first of them: number, counted from 1, and what is wrong.
    pub(crate) first: Vec<(u64, String)>,
    /// Times of the samples, milliseconds since the epoch.
    pub(crate) span: Option<(i64, i64)>,
    /// The end of the page was there.
    pub(crate) ends: bool,
    /// There should have been one.
    pub(crate) is_cut: bool,
}

impl Tally {
    /// The line that was begun last is bad.
    pub(super) fn bad_line(&mut self, why: String) {
        self.dropped += 1;
        if self.first.len() < NAMED {
            self.first.push((self.lines, why));
        }
    }

    pub(super) fn sample(&mut self, time: i64) {
        self.samples += 1;
        let (first, last) = self.span.unwrap_or((time, time));
        self.span = Some((first.min(time), last.max(time)));
    }
}

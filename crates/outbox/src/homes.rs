//! Which segment each live record is in, and which segments may go.

use std::collections::{BTreeMap, BTreeSet};

/// What is on disk, as far as it matters.
#[derive(Debug, Default)]
pub(crate) struct Homes {
    /// Where each live record is that is on disk.
    of: BTreeMap<u64, u64>,
    segments: BTreeMap<u64, Segment>,
    /// Live records that were never written.
    unwritten: BTreeSet<u64>,
    /// Live records that are to be written once more, so that their segment can go.
    moving: BTreeSet<u64>,
    /// The newest segment that is known to have the cursors on disk: it must not go.
    anchor: Option<u64>,
}

#[derive(Debug, Default, Clone, Copy)]
struct Segment {
    live: usize,
    bytes: u64,
    damaged: bool,
}

/// A segment with nothing live in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Dead {
    pub(crate) segment: u64,
    /// It is set aside, not removed.
    pub(crate) damaged: bool,
}

impl Homes {
    /// A segment that was found.
    pub(crate) fn found(&mut self, segment: u64, bytes: u64, damaged: bool, has_cursors: bool) {
        let entry = self.segments.entry(segment).or_default();
        entry.bytes = bytes;
        entry.damaged = damaged;
        if has_cursors {
            self.anchor = Some(segment).max(self.anchor);
        }
    }

    /// A live record that was found there; one that is found again has moved there.
    pub(crate) fn settle(&mut self, seq: u64, segment: u64) {
        self.leave(seq);
        self.of.insert(seq, segment);
        self.segments.entry(segment).or_default().live += 1;
    }

    pub(crate) fn append(&mut self, seq: u64) {
        self.unwritten.insert(seq);
    }

    /// It is live no more.
    pub(crate) fn forget(&mut self, seq: u64) {
        self.leave(seq);
        self.unwritten.remove(&seq);
        self.moving.remove(&seq);
    }

    fn leave(&mut self, seq: u64) {
        let Some(home) = self.of.remove(&seq) else {
            return;
        };
        if let Some(segment) = self.segments.get_mut(&home) {
            segment.live = segment.live.saturating_sub(1);
        }
    }

    /// So many bytes more are on disk in that segment, and its cursors are.
    pub(crate) fn grown(&mut self, segment: u64, bytes: u64) {
        self.segments.entry(segment).or_default().bytes += bytes;
        self.anchor = Some(segment).max(self.anchor);
    }

    /// A live record is on disk in that segment.
    pub(crate) fn written(&mut self, seq: u64, segment: u64) {
        self.unwritten.remove(&seq);
        self.moving.remove(&seq);
        self.settle(seq, segment);
    }

    /// It is on disk no more.
    pub(crate) fn removed(&mut self, segment: u64) {
        self.segments.remove(&segment);
    }

    /// What is in damaged segments is to be written once more.
    pub(crate) fn move_out_of_damaged(&mut self) {
        let damaged = |segment: &u64| self.segments.get(segment).is_some_and(|s| s.damaged);
        let of = self.of.iter();
        let moving = of
            .filter(|(_, segment)| damaged(segment))
            .map(|(&seq, _)| seq);
        self.moving.extend(moving.collect::<Vec<_>>());
    }

    /// Where there is more on disk than this, the oldest segment but the one in use is emptied.
    pub(crate) fn move_out_of_oldest(&mut self, most: u64, in_use: Option<u64>) {
        if self.disk_bytes() <= most || !self.moving.is_empty() {
            return;
        }
        let mut candidates = self.segments.keys().filter(|&&s| Some(s) != in_use);
        let Some(&oldest) = candidates.next() else {
            return;
        };
        let of = self.of.iter().filter(|&(_, &segment)| segment == oldest);
        self.moving = of.map(|(&seq, _)| seq).collect();
    }

    /// Segments that may go.
    pub(crate) fn dead(&self, in_use: Option<u64>) -> Vec<Dead> {
        let Some(anchor) = self.anchor else {
            return Vec::new();
        };
        let segments = self.segments.iter();
        let dead = segments.filter(|&(&number, segment)| {
            segment.live == 0 && number != anchor && Some(number) != in_use
        });
        dead.map(|(&segment, &Segment { damaged, .. })| Dead { segment, damaged })
            .collect()
    }

    /// Whether the cursors are all that keeps a segment: it could go if they were on disk elsewhere.
    pub(crate) fn is_kept_for_cursors(&self, in_use: Option<u64>) -> bool {
        let anchor = self.anchor.filter(|anchor| Some(*anchor) != in_use);
        let anchor = anchor.and_then(|anchor| self.segments.get(&anchor));
        anchor.is_some_and(|segment| segment.live == 0)
    }

    /// What is to be written next, those that were never written first.
    pub(crate) fn to_write(&self) -> impl Iterator<Item = u64> {
        self.unwritten.iter().chain(&self.moving).copied()
    }

    /// The first record that is not on disk and should be.
    pub(crate) fn first_unwritten(&self) -> Option<u64> {
        self.unwritten.first().copied()
    }

    pub(crate) fn unwritten(&self) -> usize {
        self.unwritten.len()
    }

    pub(crate) fn segments(&self) -> usize {
        self.segments.len()
    }

    pub(crate) fn disk_bytes(&self) -> u64 {
        self.segments.values().map(|segment| segment.bytes).sum()
    }
}

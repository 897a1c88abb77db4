//! What a series is called within this process.

/// A series of this store, until retention forgets it: then the reference is refused, and asking for
/// the labels again gives another one. Files carry labels, never references.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SeriesRef {
    slot: u32,
    /// Slots are used again; this tells whose reference it is.
    epoch: u32,
}

impl SeriesRef {
    pub(crate) const fn new(slot: u32, epoch: u32) -> Self {
        SeriesRef { slot, epoch }
    }

    pub(crate) fn slot(self) -> usize {
        self.slot as usize
    }

    pub(crate) fn epoch(self) -> u32 {
        self.epoch
    }
}

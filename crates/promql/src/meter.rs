//! Counts what a running query uses.

use std::cell::Cell;

use crate::{
    error::{Error, Result},
    limits::Limits,
    watch::Watch,
};

pub(crate) struct Meter {
    watch: Watch,
    left: Cell<u64>,
    read: Cell<u64>,
    series: Cell<u64>,
}

impl Meter {
    pub(crate) fn start(limits: &Limits, watch: Watch) -> Self {
        Meter {
            watch,
            left: Cell::new(limits.samples),
            read: Cell::new(0),
            series: Cell::new(0),
        }
    }

    /// Charges samples; called once per series and node, never per sample.
    pub(crate) fn charge(&self, samples: usize) -> Result<()> {
        let left = self.left.get().checked_sub(samples as u64);
        self.left.set(left.ok_or(Error::TooManySamples)?);
        self.watch.check()
    }

    /// Counts a series that was read.
    pub(crate) fn count_read(&self, samples: usize) {
        self.read.set(self.read.get() + samples as u64);
        self.series.set(self.series.get() + 1);
    }

    pub(crate) fn samples_read(&self) -> u64 {
        self.read.get()
    }

    pub(crate) fn series_read(&self) -> u64 {
        self.series.get()
    }

    pub(crate) fn watch(&self) -> &Watch {
        &self.watch
    }
}

//! Counts what a running query holds in memory, and stops it in time.

use std::{cell::Cell, rc::Rc};

use crate::{
    error::{Error, Result},
    limits::Limits,
    watch::Watch,
};

pub(crate) struct Meter {
    watch: Watch,
    limit: u64,
    held: Cell<u64>,
    peak: Cell<u64>,
    read: Cell<u64>,
    series: Cell<u64>,
}

/// Samples that are counted as long as this lives.
pub(crate) struct Hold {
    meter: Rc<Meter>,
    samples: u64,
}

impl Meter {
    pub(crate) fn start(limits: &Limits, watch: Watch) -> Rc<Self> {
        Rc::new(Meter {
            watch,
            limit: limits.samples,
            held: Cell::new(0),
            peak: Cell::new(0),
            read: Cell::new(0),
            series: Cell::new(0),
        })
    }

    /// To be called before memory is taken for so many samples. Looks at the watch, too.
    pub(crate) fn hold(self: &Rc<Self>, samples: usize) -> Result<Hold> {
        self.watch.check()?;
        let samples = samples as u64;
        let held = self.held.get().saturating_add(samples);
        if held > self.limit {
            return Err(Error::TooManySamples);
        }
        self.held.set(held);
        self.peak.set(self.peak.get().max(held));
        Ok(Hold {
            meter: Rc::clone(self),
            samples,
        })
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

    pub(crate) fn peak(&self) -> u64 {
        self.peak.get()
    }

    pub(crate) fn watch(&self) -> &Watch {
        &self.watch
    }
}

impl Hold {
    /// Holds what another one does, too.
    pub(crate) fn add(&mut self, mut other: Hold) {
        self.samples += std::mem::take(&mut other.samples);
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        let held = self.meter.held.get();
        self.meter.held.set(held.saturating_sub(self.samples));
    }
}

/// Looks at the watch once in a while: for long work on little memory.
pub(crate) struct Pace<'m> {
    watch: &'m Watch,
    left: usize,
}

impl<'m> Pace<'m> {
    /// Units of work, of some nanoseconds each, between two looks.
    const WORK: usize = 1 << 17;

    pub(crate) fn of(meter: &'m Meter) -> Self {
        Pace {
            watch: &meter.watch,
            left: Self::WORK,
        }
    }

    /// To be called before so much work is done.
    #[inline(always)]
    pub(crate) fn work(&mut self, units: usize) -> Result<()> {
        match self.left.checked_sub(units) {
            Some(left) => {
                self.left = left;
                Ok(())
            }
            None => {
                self.left = Self::WORK;
                self.watch.check()
            }
        }
    }
}

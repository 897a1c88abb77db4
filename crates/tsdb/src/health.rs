//! What an operator should hear of.

use std::{fmt, sync::atomic::Ordering::Relaxed};

use crate::{core::Core, waiting::Durable};

/// A part of history that could not be read, or was made good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Damage {
    /// The file's name within the directory.
    pub file: String,
    /// What was found.
    pub what: What,
}

/// What was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// A segment of the log ends in the middle of a record: the process was killed, or power failed,
    /// while it was written. Nothing that was told durable is in these bytes, unless they are damaged.
    TornTail {
        /// Set aside.
        bytes: u64,
    },
    /// Bytes in the middle of a segment cannot be read: at most ten minutes of samples, and more
    /// only where more is damaged.
    Gap {
        /// Set aside.
        bytes: u64,
    },
    /// A block cannot be read at all; it is set aside.
    Block {
        /// All of it.
        bytes: u64,
        /// Why.
        why: String,
    },
    /// A block was there and is not.
    MissingBlock {
        /// First and last time of the samples in it, milliseconds since the epoch.
        from_ms: i64,
        /// See `from_ms`.
        to_ms: i64,
    },
    /// Parts of a block cannot be read; the file is set aside, all other parts were taken over into a
    /// new one.
    Chunks {
        /// How many.
        chunks: u64,
    },
    /// A block is damaged where it says everything twice: nothing is lost.
    Mended,
    /// The log has more than fits into memory: the oldest generation in it stays there until the next
    /// start, when the newer ones have become blocks.
    Postponed {
        /// How many of its samples.
        samples: u64,
    },
    /// Something could not be removed, renamed or read while the directory was opened.
    Trouble {
        /// What the file system says.
        why: String,
    },
}

impl What {
    /// Whether samples may be lost that were told durable.
    pub fn loses(&self) -> bool {
        !matches!(
            self,
            What::TornTail { .. } | What::Mended | What::Postponed { .. } | What::Trouble { .. }
        )
    }

    /// Whether something is wrong with the disk or what is on it, rather than the end of a process.
    pub fn is_damage(&self) -> bool {
        !matches!(self, What::TornTail { .. } | What::Postponed { .. })
    }
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let file = &self.file;
        match &self.what {
            What::TornTail { bytes } => write!(f, "{file}: a torn tail of {bytes} bytes was cut"),
            What::Gap { bytes } => write!(f, "{file}: {bytes} damaged bytes were set aside"),
            What::Block { bytes, why } => {
                write!(
                    f,
                    "{file}: {why} is damaged; all {bytes} bytes were set aside"
                )
            }
            What::MissingBlock { from_ms, to_ms } => {
                write!(
                    f,
                    "{file} is missing: no samples from {from_ms} to {to_ms} ms"
                )
            }
            What::Chunks { chunks } => write!(f, "{file}: {chunks} series are damaged in it"),
            What::Mended => write!(f, "{file}: damaged, nothing lost"),
            What::Postponed { samples } => {
                write!(
                    f,
                    "{file}: {samples} samples stay in the log until the next start"
                )
            }
            What::Trouble { why } => write!(f, "{file}: {why}"),
        }
    }
}

/// Counters since the start, and a few gauges.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Series known, of which some may have samples in old blocks only.
    pub series: usize,
    /// Series that count towards the limits.
    pub active_series: usize,
    /// Published blocks.
    pub blocks: usize,
    /// Bytes in published blocks.
    pub block_bytes: u64,
    /// Samples in published blocks.
    pub block_samples: u64,
    /// Generations in memory: 1 when all sealing is done.
    pub generations: usize,
    /// Bytes they take, and those that linger beside their blocks.
    pub generation_bytes: usize,
    /// Samples in them.
    pub generation_samples: u64,
    /// Bytes that wait for the log.
    pub waiting_bytes: usize,
    /// Accepted samples.
    pub taken: u64,
    /// Dropped: the same value was there at that time.
    pub duplicates: u64,
    /// Dropped: another value was there at that time.
    pub conflicts: u64,
    /// Dropped: too far behind the newest sample, or at an impossible time.
    pub too_old: u64,
    /// Dropped: their series was refused.
    pub refused: u64,
    /// Dropped: their reference had been forgotten.
    pub forgotten: u64,
    /// A gauge: accepted samples that only memory holds, because the disk was away for longer than
    /// the log may wait. Their block saves them yet, if the process lives until then.
    pub unlogged: u64,
    /// Samples that were unlogged and that their block saved.
    pub saved: u64,
    /// Dropped from memory before their block could be written. What the log holds of them comes
    /// back at the next start.
    pub not_stored: u64,
    /// Reads of chunks that failed.
    pub unreadable: u64,
    /// [Damages](What::is_damage) found, at the start and since.
    pub damages: u64,
}

/// How the store is.
#[derive(Clone, Debug, Default)]
pub struct Health {
    /// Counters and gauges.
    pub counts: Counts,
    /// How far the disk is.
    pub durable: Durable,
    /// The newest hundred.
    pub damages: Vec<Damage>,
}

pub(crate) fn of(core: &Core) -> Health {
    let active_series = core.pen.lock().admission.active();
    let view = core.view();
    let series = core.index.read().len();
    let (waiting_bytes, unlogged, durable) = {
        let waiting = core.waiting.lock();
        (waiting.bytes(), waiting.unlogged(), waiting.durable())
    };
    let (damages, total) = {
        let damages = core.damages.lock();
        (damages.newest.iter().cloned().collect(), damages.total)
    };
    let in_memory = view.heads.iter().chain(&view.lingering);
    let tallies = &core.tallies;
    let counts = Counts {
        series,
        active_series,
        blocks: view.blocks.len(),
        block_bytes: view.blocks.iter().map(|block| block.bytes).sum(),
        block_samples: view.blocks.iter().map(|block| block.samples).sum(),
        generations: view.heads.len(),
        generation_bytes: in_memory.map(|head| head.bytes()).sum(),
        generation_samples: view.heads.iter().map(|head| head.samples()).sum(),
        waiting_bytes,
        taken: tallies.taken.load(Relaxed),
        duplicates: tallies.duplicates.load(Relaxed),
        conflicts: tallies.conflicts.load(Relaxed),
        too_old: tallies.too_old.load(Relaxed),
        refused: tallies.refused.load(Relaxed),
        forgotten: tallies.forgotten.load(Relaxed),
        unlogged,
        saved: tallies.saved.load(Relaxed),
        not_stored: tallies.not_stored.load(Relaxed),
        unreadable: tallies.unreadable.load(Relaxed),
        damages: total,
    };
    Health {
        counts,
        durable,
        damages,
    }
}

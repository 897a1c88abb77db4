//! What anyone may read of a child at any time, also while it hangs; and the permits of its lanes.

use std::{
    sync::{
        OnceLock,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering::*},
    },
    time::Duration,
};

use tokio::sync::Semaphore;

use crate::lane::{Capacity, Lane};

/// Alone on its cache lines: senders read it for every message while the pump writes next to it.
#[repr(align(128))]
#[derive(Default)]
pub(crate) struct Apart<T>(pub(crate) T);

/// A child's counters. They outlive its incarnations.
#[derive(Default)]
pub struct Vitals {
    /// Microseconds on [`clock_us`] when the poll in progress began, or the first message of it; 0 between
    /// polls.
    pub(crate) busy_since: AtomicU64,
    /// Messages that have begun.
    pub(crate) begun: AtomicU64,
    /// How many had when that poll began.
    begun_before: AtomicU64,
    /// Who may act: an incarnation that has been launched, or, while vacant, one that is to be.
    pub(crate) generation: AtomicU64,
    pub(crate) launched: AtomicU64,
    pub(crate) settled: AtomicU64,
    pub(crate) restarts: AtomicU64,
    pub(crate) refused: Apart<AtomicU64>,
}

impl Vitals {
    /// Which incarnation this is, from 1; 0 before the first.
    pub fn generation(&self) -> u64 {
        self.launched.load(Acquire)
    }
    /// Messages handled to their end.
    pub fn handled(&self) -> u64 {
        self.settled.load(Relaxed)
    }
    /// Restarts since the child was made, whoever oversaw it.
    pub fn restarts(&self) -> u64 {
        self.restarts.load(Relaxed)
    }
    /// Messages that were not taken.
    pub fn refused(&self) -> u64 {
        self.refused.0.load(Relaxed)
    }
    /// A poll begins, or a start.
    pub(crate) fn begin(&self) {
        // Whoever sees it sees the end of the poll before, too.
        self.begun_before.store(self.begun.load(Relaxed), Release);
        self.busy_since.store(clock_us(), Release);
    }
    /// A message begins.
    pub(crate) fn begin_message(&self) {
        let begun = self.begun.fetch_add(1, Relaxed);
        if begun == self.begun_before.load(Relaxed) {
            self.busy_since.store(clock_us(), Release);
        }
    }
    /// Whether the poll in progress serves its first message, or none. To be asked before for how long.
    pub(crate) fn is_first(&self) -> bool {
        self.begun.load(Relaxed) <= self.begun_before.load(Acquire) + 1
    }
    /// How long the poll in progress has been going on, since its first message if it has any, in real
    /// time; `None` between polls.
    pub fn busy(&self) -> Option<Duration> {
        match self.busy_since.load(Acquire) {
            0 => None,
            since => Some(Duration::from_micros(clock_us().saturating_sub(since))),
        }
    }
}

/// Real time since the first call, from 1 µs: for hang detection only. A hung thread does not care
/// about simulated clocks.
pub(crate) fn clock_us() -> u64 {
    static START: OnceLock<std::time::Instant> = OnceLock::new();
    START
        .get_or_init(std::time::Instant::now)
        .elapsed()
        .as_micros() as u64
        + 1
}

/// How full a lane is: queued and in flight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Depth {
    /// Messages in it.
    pub depth: usize,
    /// Messages it can hold.
    pub capacity: usize,
}

/// So many permits are given back together at most.
const TOGETHER: usize = 16;

/// The permits of both lanes.
pub(crate) struct Rooms {
    free: [Apart<Semaphore>; 2],
    /// Permits of messages that are over, about to be given back together.
    owed: [AtomicUsize; 2],
    capacity: [usize; 2],
}

impl Rooms {
    pub(crate) fn new(capacity: Capacity) -> Self {
        let capacity = [capacity.commands, capacity.queries];
        Rooms {
            free: capacity.map(|n| Apart(Semaphore::new(n.min(Semaphore::MAX_PERMITS)))),
            owed: Default::default(),
            capacity,
        }
    }
    pub(crate) fn of(&self, lane: Lane) -> &Semaphore {
        &self.free[lane as usize].0
    }
    pub(crate) fn give_back(&self, lane: Lane) {
        self.of(lane).add_permits(1);
    }
    /// Gives a permit back, at once or together with others. Waking a sender costs more than
    /// handling a small message: one that waits is woken for a handful of permits.
    pub(crate) fn owe(&self, lane: Lane, at_once: bool) {
        let owed = self.owed[lane as usize].fetch_add(1, AcqRel) + 1;
        let together = (self.capacity[lane as usize] / 4).min(TOGETHER);
        if at_once || owed >= together {
            self.pay(lane);
        }
    }
    /// Gives back what is owed.
    pub(crate) fn pay_all(&self) {
        self.pay(Lane::Commands);
        self.pay(Lane::Queries);
    }
    fn pay(&self, lane: Lane) {
        if self.owed[lane as usize].load(Acquire) > 0 {
            let owed = self.owed[lane as usize].swap(0, AcqRel);
            self.of(lane).add_permits(owed);
        }
    }
    pub(crate) fn close(&self) {
        self.free.iter().for_each(|room| room.0.close());
    }
    pub(crate) fn depth(&self, lane: Lane) -> Depth {
        let capacity = self.capacity[lane as usize];
        let owed = self.owed[lane as usize].load(Acquire);
        let free = self.of(lane).available_permits() + owed;
        Depth {
            depth: capacity.saturating_sub(free),
            capacity,
        }
    }
}

/// Whether messages are taken at all.
#[derive(Default)]
pub(crate) struct Gate {
    pub(crate) up: AtomicBool,
    pub(crate) dead: AtomicBool,
}

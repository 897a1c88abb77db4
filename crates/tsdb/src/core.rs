//! What the head, its readers and the journal share. No lock here is ever held across I/O, so
//! whoever hangs on a disk holds up nobody.
//!
//! Locks are taken in the order of the fields.

use std::{
    collections::VecDeque,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
};

use parking_lot::{Mutex, RwLock};

use crate::{
    generation::Generation, head::Pen, health::Damage, index::Index, options::Options, view::View,
    waiting::Waiting,
};

pub(crate) struct Core {
    pub(crate) options: Options,
    pub(crate) pen: Mutex<Pen>,
    pub(crate) view: RwLock<Arc<View>>,
    pub(crate) index: RwLock<Index>,
    pub(crate) waiting: Mutex<Waiting>,
    pub(crate) tallies: Tallies,
    pub(crate) damages: Mutex<Damages>,
}

/// What is counted since the start.
#[derive(Default)]
pub(crate) struct Tallies {
    pub(crate) taken: AtomicU64,
    pub(crate) duplicates: AtomicU64,
    pub(crate) conflicts: AtomicU64,
    pub(crate) too_old: AtomicU64,
    pub(crate) refused: AtomicU64,
    pub(crate) forgotten: AtomicU64,
    pub(crate) not_stored: AtomicU64,
    pub(crate) saved: AtomicU64,
    pub(crate) unreadable: AtomicU64,
}

pub(crate) fn count(tally: &AtomicU64, n: u64) {
    tally.fetch_add(n, Relaxed);
}

/// The newest of what was found, and how much of it was damage.
#[derive(Default)]
pub(crate) struct Damages {
    pub(crate) newest: VecDeque<Damage>,
    pub(crate) total: u64,
}

impl Core {
    pub(crate) fn view(&self) -> Arc<View> {
        self.view.read().clone()
    }

    pub(crate) fn note(&self, damage: Damage) {
        const KEPT: usize = 100;
        let mut damages = self.damages.lock();
        damages.total += u64::from(damage.what.is_damage());
        damages.newest.push_back(damage);
        if damages.newest.len() > KEPT {
            damages.newest.pop_front();
        }
    }

    /// The head begins the next generation.
    pub(crate) fn push_head(&self, head: Arc<Generation>) {
        let mut view = self.view.write();
        let mut next = View::clone(&view);
        next.heads.push(head);
        *view = Arc::new(next);
    }
}

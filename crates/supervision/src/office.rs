//! What a child is apart from its incarnations: an office that they hold in turn. Everything here
//! outlives them, and can be read by anyone at any time.

use std::{
    any::Any,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, Ordering::*},
    },
};

use arc_swap::{ArcSwap, ArcSwapOption};
use parking_lot::Mutex;

use crate::{
    board::Board,
    exit::LastExit,
    lane::Capacity,
    life::Life,
    poison::Ward,
    snapshot::Condition,
    vitals::{Apart, Gate, Rooms, Vitals},
};

pub(crate) struct Office {
    pub(crate) name: Arc<str>,
    /// Known once it has a place in a tree.
    path: OnceLock<Arc<str>>,
    pub(crate) vitals: Arc<Vitals>,
    pub(crate) rooms: Arc<Rooms>,
    pub(crate) ward: Ward,
    /// Written by the child's overseer.
    pub(crate) condition: ArcSwap<Condition>,
    pub(crate) last_exit: ArcSwapOption<LastExit>,
    /// Its children, if it is an overseer.
    pub(crate) board: Board,
    /// The incarnation in office, whoever launched it.
    pub(crate) incumbent: Mutex<Option<Arc<Life>>>,
    /// The generation is that of an incarnation still to be launched.
    pub(crate) vacant: AtomicBool,
    pub(crate) gate: Apart<Gate>,
    checkpoint: Mutex<Option<Box<dyn Any + Send>>>,
}

impl Office {
    pub(crate) fn new(name: Arc<str>, capacity: Capacity) -> Self {
        Office {
            name,
            path: OnceLock::new(),
            vitals: Arc::default(),
            rooms: Arc::new(Rooms::new(capacity)),
            ward: Ward::default(),
            condition: ArcSwap::default(),
            last_exit: ArcSwapOption::empty(),
            board: Board::default(),
            incumbent: Mutex::new(None),
            vacant: AtomicBool::new(false),
            gate: Apart::default(),
            checkpoint: Mutex::new(None),
        }
    }

    /// Whether it is the top of the tree.
    pub(crate) fn is_root(&self) -> bool {
        self.path().is_empty()
    }

    /// Its names below the root, joined by `/`; the name alone before it has a place in a tree.
    pub(crate) fn path(&self) -> Arc<str> {
        self.path.get().unwrap_or(&self.name).clone()
    }

    /// Gives it its place below `parent`; a child keeps its first place.
    pub(crate) fn seat(&self, parent: &str) {
        self.path.get_or_init(|| match parent {
            "" => self.name.clone(),
            parent => format!("{parent}/{}", self.name).into(),
        });
    }

    /// The root has no name in paths.
    pub(crate) fn seat_as_root(&self) {
        self.path.get_or_init(|| "".into());
    }

    pub(crate) fn is_current(&self, generation: u64) -> bool {
        self.vitals.generation.load(Acquire) == generation
    }

    pub(crate) fn is_up(&self) -> bool {
        self.gate.0.up.load(Acquire)
    }

    pub(crate) fn is_dead(&self) -> bool {
        self.gate.0.dead.load(Acquire)
    }

    /// From now on only `generation` may leave a checkpoint, or be taken for busy or up. The caller
    /// sees to the letters.
    pub(crate) fn fence(&self, generation: u64) {
        let _no_checkpoint_is_being_left = self.checkpoint.lock();
        self.gate.0.up.store(false, Release);
        self.vitals.generation.store(generation, Release);
        self.vitals.busy_since.store(0, Release);
    }

    pub(crate) fn take_checkpoint(&self) -> Option<Box<dyn Any + Send>> {
        self.checkpoint.lock().take()
    }

    /// False when `generation` is no longer in office: nothing was left.
    pub(crate) fn put_checkpoint(&self, generation: u64, state: Box<dyn Any + Send>) -> bool {
        let mut left = self.checkpoint.lock();
        let current = self.is_current(generation);
        let replaced = current.then(|| left.replace(state));
        drop(left); // what was there before may take its time to drop, or panic
        replaced.is_some()
    }
}

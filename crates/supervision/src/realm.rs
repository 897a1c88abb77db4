//! What all overseers of one tree share.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering::Relaxed},
};

use actix_rt::{Arbiter, ArbiterHandle};
use parking_lot::Mutex;
use tokio::sync::broadcast;

use crate::event::{Event, EventKind};

/// Events kept for a slow reader.
const EVENTS: usize = 1024;

pub(crate) struct Realm {
    pub(crate) events: broadcast::Sender<Event>,
    /// Threads given up that have not come back.
    pub(crate) abandoned: AtomicUsize,
    /// More abandoned threads than this end the tree.
    pub(crate) budget: usize,
    /// A thread at hand for whoever is started or restarted next: to start one takes about as long as all
    /// else that a restart does. None from the start of the tree to the first restart.
    spare: Mutex<Option<ArbiterHandle>>,
}

impl Realm {
    pub(crate) fn new(budget: usize) -> Arc<Self> {
        Arc::new(Realm {
            events: broadcast::channel(EVENTS).0,
            abandoned: AtomicUsize::new(0),
            budget,
            spare: Mutex::default(),
        })
    }

    /// A thread for a child of its own.
    pub(crate) fn thread(&self) -> ArbiterHandle {
        let spare = self.spare.lock().take();
        spare.unwrap_or_else(|| Arbiter::new().handle())
    }

    /// Has one at hand again.
    pub(crate) fn spare_thread(&self) {
        if self.spare.lock().is_some() {
            return;
        }
        let spare = Arbiter::new().handle();
        if let Some(one_too_many) = self.spare.lock().replace(spare) {
            one_too_many.stop();
        }
    }

    pub(crate) fn tell(&self, path: Arc<str>, kind: EventKind) {
        // That nobody listens is fine.
        let _ = self.events.send(Event { path, kind });
    }

    pub(crate) fn abandoned(&self) -> usize {
        self.abandoned.load(Relaxed)
    }
}

impl Drop for Realm {
    fn drop(&mut self) {
        if let Some(spare) = self.spare.get_mut() {
            spare.stop();
        }
    }
}

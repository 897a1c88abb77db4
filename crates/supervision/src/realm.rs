//! What all overseers of one tree share.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering::Relaxed},
};

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
}

impl Realm {
    pub(crate) fn new(budget: usize) -> Arc<Self> {
        Arc::new(Realm {
            events: broadcast::channel(EVENTS).0,
            abandoned: AtomicUsize::new(0),
            budget,
        })
    }

    pub(crate) fn tell(&self, path: Arc<str>, kind: EventKind) {
        // That nobody listens is fine.
        let _ = self.events.send(Event { path, kind });
    }

    pub(crate) fn abandoned(&self) -> usize {
        self.abandoned.load(Relaxed)
    }
}

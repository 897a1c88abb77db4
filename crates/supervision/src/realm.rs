//! What all overseers of one tree share.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering::Relaxed},
};

use actix_rt::ArbiterHandle;
use tokio::sync::broadcast;

use crate::{
    event::{Event, EventKind},
    threads::Threads,
};

/// Events kept for a slow reader.
const EVENTS: usize = 1024;

pub(crate) struct Realm {
    pub(crate) events: broadcast::Sender<Event>,
    /// Threads given up that have not come back.
    pub(crate) abandoned: AtomicUsize,
    /// More abandoned threads than this end the tree.
    pub(crate) budget: usize,
    /// For whoever is started or restarted next. None is at hand from the end of the start to the first
    /// restart.
    threads: Threads,
}

impl Realm {
    pub(crate) fn new(budget: usize, threads: Threads) -> Arc<Self> {
        Arc::new(Realm {
            events: broadcast::channel(EVENTS).0,
            abandoned: AtomicUsize::new(0),
            budget,
            threads,
        })
    }

    /// A thread for a child of its own.
    pub(crate) fn thread(&self) -> ArbiterHandle {
        self.threads.take()
    }

    /// Has one at hand again.
    pub(crate) fn spare_thread(&self) {
        self.threads.have_one();
    }

    pub(crate) fn tell(&self, path: Arc<str>, kind: EventKind) {
        // That nobody listens is fine.
        let _ = self.events.send(Event { path, kind });
    }

    pub(crate) fn abandoned(&self) -> usize {
        self.abandoned.load(Relaxed)
    }
}

//! What an overseer has on show: its children and its own heartbeat. It outlives the overseer's
//! incarnations, and reading it asks nobody.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use arc_swap::ArcSwap;
use parking_lot::Mutex;
use tokio::sync::Notify;

use crate::{spec::ChildSpec, vitals::clock_us};

#[derive(Default)]
pub(crate) struct Board {
    /// In the order of their start.
    pub(crate) children: ArcSwap<Vec<Arc<ChildSpec>>>,
    /// What was changed while running, for the overseer's next incarnation.
    pub(crate) changes: Mutex<Changes>,
    /// Somebody among the children has something in progress.
    pub(crate) nudged: Notify,
    beat: AtomicU64,
}

/// Children added and removed since the tree was built.
#[derive(Default)]
pub(crate) struct Changes {
    pub(crate) added: Vec<Arc<ChildSpec>>,
    /// Names; a child added again later is not in here.
    pub(crate) removed: Vec<Arc<str>>,
}

impl Changes {
    pub(crate) fn add(&mut self, spec: Arc<ChildSpec>) {
        self.added.push(spec);
    }

    pub(crate) fn remove(&mut self, name: &str) {
        let before = self.added.len();
        self.added.retain(|spec| spec.name() != name);
        if self.added.len() == before {
            self.removed.push(name.into());
        }
    }

    /// The children of the next incarnation, from those it was built with.
    pub(crate) fn apply(&self, built: Vec<Arc<ChildSpec>>) -> Vec<Arc<ChildSpec>> {
        let kept = |spec: &Arc<ChildSpec>| !self.removed.iter().any(|gone| **gone == *spec.name());
        let added = |spec: &Arc<ChildSpec>| self.added.iter().any(|a| a.name() == spec.name());
        built
            .into_iter()
            .filter(|spec| kept(spec) && !added(spec))
            .chain(self.added.iter().cloned())
            .collect()
    }
}

impl Board {
    pub(crate) fn beat(&self) {
        self.beat.store(clock_us(), Relaxed);
    }

    /// How long ago the overseer last looked after its children, in real time; `None` if it never has.
    pub(crate) fn silence(&self) -> Option<Duration> {
        match self.beat.load(Relaxed) {
            0 => None,
            at => Some(Duration::from_micros(clock_us().saturating_sub(at))),
        }
    }
}

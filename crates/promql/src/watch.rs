//! When a query has to stop: at its deadline, or when nobody waits for it any more.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use crate::error::{Error, Result};

/// Ends queries from outside. Clones are the same switch.
#[derive(Clone, Debug, Default)]
pub struct Cancel(Arc<AtomicBool>);

impl Cancel {
    /// Nothing is cancelled yet.
    pub fn new() -> Self {
        Cancel::default()
    }

    /// Ends, soon, the queries that run with it.
    pub fn cancel(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether they have to end.
    pub fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// Cancels when it is dropped: for a request whose future goes away with its client.
    pub fn on_drop(&self) -> CancelOnDrop {
        CancelOnDrop(self.clone())
    }
}

/// See [`Cancel::on_drop`].
#[derive(Debug)]
pub struct CancelOnDrop(Cancel);

impl Drop for CancelOnDrop {
    fn drop(&mut self) {
        self.0.cancel();
    }
}

/// What long loops look at, those of a store too.
#[derive(Clone, Debug)]
pub struct Watch {
    cancel: Cancel,
    /// None where it would be too far off to be told.
    deadline: Option<Instant>,
}

impl Watch {
    /// From now on for so long.
    pub fn start(timeout: Duration, cancel: &Cancel) -> Self {
        Watch {
            cancel: cancel.clone(),
            deadline: Instant::now().checked_add(timeout),
        }
    }

    /// To be called every few milliseconds of work: costs some 30 ns.
    ///
    /// # Errors
    /// [`Error::Canceled`] or [`Error::Timeout`], when it is time to stop.
    pub fn check(&self) -> Result<()> {
        if self.cancel.is_cancelled() {
            return Err(Error::Canceled);
        }
        match self.deadline {
            Some(deadline) if Instant::now() >= deadline => Err(Error::Timeout),
            _ => Ok(()),
        }
    }
}

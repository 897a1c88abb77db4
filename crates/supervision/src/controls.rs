//! What an incarnation is told past its queue, by its overseer and by fault injection.

use std::{
    sync::atomic::{AtomicU8, Ordering::*},
    task::Context as TaskContext,
};

use futures::task::AtomicWaker;
use parking_lot::Mutex;

use crate::fault::Fault;

/// Asked to stop.
const STOP: u8 = 1;
/// The overseer is gone, and its children with it.
const LET_GO: u8 = 2;
/// A fault is waiting.
const FAULT: u8 = 4;

/// Flags, not a channel: there is nothing to wait for in them, and they cannot be full.
#[derive(Default)]
pub(crate) struct Controls {
    flags: AtomicU8,
    fault: Mutex<Option<Fault>>,
    waker: AtomicWaker,
}

/// What there was.
#[derive(Default)]
pub(crate) struct Told {
    pub(crate) stop: bool,
    pub(crate) fault: Option<Fault>,
}

impl Controls {
    pub(crate) fn stop(&self) {
        self.flag(STOP);
    }

    pub(crate) fn let_go(&self) {
        self.flag(LET_GO);
    }

    /// Only that it is polled: it will see that it is no longer in office.
    pub(crate) fn wake(&self) {
        self.waker.wake();
    }

    /// False when another fault is waiting.
    pub(crate) fn strike(&self, fault: Fault) -> bool {
        let mut waiting = self.fault.lock();
        if waiting.is_some() {
            return false;
        }
        *waiting = Some(fault);
        drop(waiting);
        self.flag(FAULT);
        true
    }

    fn flag(&self, flag: u8) {
        self.flags.fetch_or(flag, AcqRel);
        self.waker.wake();
    }

    /// Takes what has been told since, and is woken by what comes.
    pub(crate) fn take(&self, cx: &mut TaskContext<'_>) -> Told {
        self.waker.register(cx.waker());
        if self.flags.load(Acquire) == 0 {
            return Told::default();
        }
        let flags = self.flags.swap(0, AcqRel);
        Told {
            stop: flags & (STOP | LET_GO) != 0,
            fault: (flags & FAULT != 0)
                .then(|| self.fault.lock().take())
                .flatten(),
        }
    }
}

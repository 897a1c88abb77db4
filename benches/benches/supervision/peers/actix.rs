//! Bare actix. Its actors do not come back after a panic: here the asker starts the next one.

use std::sync::{Mutex, PoisonError};

use actix::{Actor, Addr, Arbiter};

use super::counter::{Counter, Get, GetLater, Increment, Panic};
use crate::work::{Ask, AskLater, Crash, Tell};

#[derive(Clone)]
pub(crate) struct Worker(Addr<Counter>);

/// On a thread of its own.
pub(crate) async fn own() -> Worker {
    let arbiter = Arbiter::new();
    Worker(Counter::start_in_arbiter(&arbiter.handle(), |_| {
        Counter::default()
    }))
}

/// On the thread of the caller.
pub(crate) async fn same() -> Worker {
    Worker(Counter::default().start())
}

impl Tell for Worker {
    fn tell(&self) -> bool {
        self.0.try_send(Increment).is_ok()
    }
}

impl Ask for Worker {
    async fn ask(&self) -> Option<u64> {
        self.0.send(Get).await.ok()
    }
}

impl AskLater for Worker {
    async fn ask_later(&self) -> Option<u64> {
        self.0.send(GetLater).await.ok()
    }
}

/// Restarted by hand, on the thread of the caller.
pub(crate) struct Revived(Mutex<Worker>);

pub(crate) async fn revived() -> Revived {
    Revived(Mutex::new(same().await))
}

impl Revived {
    fn now(&self) -> Worker {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    fn revive(&self) {
        let next = Worker(Counter::default().start());
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = next;
    }
}

impl Ask for Revived {
    async fn ask(&self) -> Option<u64> {
        let answer = self.now().ask().await;
        if answer.is_none() {
            self.revive();
        }
        answer
    }
}

impl Crash for Revived {
    async fn crash(&self) {
        let _ = self.now().0.send(Panic).await;
    }
}

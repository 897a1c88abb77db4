//! One incarnation, as it is known outside its own thread.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering::*},
};

use actix_rt::ArbiterHandle;
use parking_lot::Mutex;
use tokio::sync::Notify;

use crate::{controls::Controls, fault::Fault, inflight::InFlight, realm::Realm};

/// The overseer's end of the link: dropping it ends the incarnation, as the death of a supervisor
/// ends its children in OTP.
pub(crate) struct Tether {
    pub(crate) life: Arc<Life>,
}

impl Tether {
    /// For whoever waits in [`Life::until_settled`].
    pub(crate) fn set_up(&self) {
        self.life.up.store(true, Release);
        self.life.progress.notify_waiters();
    }
}

impl Drop for Tether {
    fn drop(&mut self) {
        self.life.over.store(true, Release);
        self.life.progress.notify_waiters();
        self.life.controls.let_go();
    }
}

pub(crate) struct Life {
    pub(crate) generation: u64,
    pub(crate) flight: Arc<InFlight>,
    pub(crate) controls: Controls,
    /// As far as its overseer knows.
    up: AtomicBool,
    over: AtomicBool,
    progress: Notify,
    /// Its own thread, if it has one.
    arbiter: Option<ArbiterHandle>,
    realm: Arc<Realm>,
    account: Mutex<Account>,
}

#[derive(Default)]
struct Account {
    given_up: bool,
    returned: bool,
}

impl Life {
    pub(crate) fn begin(
        generation: u64,
        flight: Arc<InFlight>,
        arbiter: Option<ArbiterHandle>,
        realm: Arc<Realm>,
    ) -> Tether {
        Tether {
            life: Arc::new(Life {
                generation,
                flight,
                controls: Controls::default(),
                up: AtomicBool::new(false),
                over: AtomicBool::new(false),
                progress: Notify::new(),
                arbiter,
                realm,
                account: Mutex::default(),
            }),
        }
    }

    /// Until its overseer knows that it serves, or that it is over.
    pub(crate) async fn until_settled(&self) {
        self.until(|| self.up.load(Acquire) || self.over.load(Acquire))
            .await;
    }

    /// Until its overseer knows that it is over.
    pub(crate) async fn until_over(&self) {
        self.until(|| self.over.load(Acquire)).await;
    }

    async fn until(&self, so: impl Fn() -> bool) {
        loop {
            let progress = self.progress.notified();
            if so() {
                return;
            }
            progress.await;
        }
    }

    /// False when it is over, or another fault is waiting.
    pub(crate) fn inject(&self, fault: Fault) -> bool {
        !self.account.lock().returned && self.controls.strike(fault)
    }

    /// The guard's last word: the thread came back, and is free.
    pub(crate) fn returned(&self) {
        {
            let mut account = self.account.lock();
            if !account.returned && account.given_up {
                self.realm.abandoned.fetch_sub(1, Relaxed);
            }
            account.returned = true;
        }
        if let Some(arbiter) = &self.arbiter {
            arbiter.stop();
        }
    }

    /// Takes everything from an incarnation that has been fenced off. Its thread may finish what it
    /// is in the middle of, and nothing else.
    pub(crate) fn give_up(&self) {
        {
            let mut account = self.account.lock();
            if !account.returned && !account.given_up {
                account.given_up = true;
                self.realm.abandoned.fetch_add(1, Relaxed);
            }
        }
        self.flight.seize();
        self.controls.wake();
        if let Some(arbiter) = &self.arbiter {
            arbiter.stop();
        }
    }
}

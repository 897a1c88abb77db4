//! One incarnation, as it is known outside its own thread.

use std::sync::{Arc, atomic::Ordering::Relaxed};

use actix_rt::ArbiterHandle;
use parking_lot::Mutex;
use tokio::sync::{mpsc, oneshot, watch};

use crate::{fault::Fault, inflight::InFlight, realm::Realm};

/// What an incarnation is told past its queue.
pub(crate) enum Control {
    Stop,
    Fault(Fault),
    /// It is no longer in office: be polled, see that, and end.
    Leave,
}

/// Room for a stop, a leave and a fault or two; whoever does not take these in hangs anyway.
const CONTROLS: usize = 8;

/// The overseer's end of the link: dropping it ends the incarnation, as the death of a supervisor
/// ends its children in OTP.
pub(crate) struct Tether {
    pub(crate) life: Arc<Life>,
    /// Whether it is serving. Closed, by dropping the tether, once the overseer knows of its end.
    up: watch::Sender<bool>,
    _leash: oneshot::Sender<()>,
}

impl Tether {
    pub(crate) fn set_up(&self) {
        self.up.send_replace(true);
    }
    /// For whoever waits until it serves, or until it is over.
    pub(crate) fn watch(&self) -> Watch {
        Watch(self.up.subscribe())
    }
}

pub(crate) struct Watch(watch::Receiver<bool>);

impl Watch {
    /// Until it serves or is over.
    pub(crate) async fn until_settled(mut self) {
        // An error says that it is over.
        let _ = self.0.wait_for(|up| *up).await;
    }
    pub(crate) async fn until_over(mut self) {
        while self.0.changed().await.is_ok() {}
    }
}

/// The incarnation's end of the link.
pub(crate) struct Reins {
    pub(crate) control: mpsc::Receiver<Control>,
    pub(crate) leash: oneshot::Receiver<()>,
}

pub(crate) struct Life {
    pub(crate) generation: u64,
    pub(crate) flight: Arc<InFlight>,
    control: mpsc::Sender<Control>,
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
    /// The two ends of the link to a new incarnation.
    pub(crate) fn begin(
        generation: u64,
        flight: Arc<InFlight>,
        arbiter: Option<ArbiterHandle>,
        realm: Arc<Realm>,
    ) -> (Tether, Reins) {
        let (control_tx, control) = mpsc::channel(CONTROLS);
        let (leash_tx, leash) = oneshot::channel();
        let life = Arc::new(Life {
            generation,
            flight,
            control: control_tx,
            arbiter,
            realm,
            account: Mutex::default(),
        });
        let tether = Tether {
            life,
            up: watch::Sender::new(false),
            _leash: leash_tx,
        };
        (tether, Reins { control, leash })
    }

    pub(crate) fn stop(&self) {
        // Full or closed: it hangs, or is over.
        let _ = self.control.try_send(Control::Stop);
    }

    /// False when it is over, or takes nothing in.
    pub(crate) fn inject(&self, fault: Fault) -> bool {
        self.control.try_send(Control::Fault(fault)).is_ok()
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
        let _ = self.control.try_send(Control::Leave);
        if let Some(arbiter) = &self.arbiter {
            arbiter.stop();
        }
    }
}

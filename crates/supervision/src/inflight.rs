//! What one incarnation is in the middle of.
//!
//! The incarnation ends its entries one by one; its overseer may seize all at once when the thread
//! hangs: the permits go back to the lanes, the askers learn `Crashed`, and whatever the zombie does
//! afterwards finds nothing left to end.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering::*},
    },
    task::{Context as TaskContext, Waker},
};

use parking_lot::Mutex;
use tokio::sync::oneshot;

use crate::{
    catch,
    lane::Lane,
    poison::MessageKind,
    reference::AskError,
    vitals::{Rooms, Vitals},
};

/// Ends an asker's wait without an answer.
pub(crate) trait Abort: Send + Sync {
    fn abort(&self);
}

type Answered<R> = Result<R, AskError>;

/// The way back to the asker. Shared with the ledger so that either side can end the wait.
#[doc(hidden)]
pub struct Reply<R>(Arc<Mutex<Option<oneshot::Sender<Answered<R>>>>>);

impl<R: Send + 'static> Reply<R> {
    pub(crate) fn new(tx: oneshot::Sender<Answered<R>>) -> Self {
        Reply(Arc::new(Mutex::new(Some(tx))))
    }
    pub(crate) fn send(self, answer: Answered<R>) {
        let tx = self.0.lock().take();
        if let Some(tx) = tx {
            // An asker who no longer waits is no failure.
            let _ = tx.send(answer);
        }
    }
    pub(crate) fn is_abandoned(&self) -> bool {
        self.0.lock().as_ref().is_none_or(|tx| tx.is_closed())
    }
    pub(crate) fn abort_handle(&self) -> Arc<dyn Abort> {
        self.0.clone()
    }
}

impl<R: Send> Abort for Mutex<Option<oneshot::Sender<Answered<R>>>> {
    fn abort(&self) {
        let tx = self.lock().take();
        drop(tx);
    }
}

struct Entry {
    id: u64,
    lane: Lane,
    reply: Option<Arc<dyn Abort>>,
}

#[derive(Default)]
struct Ledger {
    last_id: u64,
    entries: Vec<Entry>,
    pump: Option<Waker>,
}

pub(crate) struct InFlight {
    concurrency: usize,
    count: AtomicUsize,
    rooms: Arc<Rooms>,
    vitals: Arc<Vitals>,
    ledger: Mutex<Ledger>,
    alone: Mutex<Option<MessageKind>>,
    pumping: AtomicBool,
    /// Not ready to serve yet, see [`Latch`].
    latched: AtomicBool,
}

impl InFlight {
    pub(crate) fn new(concurrency: usize, rooms: Arc<Rooms>, vitals: Arc<Vitals>) -> Arc<Self> {
        Arc::new(InFlight {
            concurrency: concurrency.max(1),
            count: AtomicUsize::new(0),
            rooms,
            vitals,
            ledger: Mutex::default(),
            alone: Mutex::default(),
            pumping: AtomicBool::new(false),
            latched: AtomicBool::new(false),
        })
    }

    /// True when the first message may begin; if not, the pump is woken once it may.
    pub(crate) fn is_ready(&self, cx: &mut TaskContext<'_>) -> bool {
        let mut ledger = self.ledger.lock();
        let ready = !self.latched.load(Acquire);
        if !ready {
            ledger.pump = Some(cx.waker().clone());
        }
        ready
    }

    /// True when another message may begin; if not, the pump is woken once one has ended.
    pub(crate) fn has_room(&self, cx: &mut TaskContext<'_>) -> bool {
        if self.count.load(Acquire) < self.concurrency {
            return true;
        }
        let mut ledger = self.ledger.lock();
        ledger.pump = Some(cx.waker().clone());
        ledger.entries.len() < self.concurrency
    }

    pub(crate) fn enter(self: &Arc<Self>, lane: Lane, reply: Option<Arc<dyn Abort>>) -> Ticket {
        let mut ledger = self.ledger.lock();
        ledger.last_id += 1;
        let id = ledger.last_id;
        ledger.entries.push(Entry { id, lane, reply });
        self.count.store(ledger.entries.len(), Release);
        Ticket {
            flight: self.clone(),
            id,
            at_once: false,
        }
    }

    fn end(&self, id: u64, at_once: bool) {
        let mut ledger = self.ledger.lock();
        let Some(at) = ledger.entries.iter().position(|entry| entry.id == id) else {
            return; // seized
        };
        let lane = ledger.entries.swap_remove(at).lane;
        self.count.store(ledger.entries.len(), Release);
        let pump = ledger.pump.take();
        drop(ledger);
        self.vitals.settled.fetch_add(1, Relaxed);
        self.rooms.owe(lane, at_once || !self.pumping.load(Relaxed));
        if let Some(pump) = pump {
            pump.wake();
        }
    }

    /// While the pump is at work, permits are given back a handful at a time.
    pub(crate) fn set_pumping(&self, pumping: bool) {
        self.pumping.store(pumping, Relaxed);
        if !pumping {
            self.rooms.pay_all();
        }
    }

    /// The message whose atomic response keeps everything else of the actor from being polled.
    pub(crate) fn alone(&self) -> Option<MessageKind> {
        *self.alone.lock()
    }

    /// Takes everything from an incarnation that hangs.
    pub(crate) fn seize(&self) {
        let entries = std::mem::take(&mut self.ledger.lock().entries);
        for entry in entries {
            if let Some(reply) = entry.reply {
                reply.abort();
            }
            self.rooms.give_back(entry.lane);
        }
        self.rooms.pay_all();
    }

    pub(crate) fn latch(self: &Arc<Self>) -> Latch {
        self.latched.store(true, Release);
        Latch(self.clone())
    }
}

/// Held while a message is being handled; its end gives the permit back.
#[doc(hidden)]
pub struct Ticket {
    flight: Arc<InFlight>,
    id: u64,
    at_once: bool,
}

impl Ticket {
    /// Ends it now, and gives the permit back now: somebody is about to get the answer.
    pub(crate) fn end_before_answer(mut self) {
        self.at_once = true;
    }

    pub(crate) fn is_alone(&self, kind: Option<MessageKind>) {
        *self.flight.alone.lock() = kind;
        catch::set_handling(kind);
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        self.flight.end(self.id, self.at_once);
    }
}

/// While it is held the incarnation counts as starting and is given no messages, see
/// [`Start::latch`](crate::Start::latch).
pub struct Latch(Arc<InFlight>);

impl Drop for Latch {
    fn drop(&mut self) {
        let pump = {
            let mut ledger = self.0.ledger.lock();
            self.0.latched.store(false, Release);
            ledger.pump.take()
        };
        if let Some(pump) = pump {
            pump.wake();
        }
    }
}

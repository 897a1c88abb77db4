//! The queue that outlives incarnations.
//!
//! A message takes a permit of its lane when it is sent and gives it back when its handler's *future*
//! ends. The permit is not an object: a letter in the queue owns one, then an entry of the
//! incarnation's [`InFlight`] ledger does. So an overseer can take back what a hung thread holds.
//! The channels are unbounded, the permits bound them.

use std::{
    sync::{Arc, atomic::Ordering::*},
    task::{Context as TaskContext, Poll},
};

use actix::Actor;
use parking_lot::Mutex;
use tokio::sync::mpsc;

use crate::{
    inflight::{InFlight, Ticket},
    lane::{Capacity, Lane},
    letter::Letter,
    office::Office,
    reference::Refused,
    vitals::Apart,
};

type Receivers<A> = [mpsc::UnboundedReceiver<Box<dyn Letter<A>>>; 2];

pub(crate) struct Queue<A: Actor> {
    pub(crate) office: Arc<Office>,
    senders: [mpsc::UnboundedSender<Box<dyn Letter<A>>>; 2],
    /// Locked for one `poll_recv` at a time, never while a handler runs: a zombie cannot keep it.
    receivers: Apart<Mutex<Receivers<A>>>,
}

/// What the pump got.
pub(crate) enum Next<A: Actor> {
    Begin(Box<dyn Letter<A>>, Ticket),
    /// Refused on arrival: look again.
    Skipped,
    Empty,
    /// Another incarnation has taken over.
    Fenced,
    Closed,
}

impl<A: Actor> Queue<A> {
    pub(crate) fn new(name: Arc<str>, capacity: Capacity) -> Self {
        let (commands, commands_rx) = mpsc::unbounded_channel();
        let (queries, queries_rx) = mpsc::unbounded_channel();
        Queue {
            office: Arc::new(Office::new(name, capacity)),
            senders: [commands, queries],
            receivers: Apart(Mutex::new([commands_rx, queries_rx])),
        }
    }

    /// Whoever calls has taken a permit of the lane. The letter comes back when the queue is closed.
    pub(crate) fn post(
        &self,
        lane: Lane,
        letter: Box<dyn Letter<A>>,
    ) -> Result<(), Box<dyn Letter<A>>> {
        self.senders[lane as usize]
            .send(letter)
            .map_err(|closed| closed.0)
    }

    /// Takes the next letter, the lanes in turn, and enters it in the ledger in one step: whoever
    /// fences this incarnation afterwards finds the message either in the queue or in the ledger.
    pub(crate) fn next(
        &self,
        generation: u64,
        turn: &mut usize,
        flight: &Arc<InFlight>,
        cx: &mut TaskContext<'_>,
    ) -> Next<A> {
        let mut receivers = self.receivers.0.lock();
        if !self.office.is_current(generation) {
            return Next::Fenced;
        }
        let mut closed = 0;
        for _ in 0..2 {
            let lane = [Lane::Commands, Lane::Queries][*turn];
            *turn ^= 1; // whoever was served last waits for the other lane: neither can starve
            match receivers[lane as usize].poll_recv(cx) {
                Poll::Ready(Some(mut letter)) => {
                    if !letter.is_wanted(&self.office.ward) {
                        self.office.rooms.give_back(lane);
                        return Next::Skipped;
                    }
                    self.office.vitals.begin_message();
                    let ticket = flight.enter(lane, letter.abort_handle());
                    return Next::Begin(letter, ticket);
                }
                Poll::Ready(None) => closed += 1,
                Poll::Pending => {}
            }
        }
        if closed == 2 {
            Next::Closed
        } else {
            Next::Empty
        }
    }

    /// From now on only `generation` may take letters.
    pub(crate) fn fence(&self, generation: u64) {
        let _no_letter_is_between_queue_and_ledger = self.receivers.0.lock();
        self.office.fence(generation);
    }

    /// The incarnation has started and is about to serve, or no longer serves.
    pub(crate) fn set_up(&self, generation: u64, up: bool) {
        let _not_fenced_meanwhile = self.receivers.0.lock();
        if self.office.is_current(generation) {
            self.office.gate.0.up.store(up, Release);
        }
    }

    /// The child will be down for a while: askers get `Down` now rather than a timeout later.
    pub(crate) fn refuse_queries(&self) {
        self.drain(Lane::Queries, Refused::Down);
    }

    /// Nobody will ever serve this queue again.
    pub(crate) fn close(&self) {
        self.office.gate.0.dead.store(true, Release);
        self.office.gate.0.up.store(false, Release);
        self.receivers.0.lock().iter_mut().for_each(|r| r.close());
        self.office.rooms.close();
        self.drain_closed();
    }

    /// Refuses what a sender slipped in while the queue was being closed.
    pub(crate) fn drain_closed(&self) {
        self.drain(Lane::Commands, Refused::Stopped);
        self.drain(Lane::Queries, Refused::Stopped);
    }

    fn drain(&self, lane: Lane, why: Refused) {
        loop {
            // Not a `while let`: the lock must not be held while a refused sender wakes.
            let letter = self.receivers.0.lock()[lane as usize].try_recv();
            let Ok(letter) = letter else { return };
            letter.refuse(why);
            self.office.vitals.refused.0.fetch_add(1, Relaxed);
            self.office.rooms.give_back(lane);
        }
    }
}

//! What follows the end of a child.

use std::{
    collections::VecDeque,
    sync::{Arc, atomic::Ordering::Relaxed},
    time::{Duration, SystemTime},
};

use actix::{fut::wrap_future, prelude::*};
use tokio::time::Instant;

use super::{
    AutoShutdown, Child, Escalate, Overseer, Strategy,
    order::{StartInOrder, StopInOrder},
};
use crate::{
    event::EventKind,
    exit::{Exit, LastExit},
    launch::Launching,
    life::Life,
    snapshot::State,
    spec::{Placement, Restart},
};

impl Overseer {
    fn launch(&mut self, at: usize) {
        let Some(seat) = &self.seat else { return };
        let child = &mut self.children[at];
        child.set_anew(State::Starting);
        child.begun = Default::default();
        child.settled = Default::default();
        let tether = child.spec.launcher.launch(Launching {
            child: child.id,
            placement: &child.spec.placement,
            concurrency: child.spec.concurrency,
            reports: self.reports.clone(),
            realm: seat.realm.clone(),
        });
        child.generation = tether.life.generation;
        child.tether = Some(tether);
    }

    /// Launches a child whose turn it still is: what has since been stopped, removed, or taken over
    /// by another turn is left out.
    pub(super) fn launch_in_turn(&mut self, id: u64, turn: u64) -> Option<(Arc<Life>, Duration)> {
        let at = self.position(id)?;
        let child = &self.children[at];
        if self.closing || child.ended || child.tether.is_some() || child.turn != turn {
            return None;
        }
        self.launch(at);
        let child = &self.children[at];
        let life = child.tether.as_ref()?.life.clone();
        Some((life, child.spec.start_within))
    }

    /// For a child that is to be launched, if it lives on a thread of its own.
    pub(super) fn have_thread_at_hand(&self, id: u64) {
        let child = self.position(id).map(|at| &self.children[at]);
        let is_own = |child: &Child| matches!(child.spec.placement, Placement::Own);
        if let Some(seat) = &self.seat
            && child.is_some_and(is_own)
        {
            seat.realm.spare_thread();
        }
    }

    pub(super) fn on_exit(&mut self, at: usize, exit: Exit, ctx: &mut Context<Self>) {
        let child = &mut self.children[at];
        let lived = child.age();
        let office = child.spec.office().clone();
        child.tether = None;
        office.incumbent.lock().take();
        office.last_exit.store(Some(Arc::new(LastExit {
            exit: exit.clone(),
            at: SystemTime::now(),
        })));
        let was_stopping = child.state() == State::Stopping;
        let generation = child.generation;
        let abnormal = exit.is_abnormal();
        self.tell(&self.children[at], EventKind::Exited { generation, exit });

        let child = &mut self.children[at];
        if was_stopping || self.closing {
            child.set_anew(State::Stopped);
            return;
        }
        let again = match child.spec.restart {
            Restart::Permanent => true,
            Restart::Transient => abnormal,
            Restart::Temporary => false,
        };
        if !again {
            self.end_for_good(at);
            self.shut_down_if_significant(at, ctx);
            return;
        }
        if lived >= child.spec.backoff.reset_after {
            child.attempt = 0;
        }
        if self.gives_up(at, ctx) {
            return;
        }
        let child = &mut self.children[at];
        office.vitals.restarts.fetch_add(1, Relaxed);
        let (delay, attempt) = (child.spec.backoff.delay(child.attempt), child.attempt);
        child.attempt = child.attempt.saturating_add(1);
        child.set_anew(State::Backoff);
        if !delay.is_zero() {
            child.spec.launcher.refuse_queries();
            self.tell(&self.children[at], EventKind::Backoff { delay, attempt });
        }
        self.restart_group(at, delay, ctx);
    }

    /// Counts a restart, and says whether it was one too many.
    fn gives_up(&mut self, at: usize, ctx: &mut Context<Self>) -> bool {
        let now = Instant::now();
        match self.escalate {
            Escalate::Parent => {
                let restarts = self.intensity.count(now);
                if restarts <= self.intensity.most {
                    return false;
                }
                self.children[at].set_anew(State::Failed);
                let period = self.intensity.period;
                let exit = Exit::Intensity { restarts, period };
                self.tell_of_itself(EventKind::Escalated { exit: exit.clone() });
                self.close(exit, ctx);
                true
            }
            Escalate::Never => {
                let child = &mut self.children[at];
                let restarts = child.recent.count(now);
                if restarts >= child.recent.most && child.set_degraded(true) {
                    self.tell(&self.children[at], EventKind::Degraded { restarts });
                }
                false
            }
        }
    }

    /// Stops those who fall with the failed child, waits, and starts them all in order.
    fn restart_group(&mut self, failed: usize, delay: Duration, ctx: &mut Context<Self>) {
        let group = match self.strategy {
            Strategy::OneForOne => failed..failed + 1,
            Strategy::OneForAll => 0..self.children.len(),
            Strategy::RestForOne => failed..self.children.len(),
        };
        let turn = self.next_turn();
        let mut ids = VecDeque::new();
        let mut to_stop = Vec::new();
        for at in group {
            let child = &mut self.children[at];
            if child.ended {
                continue;
            }
            child.turn = turn;
            ids.push_back(child.id);
            if child.tether.is_some() {
                to_stop.push(child.id);
            }
        }
        if to_stop.is_empty() && delay.is_zero() && ids.len() == 1 {
            return self.launch(failed);
        }
        to_stop.reverse();
        let failed = self.children[failed].id;
        let stopped = StopInOrder::new(to_stop);
        ctx.spawn(stopped.then(move |(), me: &mut Self, _| {
            me.await_turn(&ids, turn, failed);
            wrap_future::<_, Self>(tokio::time::sleep(delay))
                .then(move |(), _, _| StartInOrder::new(ids, turn))
        }));
    }

    /// The members of a group are stopped: temporary ones for good, the others wait for their start.
    fn await_turn(&mut self, ids: &VecDeque<u64>, turn: u64, failed: u64) {
        for id in ids {
            let Some(at) = self.position(*id) else {
                continue;
            };
            let child = &mut self.children[at];
            if child.turn != turn || child.ended || child.tether.is_some() || self.closing {
                continue;
            }
            if child.spec.restart == Restart::Temporary && *id != failed {
                self.end_for_good(at);
            } else {
                child.set(State::Backoff);
            }
        }
    }

    pub(super) fn end_for_good(&mut self, at: usize) {
        let child = &mut self.children[at];
        child.ended = true;
        child.set_anew(State::Stopped);
        child.spec.launcher.close();
        self.tell(&self.children[at], EventKind::Stopped);
    }

    fn shut_down_if_significant(&mut self, at: usize, ctx: &mut Context<Self>) {
        let mut significant = self.children.iter().filter(|c| c.spec.significant);
        let due = self.children[at].spec.significant
            && match self.auto_shutdown {
                AutoShutdown::Never => false,
                AutoShutdown::AnySignificant => true,
                AutoShutdown::AllSignificant => significant.all(|child| child.ended),
            };
        if due {
            self.close(Exit::Shutdown, ctx);
        }
    }
}

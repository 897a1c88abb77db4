//! Stopping children, one after the other, and the overseer with them.

use actix::{
    fut::{LocalBoxActorFuture, wrap_future},
    prelude::*,
};
use std::{sync::Arc, time::SystemTime};

use super::Overseer;
use crate::{
    event::EventKind,
    exit::{Exit, LastExit, fail},
    snapshot::State,
};

impl Overseer {
    /// In the order given, each within its own deadline; who does not stop is abandoned.
    pub(super) fn stop_in_order(&mut self, ids: Vec<u64>) -> LocalBoxActorFuture<Self, ()> {
        let mut ids = ids.into_iter();
        let next = loop {
            let Some(id) = ids.next() else {
                return Box::pin(actix::fut::ready(()));
            };
            let Some(at) = self.position(id) else {
                continue;
            };
            let child = &mut self.children[at];
            match &child.tether {
                None => child.set(State::Stopped),
                Some(tether) => {
                    tether.life.stop();
                    break (id, tether.watch(), child.spec.shutdown);
                }
            }
        };
        let (id, watch, deadline) = next;
        if let Some(at) = self.position(id) {
            self.children[at].set(State::Stopping);
        }
        let over = tokio::time::timeout(deadline, watch.until_over());
        let rest = ids.collect();
        Box::pin(
            wrap_future::<_, Self>(over).then(move |over, me: &mut Self, _| {
                if over.is_err() {
                    me.kill(id);
                }
                me.stop_in_order(rest)
            }),
        )
    }

    /// It did not stop in time.
    fn kill(&mut self, id: u64) {
        let Some(at) = self.position(id) else { return };
        let deadline = self.children[at].spec.shutdown;
        self.tell(&self.children[at], EventKind::ShutdownTimeout { deadline });
        self.abandon(at, deadline);
        let child = &mut self.children[at];
        child.spec.office().last_exit.store(Some(Arc::new(LastExit {
            exit: Exit::Killed,
            at: SystemTime::now(),
        })));
        child.set_anew(State::Stopped);
    }

    /// Stops the children in reverse order, then itself.
    pub(super) fn close(&mut self, why: Exit, ctx: &mut Context<Self>) {
        if std::mem::replace(&mut self.closing, true) {
            return;
        }
        let all = self.children.iter().rev().map(|child| child.id).collect();
        let stopped = self.stop_in_order(all);
        ctx.spawn(stopped.map(move |(), _, ctx| fail(ctx, why)));
    }
}

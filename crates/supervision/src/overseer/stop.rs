//! Stopping children, one after the other, and the overseer with them.

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use actix::prelude::*;

use super::{Overseer, order::StopInOrder};
use crate::{
    event::EventKind,
    exit::{Exit, LastExit, fail},
    life::Life,
    snapshot::State,
};

impl Overseer {
    /// Asks a child to stop. `None` when it does not run.
    pub(super) fn ask_to_stop(&mut self, id: u64) -> Option<(Arc<Life>, Duration)> {
        let at = self.position(id)?;
        let child = &mut self.children[at];
        let Some(tether) = &child.tether else {
            child.set(State::Stopped);
            return None;
        };
        let life = tether.life.clone();
        life.controls.stop();
        child.set(State::Stopping);
        Some((life, child.spec.shutdown))
    }

    /// It did not stop in time.
    pub(super) fn kill(&mut self, id: u64) {
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
        let all: Vec<_> = self.children.iter().rev().map(|child| child.id).collect();
        let stopped = StopInOrder::new(all);
        ctx.spawn(stopped.map(move |(), _, ctx| fail(ctx, why)));
    }
}

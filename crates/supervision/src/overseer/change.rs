//! Children added and removed while running. The changes outlive the overseer's incarnation.

use std::sync::Arc;

use actix::{fut::ready, prelude::*};

use super::{
    FIRST_TURN, Overseer,
    order::{StartInOrder, StopInOrder},
};
use crate::{
    event::EventKind,
    lane::{Lane, OnLane},
    spec::{ChildSpec, NoSuchChild, SpecError},
};

/// Starts one more child, after all others. Answered when it has been launched.
#[derive(Message)]
#[rtype(result = "Result<(), SpecError>")]
pub struct AddChild(pub ChildSpec);

impl OnLane for AddChild {
    const LANE: Lane = Lane::Commands;
}

/// Stops a child within its deadline, for good. Answered when it is gone.
#[derive(Message)]
#[rtype(result = "Result<(), NoSuchChild>")]
pub struct RemoveChild(pub String);

impl OnLane for RemoveChild {
    const LANE: Lane = Lane::Commands;
}

impl Handler<AddChild> for Overseer {
    type Result = Result<(), SpecError>;

    fn handle(&mut self, AddChild(spec): AddChild, ctx: &mut Context<Self>) -> Self::Result {
        if self.closing {
            return Err(SpecError::Stopping);
        }
        spec.check()?;
        if self.children.iter().any(|c| c.spec.name() == spec.name()) {
            return Err(SpecError::Duplicate(spec.name().to_owned()));
        }
        if spec.office().is_dead() {
            return Err(SpecError::Stopped(spec.name().to_owned()));
        }
        let spec = Arc::new(spec);
        if let Some(seat) = &self.seat {
            seat.office.board.changes.lock().add(spec.clone());
        }
        let id = self.adopt(spec);
        self.publish();
        let started = StartInOrder::new([id].into(), FIRST_TURN);
        ctx.spawn(started);
        Ok(())
    }
}

impl Handler<RemoveChild> for Overseer {
    type Result = ResponseActFuture<Self, Result<(), NoSuchChild>>;

    fn handle(&mut self, RemoveChild(name): RemoveChild, _: &mut Context<Self>) -> Self::Result {
        let Some(at) = self.children.iter().position(|c| c.spec.name() == name) else {
            return Box::pin(ready(Err(NoSuchChild(name))));
        };
        if let Some(seat) = &self.seat {
            seat.office.board.changes.lock().remove(&name);
        }
        let child = &mut self.children[at];
        let (id, was_ended) = (child.id, child.ended);
        child.ended = true; // no restart on its way may start it again
        let stopped = StopInOrder::new(vec![id]);
        Box::pin(stopped.map(move |(), me, _| {
            let Some(at) = me.position(id) else {
                return Err(NoSuchChild(name)); // removed twice at once
            };
            let child = me.children.remove(at);
            child.spec.launcher.close();
            me.publish();
            if !was_ended {
                me.tell(&child, EventKind::Stopped);
            }
            Ok(())
        }))
    }
}

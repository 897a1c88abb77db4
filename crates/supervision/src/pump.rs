//! Feeds the queue into the actor; ordinary `Handler<M>` impls serve it.
//!
//! actix's own mailbox stays free for timers and messages of the actor to itself, and a stop never
//! waits behind a full queue.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context as TaskContext, Poll},
};

use actix::{fut::ActorFuture, prelude::*};

use crate::{
    catch,
    exit::Exit,
    inflight::InFlight,
    queue::{Next, Queue},
};

/// Letters per poll: other futures of the actor get their turn in between.
const BATCH: usize = 64;

pub(crate) struct Pump<A: Actor> {
    pub(crate) queue: Arc<Queue<A>>,
    pub(crate) flight: Arc<InFlight>,
    pub(crate) generation: u64,
    turn: usize,
    serving: bool,
}

impl<A: Actor> Pump<A> {
    pub(crate) fn new(queue: Arc<Queue<A>>, flight: Arc<InFlight>, generation: u64) -> Self {
        Pump {
            queue,
            flight,
            generation,
            turn: 0,
            serving: false,
        }
    }
}

impl<A: Actor<Context = Context<A>>> ActorFuture<A> for Pump<A> {
    type Output = ();

    fn poll(
        self: Pin<&mut Self>,
        actor: &mut A,
        ctx: &mut Context<A>,
        cx: &mut TaskContext<'_>,
    ) -> Poll<()> {
        let me = self.get_mut();
        if !me.serving {
            // actix polls this first after `started`, and after what `started` told it to wait for.
            if !me.flight.is_ready(cx) {
                return Poll::Pending;
            }
            me.serving = true;
            me.queue.set_up(me.generation, true);
        }
        me.flight.set_pumping(true);
        let polled = me.serve(actor, ctx, cx);
        me.flight.set_pumping(false);
        polled
    }
}

impl<A: Actor<Context = Context<A>>> Pump<A> {
    fn serve(&mut self, actor: &mut A, ctx: &mut Context<A>, cx: &mut TaskContext<'_>) -> Poll<()> {
        for _ in 0..BATCH {
            // `waiting` is also true while the actor stops: what has not begun stays in the queue.
            if ctx.waiting() || !self.flight.has_room(cx) {
                return Poll::Pending;
            }
            match self
                .queue
                .next(self.generation, &mut self.turn, &self.flight, cx)
            {
                Next::Begin(letter, ticket) => letter.begin(actor, ctx, ticket),
                Next::Skipped => {}
                Next::Empty => return Poll::Pending,
                Next::Closed => return Poll::Ready(()),
                // Not `ctx.terminate()`: the `stopped` hook of a zombie has no business any more.
                Next::Fenced => catch::crash(Exit::Killed),
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}

//! The actor that we and bare actix both run.

use actix::prelude::*;
use supervision::{Lane, OnLane};

use crate::work::CAPACITY;

#[derive(Default)]
pub(crate) struct Counter(u64);

impl Actor for Counter {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        ctx.set_mailbox_capacity(CAPACITY);
    }
}

#[derive(Message)]
#[rtype(result = "()")]
pub(crate) struct Increment;

#[derive(Message)]
#[rtype(result = "u64")]
pub(crate) struct Get;

#[derive(Message)]
#[rtype(result = "u64")]
pub(crate) struct GetLater;

#[derive(Message)]
#[rtype(result = "()")]
pub(crate) struct Panic;

impl OnLane for Increment {
    const LANE: Lane = Lane::Commands;
}

/// A command, so that it is held while the actor is down.
impl OnLane for Get {
    const LANE: Lane = Lane::Commands;
}

impl OnLane for GetLater {
    const LANE: Lane = Lane::Commands;
}

impl OnLane for Panic {
    const LANE: Lane = Lane::Commands;
}

impl Handler<Increment> for Counter {
    type Result = ();

    fn handle(&mut self, _: Increment, _: &mut Context<Self>) {
        self.0 += 1;
    }
}

impl Handler<Get> for Counter {
    type Result = u64;

    fn handle(&mut self, _: Get, _: &mut Context<Self>) -> u64 {
        self.0
    }
}

impl Handler<GetLater> for Counter {
    type Result = ResponseActFuture<Self, u64>;

    fn handle(&mut self, _: GetLater, _: &mut Context<Self>) -> Self::Result {
        Box::pin(async {}.into_actor(self).map(|(), me, _| me.0))
    }
}

impl Handler<Panic> for Counter {
    type Result = ();

    fn handle(&mut self, _: Panic, _: &mut Context<Self>) {
        panic!("as asked");
    }
}

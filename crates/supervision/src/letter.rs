//! A message on its way to a child, its type erased.

use std::{any::Any, sync::Arc};

use actix::prelude::*;

use crate::{
    answer::Answer,
    catch,
    inflight::{Abort, Reply, Ticket},
    poison::{MessageKind, Ward},
    reference::{AskError, Refused},
};

pub(crate) trait Letter<A: Actor>: Send {
    fn begin(self: Box<Self>, actor: &mut A, ctx: &mut A::Context, ticket: Ticket);
    /// False when nobody waits for the answer any more, or the type is in quarantine.
    fn is_wanted(&mut self, ward: &Ward) -> bool;
    fn refuse(self: Box<Self>, why: Refused);
    fn abort_handle(&self) -> Option<Arc<dyn Abort>>;
    fn into_any(self: Box<Self>) -> Box<dyn Any>;
}

/// An ordinary message for an ordinary `Handler`.
pub(crate) struct Post<M: Message> {
    pub(crate) message: M,
    pub(crate) reply: Option<Reply<M::Result>>,
}

impl<A, M> Letter<A> for Post<M>
where
    A: Actor<Context = Context<A>> + Handler<M>,
    M: Message + Send + 'static,
    M::Result: Send,
    <A as Handler<M>>::Result: Answer<A, M>,
{
    fn begin(self: Box<Self>, actor: &mut A, ctx: &mut A::Context, ticket: Ticket) {
        let Post { message, reply } = *self;
        let kind = MessageKind::of::<M>();
        let answer = catch::handling(kind, || actor.handle(message, ctx));
        answer.settle(ctx, reply, ticket);
    }

    fn is_wanted(&mut self, ward: &Ward) -> bool {
        if ward.refuses::<M>() {
            if let Some(reply) = self.reply.take() {
                reply.send(Err(AskError::Refused(Refused::Poisoned)));
            }
            return false;
        }
        !self.reply.as_ref().is_some_and(Reply::is_abandoned)
    }

    fn refuse(self: Box<Self>, why: Refused) {
        if let Some(reply) = self.reply {
            reply.send(Err(AskError::Refused(why)));
        }
    }

    fn abort_handle(&self) -> Option<Arc<dyn Abort>> {
        self.reply.as_ref().map(Reply::abort_handle)
    }

    fn into_any(self: Box<Self>) -> Box<dyn Any> {
        self
    }
}

/// A question that every child answers without knowing it: it has travelled the query lane.
pub(crate) struct Ping(pub(crate) Reply<()>);

impl<A: Actor<Context = Context<A>>> Letter<A> for Ping {
    fn begin(self: Box<Self>, _: &mut A, _: &mut A::Context, ticket: Ticket) {
        ticket.end_before_answer();
        self.0.send(Ok(()));
    }
    fn is_wanted(&mut self, _: &Ward) -> bool {
        !self.0.is_abandoned()
    }
    fn refuse(self: Box<Self>, why: Refused) {
        self.0.send(Err(AskError::Refused(why)));
    }
    fn abort_handle(&self) -> Option<Arc<dyn Abort>> {
        Some(self.0.abort_handle())
    }
    fn into_any(self: Box<Self>) -> Box<dyn Any> {
        self
    }
}

//! Which handler results are allowed, and how each is followed to its end.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context as TaskContext, Poll, ready},
};

use actix::{
    dev::MessageResponse,
    fut::{ActorFuture, wrap_future},
    prelude::*,
};
use tokio::sync::oneshot;

use crate::{
    catch,
    inflight::{Reply, Ticket},
    poison::MessageKind,
};

/// A `Handler::Result` whose end the supervisor sees, and whose panic reaches the guard.
///
/// Plain values (and `Option`, `Vec`, `Arc`, `Result` of anything), `MessageResult<M>` for all other
/// types, `ResponseActFuture` and `AtomicResponse` are. `ResponseFuture` is not: actix spawns it as a
/// task of its own, where a panic kills nobody and tells nobody, and a restart does not stop it.
///
/// ```compile_fail
/// use actix::prelude::*;
/// use supervision::{Capacity, Lane, OnLane, Ref};
/// struct Fetcher;
/// impl Actor for Fetcher { type Context = Context<Self>; }
/// #[derive(Message)] #[rtype(result = "u8")] struct Fetch;
/// impl OnLane for Fetch { const LANE: Lane = Lane::Commands; }
/// impl Handler<Fetch> for Fetcher {
///     type Result = ResponseFuture<u8>;
///     fn handle(&mut self, _: Fetch, _: &mut Context<Self>) -> Self::Result { Box::pin(async { 1 }) }
/// }
/// // error: the result of this handler escapes its supervisor
/// let _ = Ref::<Fetcher>::new("fetcher", Capacity::default()).tell(Fetch);
/// ```
#[diagnostic::on_unimplemented(
    message = "the result of this handler escapes its supervisor",
    label = "`{Self}` is polled outside the actor, or is not known to be polled inside",
    note = "return a plain value, `MessageResult<M>`, `ResponseActFuture<Self, T>` or `AtomicResponse<Self, T>`",
    note = "a future becomes a `ResponseActFuture` by `Box::pin(future.into_actor(self))`"
)]
pub trait Answer<A: Actor<Context = Context<A>>, M: Message>: private::Sealed {
    #[doc(hidden)]
    fn settle(self, ctx: &mut Context<A>, reply: Option<Reply<M::Result>>, ticket: Ticket);
}

mod private {
    pub trait Sealed {}
}

/// The permit goes back before the answer: who has an answer finds room for the next question.
fn reply_now<R: Send + 'static>(value: R, reply: Option<Reply<R>>, ticket: Ticket) {
    match reply {
        Some(reply) => {
            ticket.end_before_answer();
            reply.send(Ok(value));
        }
        None => drop(ticket),
    }
}

// === plain values: over when the handler returns ===

macro_rules! plain {
    ($([$($generic:ident),*] $type:ty),* $(,)?) => {$(
        impl<$($generic),*> private::Sealed for $type {}
        impl<A, Msg, $($generic: 'static),*> Answer<A, Msg> for $type
        where
            A: Actor<Context = Context<A>>,
            Msg: Message<Result = $type>,
            $type: Send,
        {
            fn settle(self, _: &mut Context<A>, reply: Option<Reply<$type>>, ticket: Ticket) {
                reply_now(self, reply, ticket)
            }
        }
    )*};
}

plain!(
    [] (), [] bool, [] u8, [] u16, [] u32, [] u64, [] usize, [] i8, [] i16, [] i32, [] i64, [] isize,
    [] f32, [] f64, [] char, [] String,
    [T] Option<T>, [T] Vec<T>, [T] Arc<T>, [T, E] Result<T, E>,
);

impl<M: Message> private::Sealed for MessageResult<M> {}
impl<A, M> Answer<A, M> for MessageResult<M>
where
    A: Actor<Context = Context<A>>,
    M: Message,
    M::Result: Send,
{
    fn settle(self, _: &mut Context<A>, reply: Option<Reply<M::Result>>, ticket: Ticket) {
        reply_now(self.0, reply, ticket)
    }
}

// === ResponseActFuture: polled inside the actor, so the future carries the ticket ===

struct Followed<A: Actor, R> {
    future: ResponseActFuture<A, R>,
    kind: MessageKind,
    end: Option<(Option<Reply<R>>, Ticket)>,
}

impl<A: Actor, R> Unpin for Followed<A, R> {}

impl<A: Actor, R: Send + 'static> ActorFuture<A> for Followed<A, R> {
    type Output = ();

    fn poll(
        self: Pin<&mut Self>,
        actor: &mut A,
        ctx: &mut A::Context,
        cx: &mut TaskContext<'_>,
    ) -> Poll<()> {
        let me = self.get_mut();
        let value = ready!(catch::handling(me.kind, || me
            .future
            .as_mut()
            .poll(actor, ctx, cx)));
        if let Some((reply, ticket)) = me.end.take() {
            reply_now(value, reply, ticket);
        }
        Poll::Ready(())
    }
}

impl<A, R> private::Sealed for ResponseActFuture<A, R> {}
impl<A, M> Answer<A, M> for ResponseActFuture<A, M::Result>
where
    A: Actor<Context = Context<A>>,
    M: Message + 'static,
    M::Result: Send,
{
    fn settle(self, ctx: &mut Context<A>, reply: Option<Reply<M::Result>>, ticket: Ticket) {
        ctx.spawn(Followed {
            future: self,
            kind: MessageKind::of::<M>(),
            end: Some((reply, ticket)),
        });
    }
}

// === AtomicResponse: its future is private to actix, so a second future waits for what it sends ===

impl<A, R> private::Sealed for AtomicResponse<A, R> {}
impl<A, M> Answer<A, M> for AtomicResponse<A, M::Result>
where
    A: Actor<Context = Context<A>>,
    M: Message + 'static,
    M::Result: Send,
{
    fn settle(self, ctx: &mut Context<A>, reply: Option<Reply<M::Result>>, ticket: Ticket) {
        let (tx, rx) = oneshot::channel::<M::Result>();
        MessageResponse::<A, M>::handle(self, ctx, Some(tx));
        // While the atomic future runs actix polls nothing else of this actor: blame it for a panic.
        ticket.is_alone(Some(MessageKind::of::<M>()));
        ctx.spawn(wrap_future::<_, A>(rx).map(move |value, _, _| {
            ticket.is_alone(None);
            // No value: the future was dropped unfinished, and dropping the reply says `Crashed`.
            if let Ok(value) = value {
                reply_now(value, reply, ticket);
            }
        }));
    }
}

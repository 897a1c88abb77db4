//! The one reference to a child, and what can go wrong with a message.

use std::{fmt, sync::Arc, sync::atomic::Ordering::*, time::Duration};

use actix::prelude::*;
use tokio::sync::{TryAcquireError, oneshot};

use crate::{
    answer::Answer,
    inflight::Reply,
    lane::{Capacity, Lane, OnLane},
    letter::{Ping, Post},
    queue::Queue,
    vitals::{Depth, Vitals},
};

/// Why a message was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// As many messages as the lane holds are queued or in flight.
    #[error("its queue is full")]
    Full,
    /// A query, while the actor is down.
    #[error("it is down")]
    Down,
    /// The actor is gone for good.
    #[error("it has stopped for good")]
    Stopped,
    /// This message type is in quarantine.
    #[error("this message type is in quarantine")]
    Poisoned,
}

/// Why there is no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AskError {
    /// The question was not taken.
    #[error("not asked: {0}")]
    Refused(#[from] Refused),
    /// The incarnation that was handling the message ended. It may have been handled in part.
    #[error("the actor crashed while answering")]
    Crashed,
    /// The deadline passed. If the message had not begun, it never will.
    #[error("no answer in time")]
    Timeout,
}

/// A message that was refused comes back to its sender.
pub struct Unsent<M> {
    /// The message.
    pub message: M,
    /// Why it was not taken.
    pub why: Refused,
}

impl<M> fmt::Debug for Unsent<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Unsent({:?})", self.why)
    }
}

/// The child's address: it never changes, whatever happens to the actor behind it.
///
/// Made before the tree and given to whoever needs it. A handler's result must be one that the
/// supervisor can follow to its end, see [`Answer`].
pub struct Ref<A: Actor>(pub(crate) Arc<Queue<A>>);

impl<A: Actor> Clone for Ref<A> {
    fn clone(&self) -> Self {
        Ref(self.0.clone())
    }
}

impl<A: Actor> fmt::Debug for Ref<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Ref({})", self.0.office.name)
    }
}

impl<A: Actor<Context = Context<A>>> Ref<A> {
    /// An address for a child that does not live yet. Commands may be sent to it already.
    pub fn new(name: impl Into<Arc<str>>, capacity: Capacity) -> Self {
        Ref(Arc::new(Queue::new(name.into(), capacity)))
    }

    /// Sends, and never waits.
    ///
    /// # Errors
    /// The message comes back when the lane is full, the actor gone, its type in quarantine, or a
    /// query meets an actor that is down.
    pub fn tell<M>(&self, message: M) -> Result<(), Unsent<M>>
    where
        M: OnLane + Send + 'static,
        M::Result: Send,
        A: Handler<M>,
        <A as Handler<M>>::Result: Answer<A, M>,
    {
        match self.take_permit::<M>() {
            Ok(()) => self.post(message, None),
            Err(why) => Err(self.refused(message, why)),
        }
    }

    /// Sends, and waits for room: the sender slows down to the actor's pace.
    ///
    /// # Errors
    /// As [`tell`](Self::tell), except `Full`.
    pub async fn tell_wait<M>(&self, message: M) -> Result<(), Unsent<M>>
    where
        M: OnLane + Send + 'static,
        M::Result: Send,
        A: Handler<M>,
        <A as Handler<M>>::Result: Answer<A, M>,
    {
        match self.take_permit::<M>() {
            Ok(()) => return self.post(message, None),
            Err(Refused::Full) => {}
            Err(why) => return Err(self.refused(message, why)),
        }
        match self.0.office.rooms.of(M::LANE).acquire().await {
            Ok(permit) => permit.forget(),
            Err(_closed) => return Err(self.refused(message, Refused::Stopped)),
        }
        // Much may have happened during the wait.
        if let Err(why) = self.is_welcome::<M>() {
            self.0.office.rooms.give_back(M::LANE);
            return Err(self.refused(message, why));
        }
        self.post(message, None)
    }

    /// Sends, and waits for the answer until the deadline. It waits for no room: a full lane is an
    /// answer.
    ///
    /// # Errors
    /// [`AskError`].
    pub async fn ask<M>(&self, message: M, deadline: Duration) -> Result<M::Result, AskError>
    where
        M: OnLane + Send + 'static,
        M::Result: Send,
        A: Handler<M>,
        <A as Handler<M>>::Result: Answer<A, M>,
    {
        if let Err(why) = self.take_permit::<M>() {
            return Err(AskError::Refused(self.refused(message, why).why));
        }
        let (tx, rx) = oneshot::channel();
        self.post(message, Some(Reply::new(tx)))
            .map_err(|unsent| AskError::Refused(unsent.why))?;
        answer(rx, deadline).await
    }

    /// Asks for a sign of life that travels the query lane and the actor's own loop. No handler is
    /// needed. Says how long it took.
    ///
    /// # Errors
    /// [`AskError`].
    pub async fn ping(&self, deadline: Duration) -> Result<Duration, AskError> {
        self.take_permit_of(Lane::Queries)?;
        let asked = tokio::time::Instant::now();
        let (tx, rx) = oneshot::channel();
        if let Err(letter) = self.0.post(Lane::Queries, Box::new(Ping(Reply::new(tx)))) {
            letter.refuse(Refused::Stopped);
        }
        answer(rx, deadline).await?;
        Ok(asked.elapsed())
    }

    fn is_welcome<M: OnLane + 'static>(&self) -> Result<(), Refused> {
        self.is_open(M::LANE)?;
        if self.0.office.ward.refuses::<M>() {
            return Err(Refused::Poisoned);
        }
        Ok(())
    }

    fn is_open(&self, lane: Lane) -> Result<(), Refused> {
        if self.0.office.is_dead() {
            Err(Refused::Stopped)
        } else if lane == Lane::Queries && !self.0.office.is_up() {
            Err(Refused::Down)
        } else {
            Ok(())
        }
    }

    fn take_permit<M: OnLane + 'static>(&self) -> Result<(), Refused> {
        self.is_welcome::<M>()?;
        self.take_room(M::LANE)
    }

    fn take_permit_of(&self, lane: Lane) -> Result<(), Refused> {
        self.is_open(lane)?;
        self.take_room(lane)
    }

    fn take_room(&self, lane: Lane) -> Result<(), Refused> {
        match self.0.office.rooms.of(lane).try_acquire() {
            Ok(permit) => {
                permit.forget();
                Ok(())
            }
            Err(TryAcquireError::NoPermits) => Err(Refused::Full),
            Err(TryAcquireError::Closed) => Err(Refused::Stopped),
        }
    }

    fn refused<M>(&self, message: M, why: Refused) -> Unsent<M> {
        self.0.office.vitals.refused.0.fetch_add(1, Relaxed);
        Unsent { message, why }
    }

    fn post<M>(&self, message: M, reply: Option<Reply<M::Result>>) -> Result<(), Unsent<M>>
    where
        M: OnLane + Send + 'static,
        M::Result: Send,
        A: Handler<M>,
        <A as Handler<M>>::Result: Answer<A, M>,
    {
        let posted = self.0.post(M::LANE, Box::new(Post { message, reply }));
        let Err(letter) = posted else {
            if self.0.office.is_dead() {
                self.0.drain_closed();
            }
            return Ok(());
        };
        match letter.into_any().downcast::<Post<M>>() {
            Ok(post) => Err(self.refused(post.message, Refused::Stopped)),
            // The letter is the one just made; were it not, its asker would still learn `Crashed`.
            Err(_) => Ok(()),
        }
    }

    /// The child's name among its siblings.
    pub fn name(&self) -> &str {
        &self.0.office.name
    }
    /// Queued and in flight.
    pub fn depth(&self, lane: Lane) -> Depth {
        self.0.office.rooms.depth(lane)
    }
    /// Whether it is serving messages.
    pub fn is_up(&self) -> bool {
        self.0.office.is_up()
    }
    /// Its counters.
    pub fn vitals(&self) -> &Vitals {
        &self.0.office.vitals
    }
}

async fn answer<R>(
    rx: oneshot::Receiver<Result<R, AskError>>,
    deadline: Duration,
) -> Result<R, AskError> {
    match tokio::time::timeout(deadline, rx).await {
        Ok(Ok(answer)) => answer,
        Ok(Err(_dropped)) => Err(AskError::Crashed),
        Err(_elapsed) => Err(AskError::Timeout),
    }
}

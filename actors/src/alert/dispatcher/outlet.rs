//! The way from the dispatcher to a sink, whatever sink it is.

use std::{sync::Arc, time::Duration};

use actix::prelude::*;
use futures::future::{FutureExt, LocalBoxFuture};
use supervision::{AskError, Ref};

use crate::{
    alert::sink::{Sink, SinkActor, SinkError, Undelivered},
    collector::Reason,
    messages::{Beat, Deliver, Delivered, Reconcile, Reconciled},
};

/// A sink's name, and its address.
#[derive(Clone)]
pub struct Outlet {
    pub(super) name: Arc<str>,
    /// [`Sink::KEEPS`]
    pub(super) keeps: bool,
    pub(super) to: Arc<dyn Reach>,
}

impl Outlet {
    /// To a sink of this name.
    pub fn new<S: Sink>(name: impl Into<Arc<str>>, sink: Ref<SinkActor<S>>) -> Self {
        Outlet {
            name: name.into(),
            keeps: S::KEEPS,
            to: Arc::new(sink),
        }
    }
}

type Answer<T> = LocalBoxFuture<'static, T>;

/// What every sink can be asked.
pub(super) trait Reach: Send + Sync {
    fn deliver(&self, deliver: Deliver, wait: Duration) -> Answer<Result<Delivered, Undelivered>>;
    fn reconcile(
        &self,
        reconcile: Reconcile,
        wait: Duration,
    ) -> Answer<Result<Reconciled, SinkError>>;
    fn beat(&self, beat: Beat, wait: Duration) -> Answer<Result<(), SinkError>>;
}

impl<S: Sink> Reach for Ref<SinkActor<S>>
where
    SinkActor<S>: Actor<Context = Context<SinkActor<S>>>,
{
    fn deliver(&self, deliver: Deliver, wait: Duration) -> Answer<Result<Delivered, Undelivered>> {
        let sink = self.clone();
        async move {
            let answer = sink.ask(deliver, wait).await;
            answer.unwrap_or_else(|error| Err(Undelivered::nothing(unanswered(error))))
        }
        .boxed_local()
    }

    fn reconcile(
        &self,
        reconcile: Reconcile,
        wait: Duration,
    ) -> Answer<Result<Reconciled, SinkError>> {
        let sink = self.clone();
        async move {
            let answer = sink.ask(reconcile, wait).await;
            answer.unwrap_or_else(|error| Err(unanswered(error)))
        }
        .boxed_local()
    }

    fn beat(&self, beat: Beat, wait: Duration) -> Answer<Result<(), SinkError>> {
        let sink = self.clone();
        async move {
            let answer = sink.ask(beat, wait).await;
            answer.unwrap_or_else(|error| Err(unanswered(error)))
        }
        .boxed_local()
    }
}

/// The actor of a sink that does not answer is our own trouble.
fn unanswered(error: AskError) -> SinkError {
    let (reason, detail) = match error {
        AskError::Timeout => (Reason::Timeout, "its actor does not answer"),
        AskError::Crashed => (Reason::Unavailable, "its actor crashed while sending"),
        AskError::Refused(_) => (Reason::Unavailable, "its actor takes nothing"),
    };
    SinkError::retry(reason, detail)
}

//! One child after the other: starting them in order, stopping them in order.

use std::{
    collections::VecDeque,
    future::Future,
    pin::Pin,
    task::{Context as TaskContext, Poll, ready},
};

use actix::{Context, fut::ActorFuture};
use tokio::time::timeout;

use super::Overseer;

/// True when it took too long.
type Waiting = Pin<Box<dyn Future<Output = bool>>>;

/// Starts children, each when the one before serves, has failed, or has had its time.
pub(super) struct StartInOrder {
    ids: VecDeque<u64>,
    turn: u64,
    waiting: Option<Waiting>,
}

impl StartInOrder {
    /// Only those whose turn it still is when they come to be started.
    pub(super) fn new(ids: VecDeque<u64>, turn: u64) -> Self {
        StartInOrder {
            ids,
            turn,
            waiting: None,
        }
    }
}

impl ActorFuture<Overseer> for StartInOrder {
    type Output = ();

    fn poll(
        mut self: Pin<&mut Self>,
        overseer: &mut Overseer,
        _: &mut Context<Overseer>,
        cx: &mut TaskContext<'_>,
    ) -> Poll<()> {
        loop {
            if let Some(waiting) = &mut self.waiting {
                let _too_long = ready!(waiting.as_mut().poll(cx));
                self.waiting = None;
            }
            let Some(id) = self.ids.pop_front() else {
                return Poll::Ready(());
            };
            let launched = overseer.launch_in_turn(id, self.turn);
            if let Some(next) = self.ids.front() {
                // To start a thread takes as long as a child does, on another processor.
                overseer.have_thread_at_hand(*next);
            }
            self.waiting = launched.map(|(life, start_within)| -> Waiting {
                Box::pin(async move { timeout(start_within, life.until_settled()).await.is_err() })
            });
        }
    }
}

/// Stops children, each within its own deadline; who does not stop is abandoned.
pub(super) struct StopInOrder {
    ids: VecDeque<u64>,
    waiting: Option<(u64, Waiting)>,
}

impl StopInOrder {
    pub(super) fn new(ids: Vec<u64>) -> Self {
        StopInOrder {
            ids: ids.into(),
            waiting: None,
        }
    }
}

impl ActorFuture<Overseer> for StopInOrder {
    type Output = ();

    fn poll(
        mut self: Pin<&mut Self>,
        overseer: &mut Overseer,
        _: &mut Context<Overseer>,
        cx: &mut TaskContext<'_>,
    ) -> Poll<()> {
        loop {
            if let Some((id, waiting)) = &mut self.waiting {
                if ready!(waiting.as_mut().poll(cx)) {
                    overseer.kill(*id);
                }
                self.waiting = None;
            }
            let Some(id) = self.ids.pop_front() else {
                return Poll::Ready(());
            };
            self.waiting = overseer.ask_to_stop(id).map(|(life, deadline)| {
                let over: Waiting =
                    Box::pin(async move { timeout(deadline, life.until_over()).await.is_err() });
                (id, over)
            });
        }
    }
}

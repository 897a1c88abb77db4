//! Work beside the actor whose panic is the actor's.
//!
//! What `ctx.spawn` and `ctx.wait` run is inside the guard already. `actix_rt::spawn` and
//! `spawn_blocking` are not: a panic there is seen by nobody. These are their guarded forms; both end
//! with the incarnation (a blocking closure that has begun runs to its end, its result unheard).

use std::{
    future::{Future, poll_fn},
    pin::Pin,
    task::Poll,
};

use actix::{fut::wrap_future, prelude::*};
use tokio::task::JoinHandle;

use crate::{catch, exit::Exit};

struct AbortOnDrop<T>(JoinHandle<T>);

impl<T> Drop for AbortOnDrop<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Runs `future` as a task of its own on the actor's thread: it goes on while the actor awaits.
#[expect(clippy::disallowed_methods, reason = "this is the guarded form")]
pub fn spawn_guarded<A, F>(ctx: &mut Context<A>, future: F) -> SpawnHandle
where
    A: Actor<Context = Context<A>>,
    F: Future<Output = ()> + 'static,
{
    let mut future = Box::pin(future);
    let guarded = poll_fn(move |cx| match catch::catch(|| future.as_mut().poll(cx)) {
        Ok(polled) => polled.map(Ok),
        Err(exit) => Poll::Ready(Err(exit)),
    });
    follow(ctx, actix_rt::spawn(guarded), |(), _, _| {})
}

/// Runs `work` on the blocking pool, then `then` inside the actor.
pub fn spawn_blocking_guarded<A, T>(
    ctx: &mut Context<A>,
    work: impl FnOnce() -> T + Send + 'static,
    then: impl FnOnce(T, &mut A, &mut Context<A>) + 'static,
) -> SpawnHandle
where
    A: Actor<Context = Context<A>>,
    T: Send + 'static,
{
    let work = tokio::task::spawn_blocking(move || catch::catch(work));
    follow(ctx, work, then)
}

fn follow<A, T: 'static>(
    ctx: &mut Context<A>,
    task: JoinHandle<Result<T, Exit>>,
    then: impl FnOnce(T, &mut A, &mut Context<A>) + 'static,
) -> SpawnHandle
where
    A: Actor<Context = Context<A>>,
{
    let mut task = AbortOnDrop(task);
    let joined = async move { Pin::new(&mut task.0).await };
    ctx.spawn(
        wrap_future::<_, A>(joined).map(move |joined, actor, ctx| match joined {
            Ok(Ok(value)) => then(value, actor, ctx),
            Ok(Err(exit)) => catch::crash(exit),
            Err(cancelled) => catch::crash(Exit::Error(cancelled.to_string())),
        }),
    )
}

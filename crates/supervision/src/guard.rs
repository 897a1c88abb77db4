//! Polls one incarnation: catches its panics, keeps its vitals, reports its exit.
//!
//! Everything of an actor is polled inside its `ContextFut` (handlers, `started`, timers, spawned and
//! awaited actor futures), so one `catch_unwind` around it sees every panic.

use std::{
    future::Future,
    pin::Pin,
    sync::{Arc, atomic::Ordering::*},
    task::{Context as TaskContext, Poll},
    time::Duration,
};

use actix::{dev::ContextFut, prelude::*};

use crate::{
    catch,
    exit::{self, Exit},
    fault::Fault,
    life::Life,
    queue::Queue,
};

/// What an incarnation tells its overseer.
#[derive(Debug)]
pub(crate) enum Report {
    Up,
    Exit {
        exit: Exit,
        quarantined: Option<(&'static str, Duration)>,
    },
}

pub(crate) type Reporter = Box<dyn Fn(Report) + Send>;

pub(crate) struct Guard<A: Actor<Context = Context<A>>> {
    pub(crate) incarnation: Option<ContextFut<A, Context<A>>>,
    pub(crate) queue: Arc<Queue<A>>,
    pub(crate) life: Arc<Life>,
    pub(crate) report: Reporter,
    pub(crate) stop_asked: bool,
    pub(crate) up: bool,
}

impl<A: Actor<Context = Context<A>>> Unpin for Guard<A> {}

impl<A: Actor<Context = Context<A>>> Future for Guard<A> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut TaskContext<'_>) -> Poll<()> {
        let me = self.get_mut();
        let fault = me.take_controls(cx);
        if !me.is_current() {
            // Abandoned, and the handler has come back at last.
            me.bury();
            return Poll::Ready(());
        }
        let Some(incarnation) = me.incarnation.as_mut() else {
            return Poll::Ready(());
        };
        exit::take_given(); // another actor on this thread may have left one
        catch::set_handling(me.life.flight.alone());
        let vitals = &me.queue.office.vitals;
        vitals.begin();
        let polled = catch::catch(|| {
            if let Some(fault) = fault {
                fault.strike();
            }
            Pin::new(incarnation).poll(cx)
        });
        if !me.is_current() {
            me.bury();
            return Poll::Ready(());
        }
        me.queue.office.vitals.busy_since.store(0, Release);
        let exit = match polled {
            Ok(Poll::Pending) => {
                if !me.up && me.queue.office.is_up() {
                    me.up = true;
                    (me.report)(Report::Up);
                }
                return Poll::Pending;
            }
            Ok(Poll::Ready(())) => exit::take_given().unwrap_or(if me.stop_asked {
                Exit::Shutdown
            } else {
                Exit::Normal
            }),
            Err(exit) => exit,
        };
        me.end(exit);
        Poll::Ready(())
    }
}

impl<A: Actor<Context = Context<A>>> Guard<A> {
    fn is_current(&self) -> bool {
        self.queue.office.is_current(self.life.generation)
    }

    fn take_controls(&mut self, cx: &mut TaskContext<'_>) -> Option<Fault> {
        let told = self.life.controls.take(cx);
        if let Some(incarnation) = self.incarnation.as_mut() {
            if told.stop {
                self.stop_asked = true;
                incarnation.ctx().stop();
            } else if told.fault == Some(Fault::Stop) {
                incarnation.ctx().stop();
            }
        }
        told.fault
    }

    fn end(&mut self, exit: Exit) {
        let kind = catch::take_handling();
        let quarantined = match (&exit, kind) {
            (Exit::Panic(_), Some(kind)) => self
                .queue
                .office
                .ward
                .note(kind)
                .map(|lasts| (kind.name, lasts)),
            _ => None,
        };
        self.queue.set_up(self.life.generation, false);
        // The successor starts when the report is in: by then this actor holds nothing any more.
        self.drop_actor();
        (self.report)(Report::Exit { exit, quarantined });
        self.life.returned();
    }

    fn bury(&mut self) {
        self.drop_actor();
        self.life.returned();
    }

    /// Drops the actor and all its futures; on broken state no hook runs.
    fn drop_actor(&mut self) {
        if let Some(mut incarnation) = self.incarnation.take() {
            // Terminated first: dropping a live `ContextFut` polls it once more, hooks and all.
            incarnation.ctx().terminate();
            // A panic while dropping has nobody left to harm.
            let _ = catch::catch(move || drop(incarnation));
        }
        if self.is_current() {
            self.life.flight.set_pumping(false); // a panic may have cut its work short
        }
    }
}

impl<A: Actor<Context = Context<A>>> Drop for Guard<A> {
    /// Its thread was stopped before it was polled again.
    fn drop(&mut self) {
        if self.incarnation.is_none() {
            return;
        }
        if self.is_current() {
            self.end(Exit::Killed);
        } else {
            self.bury();
        }
    }
}

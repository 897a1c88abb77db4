//! OTP-style supervision for actix.
//!
//! An actix actor that panics is gone: nobody is told, its mailbox is dropped, nothing restarts it;
//! and a handler that blocks takes every actor on its thread with it. This crate adds what is
//! missing, on actix's public API alone and without `unsafe`.
//!
//! # The words
//!
//! *Child*: an actor that is rebuilt by its start function after a failure. Each life is an
//! *incarnation* with a *generation*, counted from 1. What outlives incarnations is the *office*
//! that they hold in turn: the queue, the counters, the last exit. A [`Ref`] is its address for ever.
//!
//! *Supervisor* ([`Overseer`]): starts its children in the order of their specs, each when the one
//! before serves, has failed, or has had its time ([`ChildSpec::start_within`], 5 s); restarts them;
//! stops them in reverse order. It is itself an actor that another one can oversee, to any depth;
//! at the top is a [`Root`].
//!
//! *Restart type* ([`Restart`]): permanent (always restarted; the default), transient (only after an
//! abnormal exit), temporary (never, not even together with its siblings).
//!
//! *Strategy* ([`Strategy`]): who else is restarted when a child fails. `one_for_one` (nobody; the
//! default), `one_for_all`, `rest_for_one` (those started after it).
//!
//! *Intensity and period*: more than so many restarts within a sliding period (5 in 60 s), and the
//! supervisor gives up: it stops its children and ends with [`Exit::Intensity`], for its parent to
//! decide ([`Escalate::Parent`], the default). With [`Escalate::Never`] restarts are counted per
//! child, and a child that reaches the intensity is *degraded* until it has been up for the
//! `reset_after` of its backoff.
//!
//! *Backoff* ([`Backoff`]): the first restart after a healthy time (60 s) is immediate, then 100 ms
//! doubling to 30 s, ±20 %. OTP has none.
//!
//! *Shutdown*: a child that is asked to stop is abandoned after its deadline (5 s; supervisors are
//! given as long as their children need). The `stopping` and `stopped` hooks of actix run.
//!
//! *Significant child* and *auto-shutdown* ([`AutoShutdown`], never by default): a supervisor that
//! ends when any, or all, of its significant children have ended by themselves.
//!
//! *Link*: a child ends with its supervisor, however that ends. Its successor starts its children
//! anew; whoever is left of the old ones is fenced off.
//!
//! *Exit* ([`Exit`]): why an incarnation ended, typed, with the place of a panic.
//!
//! *Hang* and *stall*: a message (or a start) that keeps the thread for longer than the hang
//! deadline (5 s); messages that wait while none is settled (30 s). The incarnation is abandoned:
//! fenced off, its permits seized, its askers told `Crashed`, a successor started. Its thread may
//! finish the handler it is in and nothing else. More abandoned threads than the root bears
//! ([`ABANDONED_THREADS`], 8) end the tree with [`Exit::Threads`]. OTP's VM needs none of this.
//!
//! *Lane* ([`Lane`]): *commands* are held while the child is down, *queries* are refused at once.
//! Each lane has its capacity (64), work in flight included, and the lanes take turns.
//!
//! *Placement* ([`Placement`]): a thread of its own (the default, about 30 kB), or one shared with
//! others, for tests on one paused clock and for actors that never block. From the first restart on
//! a tree has a thread at hand for the next.
//!
//! *Checkpoint* ([`Checkpoint`]): what an incarnation leaves for the next (OTP: the heir of an ETS
//! table). *Quarantine* ([`Quarantine`], off by default): a message type that keeps killing its
//! actor is refused for a while.
//!
//! # The promises
//!
//! * A message that has not begun is lost to no panic, no hang and no restart.
//! * One panic crashes at most `concurrency` messages (1), and their askers learn it at once.
//! * A queue never holds more than its capacity; with asynchronous handlers, too, because a message
//!   gives its place back when its handler's *future* ends.
//! * An abandoned incarnation takes no message, answers nobody, leaves no checkpoint.
//! * [`Tree::snapshot`] asks nobody and never waits.
//!
//! # Where it differs from OTP
//!
//! A child that has ended for good stays so: its [`Ref`] is closed and senders are told `Stopped`;
//! OTP may start it again with its siblings. Children added while running survive a restart of
//! their supervisor. There is no `brutal_kill`: no thread can be killed, only abandoned.
//!
//! # An example
//!
//! ```
//! use actix::prelude::*;
//! use std::time::Duration;
//! use supervision::*;
//!
//! struct Counter(u64);
//! impl Actor for Counter {
//!     type Context = Context<Self>;
//! }
//!
//! #[derive(Message)]
//! #[rtype(result = "u64")]
//! struct Add(u64);
//! impl OnLane for Add {
//!     const LANE: Lane = Lane::Commands;
//! }
//! impl Handler<Add> for Counter {
//!     type Result = u64;
//!     fn handle(&mut self, add: Add, _: &mut Context<Self>) -> u64 {
//!         self.0 += add.0;
//!         assert!(self.0 < 100, "too much");
//!         self.0
//!     }
//! }
//!
//! System::new().block_on(async {
//!     let counter = Ref::<Counter>::new("counter", Capacity::default());
//!     let child = counter.clone();
//!     let root = Root::start("example", ABANDONED_THREADS, move || {
//!         Overseer::new(Strategy::OneForOne).child(ChildSpec::new(&child, |_, _| Counter(0)))
//!     });
//!
//!     let second = Duration::from_secs(1);
//!     assert_eq!(counter.ask(Add(1), second).await, Ok(1));
//!     assert_eq!(counter.ask(Add(100), second).await, Err(AskError::Crashed));
//!     assert_eq!(counter.ask(Add(1), second).await, Ok(1)); // the successor, by the same address
//!     assert_eq!(root.tree().snapshot().find("counter").map(|node| node.restarts), Some(1));
//!
//!     root.shutdown();
//!     assert!(matches!(root.exit().await, Exit::Shutdown));
//! });
//! ```

#[cfg(panic = "abort")]
compile_error!("supervision catches panics: build with panic = \"unwind\"");

mod alarm;
mod answer;
mod backoff;
mod board;
mod catch;
mod checkpoint;
mod controls;
mod event;
mod exit;
mod fault;
mod guard;
mod inflight;
mod intensity;
mod lane;
mod launch;
mod letter;
mod life;
mod office;
mod overseer;
mod poison;
mod pump;
mod queue;
mod realm;
mod reference;
mod root;
mod snapshot;
mod spec;
mod task;
mod threads;
mod vitals;

pub use alarm::{Alarm, every, later};
pub use answer::Answer;
pub use backoff::Backoff;
pub use catch::capture_backtraces;
pub use checkpoint::Checkpoint;
pub use event::{Event, EventKind};
pub use exit::{Exit, LastExit, Panic, fail};
pub use fault::{Fault, FaultError};
pub use inflight::Latch;
pub use lane::{Capacity, Lane, OnLane};
pub use overseer::{AddChild, AutoShutdown, Escalate, Overseer, RemoveChild, Strategy};
pub use poison::Quarantine;
pub use reference::{AskError, Ref, Refused, Unsent};
pub use root::{ABANDONED_THREADS, Root, Tree};
pub use snapshot::{Node, State};
pub use spec::{ChildSpec, NoSuchChild, NodeKind, Placement, Restart, SpecError, Start};
pub use task::{spawn_blocking_guarded, spawn_guarded};
pub use threads::Threads;
pub use vitals::{Depth, Vitals};

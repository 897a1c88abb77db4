//! OTP-style supervision for actix.

#[cfg(panic = "abort")]
compile_error!("supervision catches panics: build with panic = \"unwind\"");

mod answer;
mod backoff;
mod board;
mod catch;
mod checkpoint;
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
mod vitals;

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
pub use vitals::{Depth, Vitals};

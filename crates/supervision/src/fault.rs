//! Faults on purpose: what no panic and no hang can bring down must be shown to survive them.

use std::time::Duration;

/// A fault to strike a running incarnation with, see [`Root::inject`](crate::Root::inject).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It panics.
    Panic,
    /// Its thread blocks for this long, real time.
    Hang(Duration),
    /// It stops by itself, without a reason.
    Stop,
}

/// Why a fault could not be injected.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FaultError {
    /// The tree has no such path.
    #[error("no actor `{0}` in the tree")]
    NoSuchActor(String),
    /// The root decides about the life of the process: ask the process.
    #[error("the root cannot be struck: its end is the end of the process")]
    Root,
    /// Nothing is running there right now.
    #[error("`{0}` is not running")]
    NotRunning(String),
}

impl Fault {
    /// Panics or blocks, here and now. `Stop` is the guard's business.
    #[expect(
        clippy::disallowed_methods,
        reason = "blocking the thread is the point"
    )]
    pub(crate) fn strike(self) {
        match self {
            Fault::Panic => panic!("induced by fault injection"),
            Fault::Hang(time) => std::thread::sleep(time),
            Fault::Stop => {}
        }
    }
}

//! One binary, one story per file.
#![expect(
    clippy::disallowed_methods,
    reason = "stories block threads and spawn on purpose"
)]
#![allow(unreachable_pub)]
mod bound;
mod branch;
mod degraded;
mod hang;
mod lanes;
mod model;
mod quarantine;
mod restart;
mod tasks;
mod tree;
mod world;

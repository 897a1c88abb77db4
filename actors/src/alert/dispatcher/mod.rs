//! The dispatcher: everything that begins to fire or ends is numbered, put into the outbox, and given
//! to every sink, in order, until the sink has accepted it.
//!
//! What is sent is on disk first, unless the disk does not keep up: an alert never waits for a disk
//! for longer than [`PATIENCE`]. Each sink has a cursor of its own in the outbox; what it has not
//! accepted when the process ends is sent by the next one. What is sent twice has the same `id`.

mod active;
mod actor;
mod lane;
mod outlet;
mod settings;
#[cfg(test)]
mod tests;

pub use self::{
    actor::Dispatcher,
    outlet::Outlet,
    settings::{Cadence, DispatcherSettings, PATIENCE},
};

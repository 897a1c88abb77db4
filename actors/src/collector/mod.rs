//! One source of measurements, one file (or folder). A [`Collector`] only knows how to read its
//! source; the one actor that runs any of them does the rest.

pub mod iris;
pub mod network;
pub mod system;

mod actor;
#[cfg(test)]
mod actor_tests;
mod source;
mod told;
mod window;

pub use actor::{CollectorActor, CollectorSettings};
pub use source::{Absent, CollectError, Collected, Collector, Reason};

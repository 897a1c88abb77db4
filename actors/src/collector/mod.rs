//! One source of measurements, one file (or folder). A [`Collector`] only knows how to read its
//! source; the one actor that runs any of them does the rest.

pub mod application;
pub mod grafana;
pub mod iris;
pub mod network;
pub mod postgres;
pub mod redis;
pub mod scrape;
pub mod system;

mod actor;
#[cfg(test)]
mod actor_tests;
mod exposed;
mod name_pattern;
mod own_requests;
mod privacy;
mod source;
mod told;
mod window;

pub use actor::{CollectorActor, CollectorSettings};
pub use name_pattern::{NamePattern, NamePatternError};
pub use source::{Absent, CollectError, Collected, Collector, Reason};

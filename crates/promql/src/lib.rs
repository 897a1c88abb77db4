//! PromQL, as far as it is needed: vector selectors, which say which series are meant.
//!
//! A text passes a guard that refuses what the parser could not survive; then `promql-parser` makes a
//! tree of it, and [`Selector`] is made of that. Nothing here knows where series are kept.

#![forbid(unsafe_code)]

mod error;
mod guard;
mod limits;
mod matcher;
mod pattern;
mod scan;
mod selector;

pub use error::SelectorError;
pub use limits::Limits;
pub use selector::Selector;

/// The label that stands for the name of a metric.
pub const METRIC_NAME: &str = "__name__";

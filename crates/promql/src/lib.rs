//! PromQL with the semantics of Prometheus 3, over any [`Queryable`] store.
//!
//! A text passes a guard that refuses what the parser could not survive; then `promql-parser` makes a
//! tree of it. [`Selector`] is made of that, or a [`Query`], which is evaluated in three steps:
//! 1. each node is evaluated once, for all steps of the query;
//! 2. a selector asks the store once for all the time it needs, then a cursor per series walks over
//!    the steps;
//! 3. metric names that are due are dropped, and the result is given its shape.
//!
//! A series in flight is a row of values, one per step. Native histograms are not known.

#![forbid(unsafe_code)]

mod aggregate;
mod answer;
mod binary;
mod engine;
mod error;
mod eval;
mod expr;
mod functions;
mod labels;
mod limits;
mod matcher;
mod memory;
pub mod notation;
mod parse;
mod pattern;
mod print;
mod query;
mod queryable;
mod selector;
mod sum;
mod watch;

pub use answer::{Answer, Sample, SampleRow, Stats, Value};
pub use engine::Engine;
pub use error::{Error, ErrorKind, ParseError, Position};
pub use eval::STALE_BITS;
pub use labels::series_text;
pub use limits::Limits;
pub use matcher::{Matcher, Test};
pub use memory::MemoryStore;
pub use pattern::Pattern;
pub use query::{Query, QueryType};
pub use queryable::{Hints, Queryable, RawSeries, Reduction, SeriesIter, Summary};
pub use selector::Selector;
pub use watch::{Cancel, CancelOnDrop, Watch};

/// The label that stands for the name of a metric.
pub const METRIC_NAME: &str = "__name__";

//! Benchmarks by ratio: contenders do the same work in one run, each in a process of its own, in
//! several interleaved rounds. What is compared with a bar is the median ratio within a round.

mod bar;
mod bench;
mod noise;
mod options;
pub mod process;
mod results;
mod stats;
mod subject;
mod table;

pub use bar::Bar;
pub use bench::Bench;
pub use results::{Place, Results};
pub use stats::{Stats, quantile};
pub use subject::{Row, Sheet, Subject, Unit};

//! Unit tests of rules, in the format of `promtool test rules`.
//!
//! [`run`] reads a test file, evaluates its rules over its series in a store in memory, and compares
//! alerts and expressions with what the file expects.

mod compare;
mod file;
mod outcome;
mod run;
#[cfg(test)]
mod side_by_side;
#[cfg(test)]
mod tests;

pub use outcome::{Failure, Outcome, TestFileError};
pub use run::run;

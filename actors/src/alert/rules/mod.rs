//! Prometheus rule files: read, checked, and held as what the evaluator runs.
//!
//! [`load`] reads all files a set of patterns names, all or nothing: a [`RuleSet`], or every error
//! with file, line and reason.

mod check;
mod error;
mod file;
mod lint;
mod load;
#[cfg(test)]
mod malformed;
mod model;
#[cfg(test)]
mod tests;

pub use error::{LoadError, RuleError};
pub(crate) use file::{strict_yaml, yaml_error};
pub use lint::Remark;
pub use load::{MAX_FILE_BYTES, load, parse};
pub(crate) use load::{matching, read};
pub(crate) use model::metric_name;
pub use model::{Alerting, Group, Kind, Origin, Recording, Rule, RuleSet};

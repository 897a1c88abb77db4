//! What came of a test file.

use std::fmt;

use crate::alert::rules::LoadError;

/// What came of a test file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outcome {
    /// How many alerts and expressions were compared.
    pub comparisons: usize,
    /// What was not as expected.
    pub failures: Vec<Failure>,
    /// Patterns of rule files that match no file.
    pub unmatched: Vec<String>,
}

impl Outcome {
    /// Whether all was as expected.
    pub fn passed(&self) -> bool {
        self.failures.is_empty()
    }
}

/// One thing that was not as expected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The name of the test, or its number.
    pub test: String,
    /// What was looked at: an alert or an expression, and when.
    pub what: String,
    /// What there was, and what was expected.
    pub text: String,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}: {}", self.test, self.what, self.text)
    }
}

/// Why a test file could not be run.
#[derive(Debug, thiserror::Error)]
pub enum TestFileError {
    /// It, or one of its series, cannot be read.
    #[error("{file}{}: {reason}", place(*.at))]
    File {
        /// The test file.
        file: String,
        /// Line and column, from 1.
        at: Option<(u64, u64)>,
        /// What is wrong.
        reason: String,
    },
    /// Its rules cannot be read.
    #[error(transparent)]
    Rules(#[from] LoadError),
}

fn place(at: Option<(u64, u64)>) -> String {
    at.map(|(line, column)| format!(":{line}:{column}"))
        .unwrap_or_default()
}

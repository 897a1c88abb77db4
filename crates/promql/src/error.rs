//! Why a text is no selector. Where Prometheus has words for it, they are used.

use crate::limits::Limits;

/// Why a text is no selector, in words for whoever wrote it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SelectorError {
    /// More bytes than allowed.
    #[error("it is longer than {limit} bytes")]
    TooLong {
        /// The most there may be.
        limit: usize,
    },
    /// The parser would need too much of the stack.
    #[error("it is nested deeper than {}", Limits::NESTING)]
    TooDeep,
    /// The parser would take too long.
    #[error("there are more than {} operators", Limits::OPERATORS)]
    TooManyOperators,
    /// More regular expressions than allowed.
    #[error("there are more than {} regular expressions", Limits::PATTERNS)]
    TooManyPatterns,
    /// A regular expression that is too large once compiled.
    #[error("the regular expression {pattern:?} is too large; use fewer repetitions")]
    PatternTooLarge {
        /// As it was written.
        pattern: String,
    },
    /// Not a regular expression.
    #[error("the regular expression {pattern:?} is malformed: {why}")]
    Pattern {
        /// As it was written.
        pattern: String,
        /// What is wrong with it.
        why: String,
    },
    /// Not PromQL.
    #[error("parse error: {0}")]
    Syntax(String),
    /// PromQL, but something else.
    #[error("expected an instant vector selector such as up{{job=\"iris\"}}, got {0}")]
    NotASelector(&'static str),
    /// `{a="b" or c="d"}`, which the parser knows and Prometheus does not.
    #[error("parse error: unexpected \"or\" in label matching, expected \",\" or \"}}\"")]
    Or,
    /// Everything would be selected.
    #[error("match[] must contain at least one non-empty matcher")]
    Empty,
}

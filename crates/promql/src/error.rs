//! Why a text is not understood, and why a query has no answer. Where Prometheus has words for it,
//! they are used.

use std::fmt;

use crate::limits::Limits;

/// Why a text is no query or no selector, in words for whoever wrote it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParseError {
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
    #[error("{}parse error: {why}", Before(*at))]
    Syntax {
        /// Where, if that is known.
        at: Option<Position>,
        /// What is wrong.
        why: String,
    },
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

/// A place in a text, as people count: from one on, in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// The line.
    pub line: usize,
    /// Where in the line.
    pub column: usize,
}

/// A position in front of a message: `1:5: `.
struct Before(Option<Position>);

impl fmt::Display for Before {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(Position { line, column }) => write!(f, "{line}:{column}: "),
            None => Ok(()),
        }
    }
}

impl ParseError {
    /// Nobody knows where.
    pub(crate) fn syntax(why: impl Into<String>) -> Self {
        let why = why.into();
        ParseError::Syntax { at: None, why }
    }
}

/// Why a query has no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The text is no query.
    #[error(transparent)]
    Parse(#[from] ParseError),
    /// What is asked for along with the text is out of bounds.
    #[error("{0}")]
    Parameter(String),
    /// It cannot be evaluated on this data.
    #[error("{0}")]
    Execution(String),
    /// It would hold more samples than [`Limits::samples`].
    #[error("query processing would load too many samples into memory in query execution")]
    TooManySamples,
    /// A selector selects more series than [`Limits::series`].
    #[error("a selector selects more than {limit} series: narrow it")]
    TooManySeries {
        /// The most there may be.
        limit: usize,
    },
    /// It took longer than [`Limits::timeout`].
    #[error("query timed out in expression evaluation")]
    Timeout,
    /// Nobody waits for the answer any more.
    #[error("query was canceled in expression evaluation")]
    Canceled,
    /// The store could not read.
    #[error("expanding series: {0}")]
    Storage(String),
}

/// What kind of error it is, as the Prometheus API has them in `errorType`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// `bad_data`, status 400.
    BadData,
    /// `execution`, status 422.
    Execution,
    /// `timeout`, status 503.
    Timeout,
    /// `canceled`, status 499: there is nobody to see it.
    Canceled,
    /// `internal`, status 500.
    Internal,
}

impl ErrorKind {
    /// As in `errorType`.
    pub fn as_str(self) -> &'static str {
        match self {
            ErrorKind::BadData => "bad_data",
            ErrorKind::Execution => "execution",
            ErrorKind::Timeout => "timeout",
            ErrorKind::Canceled => "canceled",
            ErrorKind::Internal => "internal",
        }
    }
}

impl Error {
    /// What kind of error it is.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Error::Parse(_) | Error::Parameter(_) => ErrorKind::BadData,
            Error::Execution(_) | Error::TooManySamples | Error::TooManySeries { .. } => {
                ErrorKind::Execution
            }
            Error::Timeout => ErrorKind::Timeout,
            Error::Canceled => ErrorKind::Canceled,
            Error::Storage(_) => ErrorKind::Internal,
        }
    }

    pub(crate) fn execution(message: impl Into<String>) -> Self {
        Error::Execution(message.into())
    }

    /// Two series of a result have the same labels.
    pub(crate) fn same_labels() -> Self {
        Error::execution("vector cannot contain metrics with the same labelset")
    }
}

pub(crate) type Result<T> = std::result::Result<T, Error>;

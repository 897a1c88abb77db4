//! What is wrong with the settings, and where: every problem names its origin, the key, the value
//! and what is allowed instead.

use std::fmt;
use std::path::PathBuf;

use super::unreadable::Unreadable;
use super::value::show_path;

/// At most so many problems are shown; a file of the wrong kind has one in every line.
pub(super) const SHOWN: usize = 50;

/// Everything that is wrong with the settings, at most [`SHOWN`] of it in detail. Prints one
/// problem a line.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub(crate) struct SettingsError {
    /// File first, from its top to its end, then variables, then flags. Never empty.
    pub(crate) problems: Vec<Problem>,
    /// How many more there are.
    pub(crate) omitted: usize,
}

impl fmt::Display for SettingsError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.problems.iter().enumerate() {
            let separator = if index == 0 { "" } else { "\n" };
            write!(formatter, "{separator}{problem}")?;
        }
        match self.omitted {
            0 => Ok(()),
            omitted => write!(formatter, "\nand {omitted} more"),
        }
    }
}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{origin}: {fault}")]
pub(crate) struct Problem {
    /// Where it was said.
    pub(crate) origin: Origin,
    /// What is wrong with it.
    pub(crate) fault: Fault,
}

/// Where a setting comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// The settings file.
    File {
        /// The path as it was given.
        path: PathBuf,
        /// Line, from 1.
        line: usize,
        /// Character in the line, from 1.
        column: usize,
    },
    /// An environment variable.
    Variable(String),
    /// A flag of the command line.
    Flag(&'static str),
}

impl fmt::Display for Origin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { path, line, column } => {
                write!(formatter, "{}:{line}:{column}", show_path(path))
            }
            Self::Variable(name) => formatter.write_str(name),
            Self::Flag(flag) => formatter.write_str(flag),
        }
    }
}

/// What is wrong with one setting, or with the file as a whole.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub(crate) enum Fault {
    /// The file cannot be read.
    #[error("{} {reason}", show_path(path))]
    Unreadable {
        /// The file's path as it was given.
        path: PathBuf,
        /// Why, and what to do.
        reason: Unreadable,
    },
    /// The file is not TOML. Never quotes the file: there may be a secret in the line.
    #[error("not valid TOML: {message}")]
    Syntax {
        /// What the parser says.
        message: String,
    },
    /// A known key with a value it cannot have.
    #[error("{key} = {value} {reason}; allowed: {allowed}")]
    Invalid {
        /// The key's path, such as `collect.interval`.
        key: String,
        /// The value as written, shortened.
        value: String,
        /// What is wrong with it, as a predicate.
        reason: String,
        /// What may stand there.
        allowed: String,
    },
    /// Something that must be said is not.
    #[error("{key} is missing; allowed: {allowed}")]
    Missing {
        /// The key's path.
        key: String,
        /// What may stand there.
        allowed: String,
    },
    /// A key nobody knows. Its value is not shown: it may be a secret under a mistyped name.
    #[error("unknown key {key}; {remedy}")]
    UnknownKey {
        /// The key's path, shortened.
        key: String,
        /// The nearest known keys, or all of that section.
        remedy: String,
    },
    /// A variable that starts as ours do and names no setting.
    #[error("unknown variable; {remedy}")]
    UnknownVariable {
        /// The nearest known variables, or all of that section.
        remedy: String,
    },
    /// A variable with a token that is none, which is not shown.
    #[error("{reason}")]
    Token {
        /// What is wrong, and what is allowed.
        reason: String,
    },
    /// A variable that is not text.
    #[error("is not UTF-8; set it to text, or unset it")]
    NotText,
}

//! What can go wrong for the caller. What goes wrong with the disk later is told by
//! [`Durable`](crate::Durable).

use std::{io, path::PathBuf};

/// Why an outbox could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The directory, or a file in it, could not be read or made.
    #[error("{path}: {error}; make the directory writable, or choose another one")]
    Io {
        /// Which.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// A later version of this program has written it.
    #[error(
        "{path}: is of format {found}, and this program knows formats up to {known}: use the program that wrote it, or move the directory away"
    )]
    Newer {
        /// Which segment.
        path: PathBuf,
        /// Its version.
        found: u32,
        /// The latest version that is understood.
        known: u32,
    },
    /// There is no thread to be had.
    #[error("no thread to write the outbox: {0}")]
    Thread(io::Error),
}

/// Why a record was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AppendError {
    /// It is longer than [`Options::max_payload`](crate::Options::max_payload), or than the whole
    /// queue may be.
    #[error("a record of {length} bytes is longer than {limit}: shorten it")]
    TooLong {
        /// Its length in bytes.
        length: usize,
        /// What is allowed.
        limit: usize,
    },
}

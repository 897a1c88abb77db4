//! Why a settings file cannot be read, with what to do about it.

/// Why a settings file cannot be read. Written as a predicate of the path.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unreadable {
    /// Nothing is there.
    #[error("does not exist; name an existing file, or none for the defaults")]
    Missing,
    /// A directory is there.
    #[error("is a directory; name the file in it")]
    Directory,
    /// A pipe, a socket or a device, which could keep the reader waiting for ever.
    #[error("is not a regular file; name a file on disk")]
    NotAFile,
    /// Nobody writes that many settings by hand.
    #[error("is larger than {limit} bytes; is it a settings file?")]
    TooLarge {
        /// The largest file that is read, in bytes.
        limit: u64,
    },
    /// Bytes that are no text.
    #[error("is not UTF-8 at line {line}, column {column}; save it as UTF-8")]
    NotText {
        /// Line of the first wrong byte, from 1.
        line: usize,
        /// Character in the line, from 1.
        column: usize,
    },
    /// The operating system says no.
    #[error("cannot be read: {reason}; give the user Vitals runs as the right to read it")]
    Denied {
        /// What the operating system says.
        reason: String,
    },
    /// Anything else the operating system says.
    #[error("cannot be read: {reason}")]
    Failed {
        /// What the operating system says.
        reason: String,
    },
}

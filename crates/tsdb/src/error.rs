//! What can go wrong, and what to do about it.

use std::{io, path::PathBuf};

/// Why a directory cannot be opened. All other trouble is in [`Recovered`](crate::Recovered).
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process has it open.
    #[error("{} is held by {}: end it, or choose another directory", dir.display(), holder(*pid))]
    Held {
        /// The directory.
        dir: PathBuf,
        /// The other process, where it is known.
        pid: Option<u32>,
    },
    /// A newer program wrote it. Nothing was touched.
    #[error(
        "{} has format {version}, this program knows {known}: start a newer one, or choose another directory",
        file.display(), known = crate::FORMAT_VERSION
    )]
    Newer {
        /// The first such file found.
        file: PathBuf,
        /// Its version.
        version: u16,
    },
    /// It is not there and cannot be made, or cannot even be listed.
    #[error("{}: {source}", dir.display())]
    Directory {
        /// The directory.
        dir: PathBuf,
        /// What the file system says.
        source: io::Error,
    },
}

fn holder(pid: Option<u32>) -> String {
    pid.map_or("another process".into(), |pid| format!("process {pid}"))
}

/// Why something could not be written. Nothing is lost by it: try again.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// A successor has taken over; end.
    #[error("another writer has taken over the journal")]
    Fenced,
    /// The file system refused.
    #[error("{what} {}: {source}", path.display())]
    Io {
        /// What was done.
        what: &'static str,
        /// Where.
        path: PathBuf,
        /// What the file system says.
        source: io::Error,
    },
}

impl JournalError {
    pub(crate) fn io(
        what: &'static str,
        path: impl Into<PathBuf>,
    ) -> impl FnOnce(io::Error) -> JournalError {
        let path = path.into();
        move |source| JournalError::Io { what, path, source }
    }
}

//! The history in a data directory that no service holds, for commands that look into it.

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use tsdb::{Head, Journal, OpenError, Recovered};

use crate::{settings::Settings, store};

/// It, held for as long as this lives.
pub(in crate::command) struct Stored {
    pub(in crate::command) head: Head,
    pub(in crate::command) found: Recovered,
    _journal: Journal,
}

/// Why it cannot be looked into.
#[derive(Debug, thiserror::Error)]
pub(in crate::command) enum StoredError {
    #[error("{0} has no history in it")]
    Nothing(String),
    #[error(transparent)]
    Open(#[from] OpenError),
}

/// Where history is in a data directory.
///
/// # Errors
/// When there is none.
pub(in crate::command) fn folder(data: &Path) -> Result<PathBuf, StoredError> {
    let folder = data.join(store::FOLDER);
    match folder.is_dir() {
        true => Ok(folder),
        false => Err(StoredError::Nothing(data.display().to_string())),
    }
}

/// Opens it as the service would.
///
/// # Errors
/// When there is nothing, a service holds it, or a newer program wrote it.
pub(in crate::command) fn open(settings: &Settings, data: &Path) -> Result<Stored, StoredError> {
    let (head, journal, found) = tsdb::open(&folder(data)?, store::options(&settings.history))?;
    Ok(Stored {
        head,
        found,
        _journal: journal,
    })
}

/// RFC 3339, or the milliseconds of what is beyond all calendars.
pub(in crate::command) fn time(ms: i64) -> String {
    let time = Timestamp::from_millisecond(ms);
    time.map_or_else(|_| format!("{ms} ms"), |time| time.to_string())
}

//! The history in a data directory that no service holds, for commands that look into it.

use std::path::Path;

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

/// Opens it as the service would.
///
/// # Errors
/// When there is none, a service holds it, or a newer program wrote it.
pub(in crate::command) fn open(settings: &Settings, data: &Path) -> Result<Stored, StoredError> {
    let folder = data.join(store::FOLDER);
    if !folder.is_dir() {
        return Err(StoredError::Nothing(data.display().to_string()));
    }
    let (head, journal, found) = tsdb::open(&folder, store::options(&settings.history))?;
    Ok(Stored {
        head,
        found,
        _journal: journal,
    })
}

//! One process at a time.

use std::{
    fs::{self, File, TryLockError},
    path::Path,
    process,
};

use crate::error::OpenError;

/// Tells who holds the directory. What is locked is the directory itself, so that a read-only one can
/// be held too.
const HOLDER: &str = "holder";

/// The directory is locked for as long as this lives.
#[derive(Debug)]
pub(crate) struct Hold(File);

impl Drop for Hold {
    /// Closing alone unlocks only once every copy of the descriptor is closed, and a process that is
    /// just being started has one of all.
    fn drop(&mut self) {
        let _ = self.0.unlock();
    }
}

/// Locks the directory.
pub(crate) fn take(dir: &Path) -> Result<Hold, OpenError> {
    let failed = |source| {
        let dir = dir.to_owned();
        OpenError::Directory { dir, source }
    };
    let file = File::open(dir).map_err(failed)?;
    match file.try_lock() {
        Ok(()) => {
            // Where it cannot be written, the other process is told no number.
            let _ = fs::write(dir.join(HOLDER), process::id().to_string());
            Ok(Hold(file))
        }
        Err(TryLockError::WouldBlock) => {
            let text = fs::read_to_string(dir.join(HOLDER)).unwrap_or_default();
            let (dir, pid) = (dir.to_owned(), text.trim().parse().ok());
            Err(OpenError::Held { dir, pid })
        }
        Err(TryLockError::Error(source)) => Err(failed(source)),
    }
}

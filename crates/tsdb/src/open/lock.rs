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

/// Locks the directory for as long as the file lives.
pub(crate) fn hold(dir: &Path) -> Result<File, OpenError> {
    let failed = |source| {
        let dir = dir.to_owned();
        OpenError::Directory { dir, source }
    };
    let file = File::open(dir).map_err(failed)?;
    match file.try_lock() {
        Ok(()) => {
            // Where it cannot be written, the other process is told no number.
            let _ = fs::write(dir.join(HOLDER), process::id().to_string());
            Ok(file)
        }
        Err(TryLockError::WouldBlock) => {
            let text = fs::read_to_string(dir.join(HOLDER)).unwrap_or_default();
            let (dir, pid) = (dir.to_owned(), text.trim().parse().ok());
            Err(OpenError::Held { dir, pid })
        }
        Err(TryLockError::Error(source)) => Err(failed(source)),
    }
}

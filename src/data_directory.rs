//! The directory of everything Vitals stores, held by one process at a time.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io,
    path::{Path, PathBuf},
};

const LOCK: &str = "lock";

/// The directory, locked for as long as this lives; `None` inside where it cannot be used.
#[derive(Debug)]
pub(crate) struct DataDirectory {
    path: PathBuf,
    lock: Option<File>,
}

/// Why the directory cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DataError {
    #[error(
        "another process holds the data directory {0}: end it, or choose another directory by --data"
    )]
    Held(PathBuf),
}

impl DataDirectory {
    /// Creates the directory where it is missing, and locks it. A directory that cannot be written
    /// is no reason not to watch: it is reported, and Vitals goes on with what is in it, or without.
    ///
    /// # Errors
    /// When another process holds it.
    pub(crate) fn lock(path: &Path) -> Result<Self, DataError> {
        let opened = open(path).or_else(|error| read_only(path).ok_or(error));
        let lock = match opened {
            Ok(file) => match file.try_lock() {
                Ok(()) => Some(file),
                Err(TryLockError::WouldBlock) => return Err(DataError::Held(path.to_owned())),
                Err(TryLockError::Error(error)) => unusable(path, &error),
            },
            Err(error) => unusable(path, &error),
        };
        let path = path.to_owned();
        Ok(DataDirectory { path, lock })
    }

    /// Where it is, if it can be used.
    pub(crate) fn path(&self) -> Option<&Path> {
        self.lock.is_some().then_some(&*self.path)
    }
}

fn open(path: &Path) -> io::Result<File> {
    fs::create_dir_all(path)?;
    OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .open(path.join(LOCK))
}

/// What is in it can be read, and some day it may be written again.
fn read_only(path: &Path) -> Option<File> {
    fs::read_dir(path).ok()?;
    let directory = File::open(path).ok()?;
    let path = path.display();
    log::warn!("data directory {path} cannot be written; going on with what is in it");
    Some(directory)
}

fn unusable(path: &Path, error: &io::Error) -> Option<File> {
    let path = path.display();
    log::warn!("data directory {path}: {error}; going on without it, nothing will be stored");
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_holder_at_a_time() {
        let path = std::env::temp_dir().join(format!("vitals-data-{}", std::process::id()));
        let first = DataDirectory::lock(&path).unwrap();
        let second = DataDirectory::lock(&path);
        assert!(matches!(second, Err(DataError::Held(held)) if held == path));
        drop(first);
        assert!(DataDirectory::lock(&path).is_ok());
        fs::remove_dir_all(path).unwrap();
    }

    #[test]
    fn a_directory_that_cannot_be_made_is_gone_without() {
        let data = DataDirectory::lock(Path::new("/proc/vitals")).unwrap();
        assert_eq!(data.path(), None);
    }
}

//! The journal: the only one who writes to the directory.

mod keeper;
mod merge;
mod retention;
mod seal;
mod writer;

use std::{
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::SeqCst},
    },
};

use parking_lot::Mutex;

use crate::{core::Core, open::Hold, waiting::Durable, wal};
pub use keeper::{Keeper, Progress};
pub use writer::Writer;

/// The directory of a store, held by this process until the last clone is dropped. It hands out who
/// does the work: a [`Writer`] for the log, a [`Keeper`] for blocks. Each may block for as long as the
/// disk does, on its own thread or both on one. Handing out another one fences its predecessor off:
/// whatever that still does, on a thread that hangs, has no effect.
#[derive(Clone)]
pub struct Journal {
    inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) core: Arc<Core>,
    pub(crate) dir: PathBuf,
    /// The lock ends with it.
    pub(crate) _lock: Hold,
    writer: AtomicU64,
    keeper: AtomicU64,
    next_part: AtomicU64,
    /// The segment of an earlier run, or of the writer before, that the next one goes on with.
    resume: Mutex<Option<wal::Left>>,
}

impl Journal {
    pub(crate) fn new(
        core: Arc<Core>,
        dir: PathBuf,
        lock: Hold,
        next_part: u64,
        resume: Option<wal::Left>,
    ) -> Journal {
        let inner = Inner {
            core,
            dir,
            _lock: lock,
            writer: AtomicU64::new(0),
            keeper: AtomicU64::new(0),
            next_part: AtomicU64::new(next_part),
            resume: Mutex::new(resume),
        };
        let inner = Arc::new(inner);
        Journal { inner }
    }

    /// Who writes the log from now on.
    pub fn writer(&self) -> Writer {
        let token = self.inner.writer.fetch_add(1, SeqCst) + 1;
        Writer::new(self.inner.clone(), token)
    }

    /// Who seals, merges and forgets from now on.
    pub fn keeper(&self) -> Keeper {
        let token = self.inner.keeper.fetch_add(1, SeqCst) + 1;
        Keeper::new(self.inner.clone(), token)
    }

    /// How far the disk is.
    pub fn durable(&self) -> Durable {
        self.inner.core.waiting.lock().durable()
    }

    /// Where it is.
    pub fn directory(&self) -> &Path {
        &self.inner.dir
    }
}

impl Inner {
    pub(crate) fn blocks(&self) -> PathBuf {
        blocks_of(&self.dir)
    }

    pub(crate) fn wal(&self) -> PathBuf {
        wal_of(&self.dir)
    }
}

pub(crate) fn blocks_of(dir: &Path) -> PathBuf {
    dir.join("blocks")
}

pub(crate) fn wal_of(dir: &Path) -> PathBuf {
    dir.join("wal")
}

pub(crate) fn file_name(path: &Path) -> String {
    let name = path.file_name().unwrap_or(path.as_os_str());
    name.to_string_lossy().into_owned()
}

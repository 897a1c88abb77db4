//! What is stored, and what was found of it at the start. Owned by the process: it outlives every
//! incarnation of those who use it.

use std::{
    path::{Path, PathBuf},
    sync::mpsc,
    thread,
    time::Duration,
};

use tsdb::{Head, Journal, OpenError, Options};
use vitals_actors::{
    history::{read_uptimes, write_uptimes},
    last_known::LastKnown,
    standing::Uptimes,
};

use crate::settings::History;

/// The folder of history in the data directory.
pub(crate) const FOLDER: &str = "history";
/// At the end of the process, a disk is given so much time.
const LAST_WORDS: Duration = Duration::from_secs(3);

/// The history, and what else is remembered.
pub(crate) struct Store {
    pub(crate) head: Head,
    /// Where there is a directory to write to.
    pub(crate) journal: Option<Journal>,
    pub(crate) data: Option<PathBuf>,
    pub(crate) uptimes: Uptimes,
}

impl Store {
    /// Opens what is in the data directory; without one everything is in memory.
    ///
    /// # Errors
    /// When another process holds it, or a newer version wrote it.
    pub(crate) fn open(data: Option<&Path>, settings: &History) -> Result<Self, OpenError> {
        let options = options(settings);
        let Some(data) = data else {
            return Ok(Store {
                head: Head::in_memory(options),
                journal: None,
                data: None,
                uptimes: Uptimes::new(),
            });
        };
        let (head, journal, found) = tsdb::open(&data.join(FOLDER), options)?;
        for damage in &found.damages {
            log::warn!("history: {damage}");
        }
        if found.series > 0 {
            log::info!(
                "history: {} series in {} blocks, and {} samples in the log; read in {:.0?}",
                found.series,
                found.blocks,
                found.logged_samples,
                found.took
            );
        }
        let uptimes = read_uptimes(data).unwrap_or_else(|error| {
            log::warn!("{error}");
            Uptimes::new()
        });
        Ok(Store {
            head,
            journal: Some(journal),
            data: Some(data.to_owned()),
            uptimes,
        })
    }
}

/// As the store takes them.
pub(crate) fn options(settings: &History) -> Options {
    Options {
        max_age: settings.retention,
        max_bytes: settings.max_size.get(),
        max_series: settings.max_series as usize,
        max_series_per_source: settings.max_series_per_source as usize,
        ..Options::default()
    }
}

/// Writes what still waits, once all actors have ended. A disk that hangs is not waited for.
pub(crate) fn finish(journal: Option<Journal>, data: Option<PathBuf>, last_known: &LastKnown) {
    let (Some(journal), Some(data)) = (journal, data) else {
        return;
    };
    let standing = last_known.standing.load_full();
    let (done, finished) = mpsc::channel();
    let work = move || {
        let written = journal.writer().write().map_err(|error| error.to_string());
        let remembered = write_uptimes(&data, &standing).map_err(|error| error.to_string());
        let _ = done.send(written.and(remembered));
    };
    let begun = thread::Builder::new().name("last words".into()).spawn(work);
    match begun.map(|_| finished.recv_timeout(LAST_WORDS)) {
        Ok(Ok(Ok(()))) => {}
        Ok(Ok(Err(error))) => log::error!("history: {error}; the last samples are lost"),
        Ok(Err(_)) => log::error!("history: the disk does not answer; the last samples are lost"),
        Err(error) => log::error!("history: {error}; the last samples are lost"),
    }
}

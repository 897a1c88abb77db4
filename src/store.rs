//! What is stored, and what was found of it at the start. Owned by the process: it outlives every
//! incarnation of those who use it.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, mpsc},
    thread,
    time::Duration,
};

use outbox::Outbox;
use tokio::time::{Instant, timeout_at};
use tsdb::{Head, Held, OpenError, Options, Recovered};
use vitals_actors::{
    alert::{evaluator::read_checkpoint, state::Checkpoint},
    history::{CurrentHead, read_uptimes, write_uptimes},
    keep::{OWN, RULES},
    last_known::LastKnown,
    standing::Uptimes,
};

use crate::{collectors::SYSTEM, settings::History};

/// The folder of alerts that are on their way, in the data directory.
const OUTBOX: &str = "outbox";
/// The folder of history in the data directory.
pub(crate) const FOLDER: &str = "history";
/// At the end of the process, a disk is given so much time.
const LAST_WORDS: Duration = Duration::from_secs(3);

/// The history, and what else is remembered.
pub(crate) struct Store {
    pub(crate) head: CurrentHead,
    /// Where there is a directory to write to.
    pub(crate) data: Option<PathBuf>,
    pub(crate) uptimes: Uptimes,
    /// Alerts on their way.
    pub(crate) outbox: Outbox,
    /// What alerts were in.
    pub(crate) alerts: Option<Checkpoint>,
    /// What of the history is still to be read.
    pub(crate) unread: Option<Unread>,
}

/// History of earlier processes.
pub(crate) struct Unread {
    held: Held,
    head: CurrentHead,
}

/// Why what is stored cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StoreError {
    #[error(transparent)]
    History(#[from] tsdb::OpenError),
    #[error(transparent)]
    Outbox(#[from] outbox::OpenError),
}

impl Store {
    /// Opens what is in the data directory; without one everything is in memory. History is still to be
    /// read, beside: a full log takes ten times as long as all else at a start.
    ///
    /// # Errors
    /// When another process holds it, or a newer version wrote it.
    pub(crate) fn open(data: Option<&Path>, settings: &History) -> Result<Self, StoreError> {
        let options = options(settings);
        let Some(data) = data else {
            return Ok(Self::in_memory(options));
        };
        let held = match tsdb::hold(&data.join(FOLDER), options.clone()) {
            Err(OpenError::Directory { dir, source }) => {
                let dir = dir.display();
                log::error!("history: {dir}: {source}; it is kept in memory only");
                return Ok(Self::in_memory(options));
            }
            held => held?,
        };
        let uptimes = read_uptimes(data).unwrap_or_else(|error| {
            log::warn!("{error}");
            Uptimes::new()
        });
        let outbox = open_outbox(&data.join(OUTBOX))?;
        let alerts = read_checkpoint(data).unwrap_or_else(|error| {
            log::warn!("{error}");
            None
        });
        // Nothing can fail any more.
        let head = CurrentHead::promised(Head::in_memory(options));
        Ok(Store {
            outbox,
            alerts,
            unread: Some(Unread {
                held,
                head: head.clone(),
            }),
            head,
            data: Some(data.to_owned()),
            uptimes,
        })
    }

    fn in_memory(options: Options) -> Self {
        Store {
            head: CurrentHead::whole(Head::in_memory(options)),
            data: None,
            uptimes: Uptimes::new(),
            outbox: Outbox::in_memory(outbox::Options::default()),
            alerts: None,
            unread: None,
        }
    }
}

impl Unread {
    /// Reads it on a thread of its own.
    pub(crate) fn read_beside(self) {
        struct Promise(CurrentHead);

        impl Drop for Promise {
            /// Nobody waits for what will not come.
            fn drop(&mut self) {
                if self.0.opened_by_now().is_none() {
                    log::error!(
                        "history: what is stored cannot be read; it is kept in memory only"
                    );
                    self.0.nothing_more();
                }
            }
        }

        let promise = Promise(self.head);
        let read = move || {
            let (head, journal, found) = self.held.read();
            tell(&found);
            promise.0.opened(head, journal);
        };
        let begun = thread::Builder::new().name("replay".into()).spawn(read);
        if let Err(error) = begun {
            log::error!("history: {error}");
        }
    }
}

fn tell(found: &Recovered) {
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
}

/// One that cannot be read or written is no reason to tell nobody.
fn open_outbox(directory: &Path) -> Result<Outbox, StoreError> {
    let options = outbox::Options::default();
    let (outbox, found) = match Outbox::open(directory, options) {
        Ok(opened) => opened,
        Err(error @ outbox::OpenError::Newer { .. }) => return Err(error.into()),
        Err(error) => {
            log::error!("{error}; alerts on their way are in memory only");
            return Ok(Outbox::in_memory(options));
        }
    };
    for damage in &found.damaged {
        let path = damage.path.display();
        log::warn!("{path}: {} damaged bytes were set aside", damage.bytes);
    }
    if found.records > 0 {
        log::info!("{} alerts are on their way from before", found.records);
    }
    Ok(outbox)
}

/// As the store takes them.
pub(crate) fn options(settings: &History) -> Options {
    Options {
        max_age: settings.retention,
        max_bytes: settings.max_size.get(),
        max_series: settings.max_series as usize,
        max_series_per_source: settings.max_series_per_source as usize,
        // However many series others have, the host and Vitals itself are seen.
        vital_sources: [SYSTEM, OWN, RULES].map(Arc::from).into(),
        ..Options::default()
    }
}

/// Writes what still waits, once all actors have ended. A disk that hangs is not waited for.
pub(crate) async fn finish(
    head: CurrentHead,
    data: Option<PathBuf>,
    outbox: &Outbox,
    last_known: &LastKnown,
) {
    let until = Instant::now() + LAST_WORDS;
    if !outbox.close(LAST_WORDS) {
        log::error!("the disk does not answer; the last alerts on their way are lost");
    }
    let Some(data) = data else {
        return;
    };
    let opened = timeout_at(until, head.what_was_opened()).await;
    let opened = opened.unwrap_or_else(|_| {
        log::error!("history: what is stored is still being read; what came since is lost");
        None
    });
    let standing = last_known.standing.load_full();
    let (done, finished) = mpsc::channel();
    let work = move || {
        let written = opened.map_or(Ok(()), |opened| {
            // Nobody else is left who would.
            head.join(&head.head(), &opened);
            let written = opened.journal.writer().write();
            written.map(drop).map_err(|error| error.to_string())
        });
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

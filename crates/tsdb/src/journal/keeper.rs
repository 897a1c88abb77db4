//! Seals, merges and forgets, a slice of time at a time.

use std::{
    fs, io,
    path::PathBuf,
    sync::{Arc, atomic::Ordering::SeqCst},
    time::{Duration, Instant},
};

use super::{
    Inner, file_name, merge,
    merge::Merge,
    retention::{self, Room},
    seal::Seal,
};
use crate::{
    block::Block,
    catalog,
    core::count,
    error::JournalError,
    generation::Generation,
    health::{Damage, What},
    options::millis,
    series::SeriesRef,
    shed,
    view::View,
    wal::Name,
};

/// Of the bytes that history may take, one in so many may be damaged files that were set aside.
const ASIDE: u64 = 10;

/// From one look at age and size to the next.
const RETENTION: Duration = Duration::from_mins(1);

/// Makes blocks of generations, larger blocks of small ones, and room. See
/// [`Journal`](crate::Journal).
pub struct Keeper {
    journal: Arc<Inner>,
    token: u64,
    seal: Option<Seal>,
    merge: Option<Merge>,
    /// The catalog does not say what is there now.
    is_catalog_due: bool,
    /// Files that are not wanted any more, once the catalog is written.
    garbage: Vec<PathBuf>,
    /// Something was published since the last look at age and size.
    is_retention_due: bool,
    last_retention: Option<Instant>,
}

/// What is left to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// Call again, after a pause as long as the slice where half a core is all there is.
    More,
    /// Nothing, until the head begins another generation: look again now and then, every minute say.
    Idle,
}

impl Keeper {
    pub(super) fn new(journal: Arc<Inner>, token: u64) -> Self {
        Keeper {
            journal,
            token,
            seal: None,
            merge: None,
            is_catalog_due: true,
            garbage: Vec::new(),
            is_retention_due: true,
            last_retention: None,
        }
    }

    /// Works for about `slice`; longer where the disk takes longer. A generation that waits to be
    /// sealed goes before a merge that has begun.
    ///
    /// # Errors
    /// What the file system says: the block is begun anew at the next call. `Fenced` once there is a
    /// successor.
    pub fn work(&mut self, slice: Duration) -> Result<Progress, JournalError> {
        self.check()?;
        let until = Instant::now() + slice;
        self.tidy()?;
        self.let_go();
        let worked = match self.seals(until) {
            Ok(false) => self.merges(until),
            sealed => sealed,
        };
        match worked {
            Ok(true) => return Ok(Progress::More),
            Ok(false) => {}
            Err(error) => {
                // On a full disk it may be the log that grows: old blocks make room for it.
                let _ = self.forget(&Room::default());
                return Err(error);
            }
        }
        // The log grows without anything being published.
        let is_late = |last: Instant| last.elapsed() >= RETENTION;
        if self.is_retention_due || self.last_retention.is_none_or(is_late) {
            self.forget(&Room::default())?;
            self.is_retention_due = false;
        }
        Ok(Progress::Idle)
    }

    /// Works until nothing is left to do.
    ///
    /// # Errors
    /// As [`work`](Self::work).
    pub fn finish(&mut self) -> Result<(), JournalError> {
        while self.work(Duration::from_secs(1))? == Progress::More {}
        Ok(())
    }

    fn check(&self) -> Result<(), JournalError> {
        if self.journal.keeper.load(SeqCst) == self.token {
            Ok(())
        } else {
            Err(JournalError::Fenced)
        }
    }

    /// Generations that have lingered for long enough.
    fn let_go(&self) {
        let core = &self.journal.core;
        if core.view().lingering.is_empty() {
            return;
        }
        let newest = core.pen.lock().newest.unwrap_or(i64::MIN);
        let linger = millis(core.options.linger);
        let lingers = |head: &Arc<Generation>| {
            let last = head.span().map(|(_, last)| last);
            last.is_some_and(|last| newest < last + linger)
        };
        let mut view = core.view.write();
        let lingering: Vec<_> = view
            .lingering
            .iter()
            .filter(|head| lingers(head))
            .cloned()
            .collect();
        if lingering.len() < view.lingering.len() {
            let rest = View::clone(&view);
            *view = Arc::new(View { lingering, ..rest });
        }
    }

    /// False when there is nothing to seal.
    fn seals(&mut self, until: Instant) -> Result<bool, JournalError> {
        let view = self.journal.core.view();
        let Some(head) = view.heads.first().filter(|_| view.heads.len() > 1) else {
            return Ok(false);
        };
        let dir = self.journal.blocks();
        let failed = |error| JournalError::io("sealing into", &dir)(error);
        let begun = self.seal.take().filter(|seal| seal.head.seq == head.seq);
        let mut seal = match begun {
            Some(seal) => seal,
            None => {
                fs::create_dir_all(&dir).map_err(failed)?;
                let bytes = head.bytes() as u64;
                let sources = &[];
                self.forget(&Room { bytes, sources })?;
                Seal::begin(&self.journal, head.clone(), self.token).map_err(failed)?
            }
        };
        if seal.goes_on(until).map_err(failed)? {
            self.seal = Some(seal);
            return Ok(true);
        }
        let path = seal.finish().map_err(failed)?;
        let block = self.open(&path)?;
        let seq = head.seq;
        self.publish(|view| {
            let heads = view.heads.iter().filter(|head| head.seq != seq);
            let mut blocks = view.blocks.clone();
            let at = blocks.partition_point(|other| other.seqs.0 < seq);
            blocks.insert(at, block);
            let heads = heads.cloned().collect();
            View {
                blocks,
                heads,
                lingering: vec![head.clone()],
            }
        })?;
        let saved = self.journal.core.waiting.lock().sealed(seq);
        count(&self.journal.core.tallies.saved, saved);
        self.garbage.extend(self.sealed_segments());
        self.tidy()?;
        Ok(true)
    }

    /// False when there is nothing to merge.
    fn merges(&mut self, until: Instant) -> Result<bool, JournalError> {
        let core = self.journal.core.clone();
        let dir = self.journal.blocks();
        let failed = |error| JournalError::io("merging into", &dir)(error);
        let mut merge = match self.merge.take() {
            Some(merge) => merge,
            None => {
                let newest = core.pen.lock().newest.unwrap_or(i64::MIN);
                let view = core.view();
                let due = merge::due(&view, core.options.merged_ms(), newest);
                let Some(range) = due else { return Ok(false) };
                let sources = view.blocks[range].to_vec();
                self.forget(&Room {
                    bytes: sources.iter().map(|source| source.bytes).sum(),
                    sources: &sources,
                })?;
                Merge::begin(&self.journal, sources, self.token).map_err(failed)?
            }
        };
        if merge.goes_on(until).map_err(failed)? {
            self.merge = Some(merge);
            return Ok(true);
        }
        let (sources, unreadable) = (merge.sources.clone(), merge.unreadable.clone());
        let path = merge.finish().map_err(failed)?;
        let block = self.open(&path)?;
        self.publish(|view| {
            let is_source = |block: &&Arc<Block>| sources.iter().any(|s| Arc::ptr_eq(s, block));
            let mut blocks: Vec<_> = view
                .blocks
                .iter()
                .filter(|b| !is_source(b))
                .cloned()
                .collect();
            let at = blocks.partition_point(|other| other.seqs.0 < block.seqs.0);
            blocks.insert(at, block);
            View {
                blocks,
                ..view.clone()
            }
        })?;
        let mut set_aside = Ok(());
        for (source, chunks) in sources.iter().zip(unreadable) {
            if chunks > 0 {
                let file = file_name(&source.path);
                let what = What::Chunks { chunks };
                core.note(Damage { file, what });
                let aside = source.path.with_extension("bad");
                set_aside = set_aside.and(fs::rename(&source.path, aside));
            } else {
                self.garbage.push(source.path.clone());
            }
        }
        self.tidy()?;
        set_aside.map_err(failed)?;
        Ok(true)
    }

    fn open(&self, path: &PathBuf) -> Result<Arc<Block>, JournalError> {
        let opened = Block::open(path, &mut &self.journal.core.index);
        opened
            .map(Arc::new)
            .map_err(JournalError::io("opening", path))
    }

    /// Replaces the view, unless a successor is at work.
    fn publish(&mut self, change: impl FnOnce(&View) -> View) -> Result<(), JournalError> {
        let core = self.journal.core.clone();
        let mut view = core.view.write();
        self.check()?;
        *view = Arc::new(change(&view));
        self.is_catalog_due = true;
        self.is_retention_due = true;
        Ok(())
    }

    /// Writes the catalog, then removes what it does not speak of.
    fn tidy(&mut self) -> Result<(), JournalError> {
        if self.is_catalog_due {
            let (dir, view) = (self.journal.blocks(), self.journal.core.view());
            let sync = self.journal.core.options.sync;
            let written = catalog::write(&dir, &view.blocks, self.token, sync);
            self.is_catalog_due = written.is_err();
            if written.is_err() {
                // On a full disk it would keep the garbage from making room: better none than an
                // old one, which would speak of blocks that are gone.
                match fs::remove_file(catalog::path(&dir)) {
                    Err(error) if error.kind() != io::ErrorKind::NotFound => {
                        return Err(JournalError::io("writing the catalog in", dir)(error));
                    }
                    _ => {}
                }
            }
        }
        while let Some(path) = self.garbage.last() {
            self.check()?;
            match fs::remove_file(path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    return Err(JournalError::io("removing", path)(error));
                }
                _ => self.garbage.pop(),
            };
        }
        Ok(())
    }

    /// Segments whose generation is in a block.
    fn sealed_segments(&self) -> Vec<PathBuf> {
        let view = self.journal.core.view();
        let is_sealed = |name: Name| {
            let covers = |block: &Arc<Block>| (block.seqs.0..=block.seqs.1).contains(&name.seq);
            view.blocks.iter().any(covers)
        };
        let entries = fs::read_dir(self.journal.wal())
            .into_iter()
            .flatten()
            .flatten();
        let paths = entries.map(|entry| entry.path());
        paths
            .filter(|path| Name::of(path).is_some_and(is_sealed))
            .collect()
    }

    /// Blocks that are too old or too many, or in the place of what is about to be written: all files
    /// together are not more than they may be while that is done, either.
    fn forget(&mut self, room: &Room<'_>) -> Result<(), JournalError> {
        self.last_retention = Some(Instant::now());
        let core = self.journal.core.clone();
        let view = core.view();
        let others = retention::other_bytes(&self.journal.dir);
        let gone = retention::expired(&view.blocks, &core.options, others, room);
        let dirs = [self.journal.blocks(), self.journal.wal()];
        let max_aside = core.options.max_bytes / ASIDE;
        self.garbage
            .extend(retention::too_many_aside(dirs, max_aside));
        if gone.is_empty() {
            return self.tidy();
        }
        let is_gone = |block: &Arc<Block>| gone.iter().any(|g| Arc::ptr_eq(g, block));
        self.publish(|view| View {
            blocks: view
                .blocks
                .iter()
                .filter(|block| !is_gone(block))
                .cloned()
                .collect(),
            ..view.clone()
        })?;
        self.garbage
            .extend(gone.iter().map(|block| block.path.clone()));
        let view = core.view();
        let all = gone.iter().flat_map(|block| block.series().iter().copied());
        let left: Vec<SeriesRef> = all
            .filter(|series| !shed::is_held(&view, *series))
            .collect();
        let mut pen = core.pen.lock();
        shed::series(&core, &mut pen, left);
        drop(pen);
        self.tidy()
    }
}

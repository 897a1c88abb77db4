//! Writes the log.

use std::{
    fs,
    sync::{Arc, atomic::Ordering::SeqCst},
    time::{Duration, Instant},
};

use super::Inner;
use crate::{
    error::JournalError,
    waiting::{Batch, Durable},
    wal::{Name, Segment},
};

/// Batches of about this many bytes are written together.
const AT_ONCE: usize = 4 << 20;
/// A buffer that was larger than this is given back.
const BUFFER: usize = 1 << 20;

/// What is written is synced by the first call after so long.
const UNSYNCED: Duration = Duration::from_secs(10);

/// Writes batches to the log that the head has accepted. See [`Journal`](crate::Journal).
pub struct Writer {
    journal: Arc<Inner>,
    token: u64,
    segment: Option<Segment>,
    /// Written and not synced: the last batch, and since when there is one.
    unsynced: Option<(Batch, Instant)>,
    buf: Vec<u8>,
}

impl Writer {
    pub(super) fn new(journal: Arc<Inner>, token: u64) -> Self {
        Writer {
            journal,
            token,
            segment: None,
            unsynced: None,
            buf: Vec::new(),
        }
    }

    /// Writes all that waits, and answers when it is durable. Blocks for as long as the disk does.
    ///
    /// # Errors
    /// What the file system says: everything waits on, call again later. `Fenced` once there is a
    /// successor.
    pub fn write(&mut self) -> Result<Durable, JournalError> {
        self.write_waiting(Duration::ZERO)
    }

    /// Writes all that waits, so that it outlives this process. What outlives a power failure, too, is what
    /// has been written for ten seconds by the time of a call. Blocks for as long as the disk does.
    ///
    /// # Errors
    /// As those of [`write`](Writer::write).
    pub fn log(&mut self) -> Result<Durable, JournalError> {
        self.write_waiting(UNSYNCED)
    }

    fn write_waiting(&mut self, unsynced: Duration) -> Result<Durable, JournalError> {
        let core = self.journal.core.clone();
        loop {
            let written = self.unsynced.as_ref().map_or(0, |(last, _)| last.number);
            let batches = core.waiting.lock().next(written, AT_ONCE);
            self.check()?;
            let Some(last) = batches.last() else { break };
            if let Err(error) = self.log_all(&batches) {
                // What was written before need not wait for room. If it fails, too, it is as it was.
                let _ = self.sync();
                return Err(error);
            }
            let since = self.unsynced.take().map(|(_, since)| since);
            let since = since.unwrap_or_else(Instant::now);
            self.unsynced = Some((last.clone(), since));
            self.sync_after(unsynced)?;
        }
        self.sync_after(unsynced)?;
        self.seal_early();
        Ok(core.waiting.lock().durable())
    }

    fn sync_after(&mut self, unsynced: Duration) -> Result<(), JournalError> {
        let since = self.unsynced.as_ref().map(|(_, since)| since.elapsed());
        match since.is_some_and(|since| since >= unsynced) {
            true => self.sync(),
            false => Ok(()),
        }
    }

    /// What was written is durable, or waits on to be written anew.
    fn sync(&mut self) -> Result<(), JournalError> {
        let Some((last, _)) = self.unsynced.take() else {
            return Ok(());
        };
        let Some(segment) = &self.segment else {
            return Ok(());
        };
        if let Err(error) = segment.sync() {
            self.segment = None;
            return Err(JournalError::io("writing the log in", self.journal.wal())(
                error,
            ));
        }
        let mut waiting = self.journal.core.waiting.lock();
        self.check()?;
        waiting.logged(&last);
        Ok(())
    }

    fn check(&self) -> Result<(), JournalError> {
        if self.journal.writer.load(SeqCst) == self.token {
            Ok(())
        } else {
            Err(JournalError::Fenced)
        }
    }

    /// All of one generation.
    fn log_all(&mut self, batches: &[Batch]) -> Result<(), JournalError> {
        let mut segment = self.segment(batches[0].seq)?;
        let index = &self.journal.core.index;
        self.buf.clear();
        for batch in batches {
            let samples = batch.samples();
            segment
                .encoder
                .encode(batch.at, samples, || index.read(), &mut self.buf);
        }
        let written = segment.write(&self.buf);
        if self.buf.capacity() > BUFFER {
            self.buf = Vec::new();
        }
        match written {
            Ok(()) => {
                self.segment = Some(segment);
                Ok(())
            }
            Err(failed) => {
                self.segment = failed.usable.then_some(segment);
                // Of what was written before nobody knows, either.
                self.unsynced = self.unsynced.take().filter(|_| failed.usable);
                Err(JournalError::io("writing the log in", self.journal.wal())(
                    failed.error,
                ))
            }
        }
    }

    /// The segment to write on: the last one, that of an earlier run or writer, or another.
    fn segment(&mut self, seq: u64) -> Result<Segment, JournalError> {
        let is_of_it = |segment: &Segment| segment.name.seq == seq;
        if self.segment.as_ref().is_some_and(|one| !is_of_it(one)) {
            self.sync()?;
        }
        if let Some(segment) = self.segment.take().filter(is_of_it) {
            return Ok(segment);
        }
        let dir = self.journal.wal();
        let sync = self.journal.core.options.sync;
        let resumed = self.journal.resume.lock().take();
        if let Some(left) = resumed.filter(|left| left.name.seq == seq)
            && let Ok(segment) = Segment::resume(&dir, left, sync)
        {
            return Ok(segment);
        }
        let part = self.journal.next_part.fetch_add(1, SeqCst);
        let name = Name { seq, part };
        fs::create_dir_all(&dir).map_err(JournalError::io("making", &dir))?;
        let path = name.path(&dir);
        Segment::create(&path, name, sync).map_err(JournalError::io("beginning", path))
    }

    /// Leaves the segment to whoever writes next, who goes on in it and need not define all series anew.
    fn leave(&mut self) {
        let Some(segment) = self.segment.take() else {
            return;
        };
        let mut resume = self.journal.resume.lock();
        // A successor that is there already has begun another, and may do so at any time.
        if self.check().is_ok() {
            *resume = Some(segment.leave());
        }
    }

    /// Where the log lacks samples of the active generation, only its block can save them: soon.
    fn seal_early(&self) {
        let core = &self.journal.core;
        let mut pen = core.pen.lock();
        let seq = pen.head.seq;
        if core.waiting.lock().lacks(seq) {
            pen.rotate = true;
        }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.leave();
    }
}

//! Builds blocks of samples that come in any order, in constant memory: sorted runs on disk, merged in
//! the end into one block for each span of time.

mod runs;

use std::{
    collections::HashMap,
    fs, io,
    path::{Path, PathBuf},
};

use exposition::Labels;

use crate::{
    block::{BlockWriter, MAX_CHUNK, sync_directory},
    error::OpenError,
    journal::{blocks_of, wal_of},
    open::{Files, Hold, import_of, lock},
    options::{Options, TIMES},
};
use runs::{Record, Runs};

/// pco's level, as for merged blocks.
const LEVEL: usize = 8;

/// Writes samples of the past into a directory that no service holds.
///
/// Nothing of it is visible before [`finish`](Self::finish). Where the directory has a sample of a
/// series at the same time already, that one stays: what was stored first counts. Among samples of
/// the import itself it is the first, too. A crash in the middle of `finish` leaves some of the blocks;
/// doing it all again completes them.
pub struct Backfill {
    dir: PathBuf,
    runs: Runs,
    span_ms: i64,
    series: HashMap<Labels, u32>,
    labels: Vec<Labels>,
    dropped: u64,
    /// Ends with the import.
    _lock: Hold,
}

/// A series of an import.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct BackfillSeries(u32);

/// What an import has written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Backfilled {
    /// Samples in the new blocks.
    pub samples: u64,
    /// Dropped: another sample of the import came first for the same series and time.
    pub duplicates: u64,
    /// Dropped: at an impossible time.
    pub out_of_range: u64,
    /// Series.
    pub series: usize,
    /// New blocks.
    pub blocks: usize,
    /// Bytes in them.
    pub bytes: u64,
}

/// Why an import failed. Nothing of it is visible, unless it was `finish` that failed while giving the
/// blocks their names.
#[derive(Debug, thiserror::Error)]
pub enum BackfillError {
    /// The directory cannot be used.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The file system refused.
    #[error("importing into {}: {source}", dir.display())]
    Io {
        /// The directory.
        dir: PathBuf,
        /// What the file system says.
        source: io::Error,
    },
    /// More series than an import may have.
    #[error("more than {0} series: import fewer at a time")]
    TooManySeries(u32),
}

/// Their labels are kept in memory.
const MAX_SERIES: u32 = 1_000_000;

impl Backfill {
    /// Holds the directory. `memory`: bytes for sorting, at least a megabyte; more make fewer runs.
    /// Of `options` only [`merged`](Options::merged) counts.
    ///
    /// # Errors
    /// As [`open`](crate::open()), or what the file system says.
    pub fn begin(dir: &Path, options: &Options, memory: usize) -> Result<Backfill, BackfillError> {
        let failed = |source| BackfillError::Io {
            dir: dir.to_owned(),
            source,
        };
        fs::create_dir_all(dir).map_err(failed)?;
        let lock = lock(dir)?;
        Files::list(dir).map_err(failed)?.refuse_newer()?;
        let runs = Runs::new(&import_of(dir), memory).map_err(failed)?;
        Ok(Backfill {
            dir: dir.to_owned(),
            runs,
            span_ms: options.merged_ms(),
            series: HashMap::new(),
            labels: Vec::new(),
            dropped: 0,
            _lock: lock,
        })
    }

    /// A series, new or known; `labels` include `__name__`.
    ///
    /// # Errors
    /// When there are too many.
    pub fn series(&mut self, labels: &Labels) -> Result<BackfillSeries, BackfillError> {
        if let Some(known) = self.series.get(labels) {
            return Ok(BackfillSeries(*known));
        }
        let number = self.labels.len() as u32;
        if number == MAX_SERIES {
            return Err(BackfillError::TooManySeries(MAX_SERIES));
        }
        self.labels.push(labels.clone());
        self.series.insert(labels.clone(), number);
        Ok(BackfillSeries(number))
    }

    /// A sample, at any time in milliseconds since the epoch.
    ///
    /// # Errors
    /// What the file system says.
    pub fn push(
        &mut self,
        series: BackfillSeries,
        t: i64,
        value: f64,
    ) -> Result<(), BackfillError> {
        if !TIMES.contains(&t) {
            self.dropped += 1;
            return Ok(());
        }
        let (series, span) = (series.0, t.div_euclid(self.span_ms));
        let pushed = self.runs.push(Record {
            span,
            series,
            t,
            value,
        });
        pushed.map_err(|source| self.failed(source))
    }

    /// Makes everything blocks, and publishes them.
    ///
    /// # Errors
    /// What the file system says.
    pub fn finish(mut self) -> Result<Backfilled, BackfillError> {
        let written = self.write();
        written.map_err(|source| self.failed(source))
    }

    fn failed(&self, source: io::Error) -> BackfillError {
        let dir = self.dir.clone();
        BackfillError::Io { dir, source }
    }

    fn write(&mut self) -> io::Result<Backfilled> {
        let blocks = blocks_of(&self.dir);
        fs::create_dir_all(&blocks)?;
        fs::create_dir_all(wal_of(&self.dir))?;
        let mut done = Backfilled {
            out_of_range: self.dropped,
            series: self.labels.len(),
            ..Backfilled::default()
        };
        // Behind all generations there are: what is stored later counts less.
        let mut seq = Files::list(&self.dir)?.last_generation();
        let mut ready = Vec::new();
        let mut open: Option<(i64, BlockWriter)> = None;
        let mut chunk = Chunk::default();
        let labels = &self.labels;
        self.runs.merge(|record| {
            let is_other = chunk.of != Some((record.span, record.series));
            if is_other || chunk.times.len() == MAX_CHUNK {
                chunk.flush(labels, &mut open)?;
            }
            if is_other {
                chunk.of = Some((record.span, record.series));
                chunk.last = None;
            }
            if open.as_ref().is_none_or(|(span, _)| *span != record.span) {
                if let Some((_, writer)) = open.take() {
                    ready.push(writer.complete()?);
                }
                seq += 1;
                open = Some((
                    record.span,
                    BlockWriter::create(&blocks, (seq, seq), LEVEL, 0)?,
                ));
            }
            if chunk.last == Some(record.t) {
                done.duplicates += 1;
                return Ok(());
            }
            chunk.last = Some(record.t);
            chunk.times.push(record.t);
            chunk.values.push(record.value);
            done.samples += 1;
            Ok(())
        })?;
        chunk.flush(labels, &mut open)?;
        if let Some((_, writer)) = open.take() {
            ready.push(writer.complete()?);
        }
        done.blocks = ready.len();
        for block in ready {
            done.bytes += block.publish()?;
        }
        sync_directory(&blocks.join("catalog"))?;
        Ok(done)
    }
}

/// Samples of one series in one span of time.
#[derive(Default)]
struct Chunk {
    of: Option<(i64, u32)>,
    last: Option<i64>,
    times: Vec<i64>,
    values: Vec<f64>,
}

impl Chunk {
    fn flush(
        &mut self,
        labels: &[Labels],
        open: &mut Option<(i64, BlockWriter)>,
    ) -> io::Result<()> {
        if let (Some((_, series)), Some((_, writer))) = (self.of, open.as_mut())
            && !self.times.is_empty()
        {
            writer.push(&labels[series as usize], &self.times, &self.values)?;
        }
        self.times.clear();
        self.values.clear();
        Ok(())
    }
}

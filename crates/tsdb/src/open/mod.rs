//! Opens a directory, whatever an earlier run, a crash or a bad disk has left in it.

mod files;
mod lock;
mod log;

use std::{
    cmp::Reverse,
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};

use crate::{
    block::Block,
    catalog,
    error::OpenError,
    generation::Generation,
    head::Head,
    health::{Damage, What},
    journal::{Journal, file_name},
    naming::Names,
    options::Options,
    view::View,
    wal::{self, Encoder, Gap, HEADER, Left, Name, Replayed},
};
pub(crate) use files::{Files, import_of};
pub(crate) use lock::{Hold, take as lock};
use log::{Taker, set_aside};

/// What was found in the directory.
#[derive(Clone, Debug, Default)]
pub struct Recovered {
    /// Series, in blocks and in the log.
    pub series: usize,
    /// Blocks.
    pub blocks: usize,
    /// Samples that were in the log only.
    pub logged_samples: u64,
    /// The time of the newest sample, milliseconds since the epoch.
    pub newest_ms: Option<i64>,
    /// What is damaged, and what became of it.
    pub damages: Vec<Damage>,
    /// How long it took.
    pub took: Duration,
}

/// Opens a store, or begins one: [`hold`] and [`Held::read`].
///
/// # Errors
/// Those of [`hold`].
pub fn open(dir: &Path, options: Options) -> Result<(Head, Journal, Recovered), OpenError> {
    Ok(hold(dir, options)?.read())
}

/// A directory that this process holds, and has not read yet.
pub struct Held {
    dir: PathBuf,
    options: Options,
    lock: Hold,
    files: Files,
}

/// Takes hold of a directory, which is made where it is missing, and lists what is in it. It is held until
/// this, or all clones of the journal that comes of it, and what that handed out, are dropped.
///
/// # Errors
/// Another process holds the directory; a newer version wrote it (nothing is touched); it cannot even
/// be made or listed.
pub fn hold(dir: &Path, options: Options) -> Result<Held, OpenError> {
    let failed = |source| {
        let dir = dir.to_owned();
        OpenError::Directory { dir, source }
    };
    if let Err(error) = fs::create_dir_all(dir)
        && !dir.is_dir()
    {
        return Err(failed(error));
    }
    let lock = lock::take(dir)?;
    let files = Files::list(dir).map_err(failed)?;
    files.refuse_newer()?;
    Ok(Held {
        dir: dir.to_owned(),
        options,
        lock,
        files,
    })
}

impl Held {
    /// Reads what is in it: blocks, and the log back into memory, which takes as long as there is much of it.
    ///
    /// Damaged files do not keep it from opening: what cannot be read is set aside as `*.bad`, and told.
    /// Nor does a directory that is full or read-only: the journal will say so when it writes.
    pub fn read(self) -> (Head, Journal, Recovered) {
        read(self)
    }
}

fn read(held: Held) -> (Head, Journal, Recovered) {
    let start = Instant::now();
    let Held {
        dir,
        options,
        lock,
        files,
    } = held;
    let mut opening = Opening::default();
    opening.load_blocks(&files);
    opening.check_catalog(&files);
    opening.replay(&files, &options);

    let Opening {
        names,
        view,
        damages,
        resume,
        ..
    } = opening;
    // The last generation goes on, unless an import has taken the numbers behind it.
    let last = files.last_generation();
    let seq = match view.heads.last() {
        Some(active) if active.seq == last => active.seq,
        _ => last + 1,
    };
    let spans = view.heads.iter().filter_map(|head| head.span());
    let spans: Vec<_> = spans
        .chain(view.blocks.iter().map(|block| block.span))
        .collect();
    let mut recovered = Recovered {
        series: names.index.len(),
        blocks: view.blocks.len(),
        logged_samples: view.heads.iter().map(|head| head.samples()).sum(),
        newest_ms: spans.iter().map(|span| span.1).max(),
        damages,
        took: Duration::ZERO,
    };
    let window = options.window_ms();
    let head = Head::new(options, names.index, view, seq, true);
    head.core.waiting.lock().recovered(recovered.newest_ms);
    {
        let mut pen = head.core.pen.lock();
        pen.newest = recovered.newest_ms;
        pen.window = pen.head.span().map(|(_, last)| last.div_euclid(window));
    }
    recovered
        .damages
        .iter()
        .for_each(|damage| head.core.note(damage.clone()));
    let next_part = files
        .segments
        .iter()
        .map(|(name, _)| name.part)
        .max()
        .unwrap_or(0)
        + 1;
    let journal = Journal::new(head.core.clone(), dir, lock, next_part, resume);
    recovered.took = start.elapsed();
    (head, journal, recovered)
}

#[derive(Default)]
struct Opening {
    names: Names,
    view: View,
    damages: Vec<Damage>,
    /// The segment to go on with.
    resume: Option<Left>,
}

impl Opening {
    fn note(&mut self, path: &Path, what: What) {
        let file = file_name(path);
        self.damages.push(Damage { file, what });
    }

    /// Trouble on the way is told, and is no reason not to open.
    fn attempt(&mut self, path: &Path, done: io::Result<()>) {
        if let Err(error) = done {
            let why = error.to_string();
            self.note(path, What::Trouble { why });
        }
    }

    fn load_blocks(&mut self, files: &Files) {
        for path in &files.temporary {
            self.attempt(path, fs::remove_file(path));
        }
        if files.import.exists() {
            self.attempt(&files.import, fs::remove_dir_all(&files.import));
        }
        let mut blocks: Vec<Arc<Block>> = Vec::new();
        for path in &files.blocks {
            let opened = Block::open(path, &mut self.names);
            match opened {
                Ok(block) => {
                    if block.mended {
                        self.note(path, What::Mended);
                    }
                    blocks.push(Arc::new(block));
                }
                Err(error) if error.kind() == io::ErrorKind::InvalidData => {
                    let bytes = fs::metadata(path).map_or(0, |metadata| metadata.len());
                    let why = error.to_string();
                    self.note(path, What::Block { bytes, why });
                    self.attempt(path, fs::rename(path, path.with_extension("bad")));
                }
                Err(error) => self.attempt(path, Err(error)),
            }
        }
        // A crash between the publication of a merged block and the removal of its sources.
        blocks.sort_by_key(|block| (block.seqs.0, Reverse(block.seqs.1)));
        for block in blocks {
            let last = self.view.blocks.last();
            if last.is_some_and(|last| block.seqs.1 <= last.seqs.1) {
                self.attempt(&block.path, fs::remove_file(&block.path));
            } else {
                self.view.blocks.push(block);
            }
        }
    }

    /// Which blocks are missing.
    fn check_catalog(&mut self, files: &Files) {
        let Some(dir) = files.catalog.parent() else {
            return;
        };
        let listed = match catalog::read(dir) {
            Ok(listed) => listed.unwrap_or_default(),
            Err(error) if error.kind() == io::ErrorKind::InvalidData => {
                return self.note(&files.catalog, What::Mended);
            }
            Err(error) => return self.attempt(&files.catalog, Err(error)),
        };
        let there: Vec<_> = self.view.blocks.iter().map(|block| block.seqs).collect();
        for (path, what) in files.missing(&listed, &there) {
            self.note(&path, what);
        }
    }

    fn replay(&mut self, files: &Files, options: &Options) {
        let max_bytes = options.max_unsealed_bytes;
        for (name, path) in &files.segments {
            let covers = |block: &Arc<Block>| (block.seqs.0..=block.seqs.1).contains(&name.seq);
            if self.view.blocks.iter().any(covers) {
                self.attempt(path, fs::remove_file(path));
                continue;
            }
            if self
                .view
                .heads
                .last()
                .is_none_or(|head| head.seq != name.seq)
            {
                self.view.heads.push(Arc::new(Generation::new(name.seq)));
            }
            self.postpone(files, max_bytes);
            let Some(head) = self.view.heads.last().cloned() else {
                continue;
            };
            let names = &mut self.names;
            let replayed = wal::replay(path, *name, &mut Taker { names, head: &head });
            match replayed {
                Ok((replayed, encoder)) => self.took(*name, path, replayed, encoder),
                Err(error) => self.attempt(path, Err(error)),
            }
        }
        self.postpone(files, max_bytes);
        // Only the last one can be gone on with, and only if its end was found.
        let last = files.segments.last();
        if let Some((_, path)) = last.filter(|_| options.sync) {
            // Its writer may have been killed before it did so.
            let synced = fs::File::open(path).and_then(|file| file.sync_data());
            if synced.is_err() {
                // What is written behind it could not be read without it.
                self.resume = None;
            }
            self.attempt(path, synced);
        }
        let last = last.map(|(name, _)| *name);
        self.resume = self.resume.take().filter(|left| Some(left.name) == last);
    }

    /// Leaves the oldest generations in the log while all of them take more than memory has.
    fn postpone(&mut self, files: &Files, max_bytes: usize) {
        let heads = &mut self.view.heads;
        let mut bytes: usize = heads.iter().map(|head| head.bytes()).sum();
        let mut postponed = Vec::new();
        while heads.len() > 1 && bytes > max_bytes {
            bytes -= heads[0].bytes();
            postponed.push(heads.remove(0));
        }
        for head in postponed {
            let mut segments = files.segments.iter();
            if let Some((_, path)) = segments.find(|(name, _)| name.seq == head.seq) {
                let samples = head.samples();
                self.note(path, What::Postponed { samples });
            }
        }
    }

    fn took(&mut self, name: Name, path: &Path, replayed: Replayed, encoder: Encoder) {
        let Replayed { good, len, gaps } = replayed;
        for gap in gaps {
            match set_aside(path, gap) {
                Ok(true) => self.note(
                    path,
                    What::Gap {
                        bytes: gap.to - gap.from,
                    },
                ),
                Ok(false) => {}
                Err(error) => self.attempt(path, Err(error)),
            }
        }
        if good < len {
            let tail = Gap {
                from: good,
                to: len,
            };
            match set_aside(path, tail) {
                Ok(true) => self.note(path, What::TornTail { bytes: len - good }),
                Ok(false) => {}
                Err(error) => self.attempt(path, Err(error)),
            }
        }
        self.resume = (good >= HEADER as u64).then_some(Left {
            name,
            len: good,
            encoder,
        });
    }
}

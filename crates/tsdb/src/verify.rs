//! Reads everything that lies in a directory, and says what is wrong with it; rewrites what can be
//! made good.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
};

use crate::{
    block::{Block, BlockWriter, Stats},
    catalog,
    codec::Codec,
    error::OpenError,
    health::{Damage, What},
    journal::file_name,
    naming::{Names, Naming, Pair},
    open::{Files, lock},
    series::SeriesRef,
    wal::{self, HEADER, Listener},
};

/// pco's level, as for merged blocks.
const LEVEL: usize = 8;

/// What a check has found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verified {
    /// Blocks and segments of the log.
    pub files: usize,
    /// Bytes in them.
    pub bytes: u64,
    /// Samples that were read, in blocks and in the log.
    pub samples: u64,
    /// What is wrong. A torn tail in the newest segment may be a batch that is being written.
    pub damages: Vec<Damage>,
    /// Damaged blocks that were written anew; their originals lie beside them as `*.bad` if anything
    /// in them was lost.
    pub repaired: usize,
}

/// Reads every byte, and changes nothing. A service may hold the directory meanwhile.
///
/// # Errors
/// A newer version wrote it, or it cannot be listed.
pub fn verify(dir: &Path) -> Result<Verified, OpenError> {
    let mut check = Check::default();
    check.all(&listed(dir)?);
    Ok(check.found)
}

/// The same, and writes blocks anew that are damaged, or say something else of their samples than
/// what they are.
///
/// # Errors
/// Another process holds the directory, a newer version wrote it, it cannot be listed or written.
pub fn repair(dir: &Path) -> Result<Verified, OpenError> {
    let _lock = lock(dir)?;
    let mut check = Check::default();
    check.all(&listed(dir)?);
    for block in std::mem::take(&mut check.to_rewrite) {
        let failed = |source| OpenError::Directory {
            dir: block.path.clone(),
            source,
        };
        check.rewrite(&block).map_err(failed)?;
        check.found.repaired += 1;
    }
    Ok(check.found)
}

fn listed(dir: &Path) -> Result<Files, OpenError> {
    let failed = |source| OpenError::Directory {
        dir: dir.to_owned(),
        source,
    };
    let files = Files::list(dir).map_err(failed)?;
    files.refuse_newer()?;
    Ok(files)
}

#[derive(Default)]
struct Check {
    found: Verified,
    names: Names,
    codec: Codec,
    bytes: Vec<u8>,
    times: Vec<i64>,
    values: Vec<f64>,
    to_rewrite: Vec<Block>,
}

impl Check {
    fn all(&mut self, files: &Files) {
        for path in &files.blocks {
            let checked = self.block(path);
            self.told(path, checked);
        }
        for (name, path) in &files.segments {
            let replayed = wal::replay(path, *name, self);
            let checked = replayed.map(|(replayed, _)| {
                self.counted(path);
                let of = |gap: &wal::Gap| What::Gap {
                    bytes: gap.to - gap.from,
                };
                let mut found: Vec<_> = replayed.gaps.iter().map(of).collect();
                let bytes = replayed.len - replayed.good;
                if bytes > 0 || replayed.good < HEADER as u64 {
                    found.push(What::TornTail { bytes });
                }
                found
            });
            self.told(path, checked);
        }
        let dir = files.catalog.parent().unwrap_or(Path::new("."));
        match catalog::read(dir) {
            Ok(listed) => {
                let there: Vec<_> = files
                    .blocks
                    .iter()
                    .filter_map(|p| Block::seqs_of(p))
                    .collect();
                for (path, what) in files.missing(&listed.unwrap_or_default(), &there) {
                    self.told(&path, Ok(vec![what]));
                }
            }
            Err(error) if error.kind() == io::ErrorKind::InvalidData => {
                self.told(&files.catalog, Ok(vec![What::Mended]));
            }
            Err(error) => self.told(&files.catalog, Err(error)),
        }
    }

    fn told(&mut self, path: &Path, checked: io::Result<Vec<What>>) {
        let found = match checked {
            Ok(found) => found,
            // A service has merged or forgotten it meanwhile.
            Err(error) if error.kind() == io::ErrorKind::NotFound => return,
            Err(error) => vec![What::Trouble {
                why: error.to_string(),
            }],
        };
        let file = file_name(path);
        let damages = found.into_iter().map(|what| Damage {
            file: file.clone(),
            what,
        });
        self.found.damages.extend(damages);
    }

    fn counted(&mut self, path: &Path) {
        self.found.files += 1;
        self.found.bytes += fs::metadata(path).map_or(0, |metadata| metadata.len());
    }

    fn block(&mut self, path: &PathBuf) -> io::Result<Vec<What>> {
        let opened = Block::open(path, &mut self.names);
        let block = match opened {
            Err(error) if error.kind() == io::ErrorKind::InvalidData => {
                self.counted(path);
                let (bytes, why) = (fs::metadata(path)?.len(), error.to_string());
                return Ok(vec![What::Block { bytes, why }]);
            }
            opened => opened?,
        };
        self.counted(path);
        let (mut unreadable, mut is_wrong) = (0, false);
        for chunk in block.chunks() {
            self.times.clear();
            self.values.clear();
            let Self {
                codec,
                bytes,
                times,
                values,
                ..
            } = self;
            match block.read(chunk, codec, bytes, times, values) {
                Ok(()) => {
                    self.found.samples += self.values.len() as u64;
                    is_wrong |= !same(&Stats::of(&self.values), &block.chunk_stats(chunk));
                    is_wrong |= !self.times.is_sorted_by(|a, b| a < b);
                }
                Err(error) if error.kind() == io::ErrorKind::InvalidData => unreadable += 1,
                Err(error) => return Err(error),
            }
        }
        let mut found = Vec::new();
        if unreadable > 0 {
            found.push(What::Chunks { chunks: unreadable });
        }
        if block.mended || is_wrong {
            found.push(What::Mended);
        }
        if !found.is_empty() {
            self.to_rewrite.push(block);
        }
        Ok(found)
    }

    /// The block with all of it that can be read, under its name.
    fn rewrite(&mut self, block: &Block) -> io::Result<()> {
        let dir = block.path.parent().unwrap_or(Path::new("."));
        let mut writer = BlockWriter::create(dir, block.seqs, LEVEL, 0)?;
        let mut is_whole = true;
        for series in block.series() {
            for chunk in block.chunks_of(*series) {
                self.times.clear();
                self.values.clear();
                let Self {
                    codec,
                    bytes,
                    times,
                    values,
                    names,
                    ..
                } = self;
                let read = block.read(chunk, codec, bytes, times, values);
                match (read, names.index.labels(*series)) {
                    (Ok(()), Some(labels)) => writer.push(labels, times, values)?,
                    _ => is_whole = false,
                }
            }
        }
        if !is_whole {
            fs::copy(&block.path, block.path.with_extension("bad"))?;
        }
        writer.finish().map(drop)
    }
}

/// Sums may differ in their last bits.
fn same(a: &Stats, b: &Stats) -> bool {
    let close = (a.sum - b.sum).abs() <= a.sum.abs() * 1e-9;
    let sums = close || a.sum.to_bits() == b.sum.to_bits() || (a.sum.is_nan() && b.sum.is_nan());
    a.count == b.count && a.min == b.min && a.max == b.max && sums
}

impl Naming for Check {
    fn intern(&mut self, text: &str) -> Arc<str> {
        self.names.intern(text)
    }

    fn series(&mut self, pairs: &[Pair]) -> Option<SeriesRef> {
        self.names.series(pairs)
    }
}

impl Listener for Check {
    fn batch(&mut self, _: i64, samples: &[(SeriesRef, f64)]) {
        self.found.samples += samples.len() as u64;
    }
}

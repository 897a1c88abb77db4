//! Writes a block under a temporary name, and publishes it by a rename.

use std::{
    collections::HashMap,
    fs::{self, File},
    io::{self, BufWriter, Write},
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
};

use exposition::Labels;

use super::{
    Block, MAX_CHUNK, Marks, Stats,
    frame::{self, Frame},
    guard,
};
use crate::{
    bytes::{put_num, put_str, put_u32, put_var},
    codec::Codec,
    preamble, times,
};

/// Small steps: one large sync would delay those of the write-ahead log on the same file system.
const SYNC_EVERY: usize = 512 << 10;

/// Takes series in any order; that of labels compresses them best. Dropped before [`finish`], it
/// removes what it wrote.
///
/// [`finish`]: Self::finish
pub(crate) struct BlockWriter {
    out: BufWriter<File>,
    temporary: Temporary,
    path: PathBuf,
    seqs: (u64, u64),
    level: usize,
    codec: Codec,
    buf: Vec<u8>,
    at: u64,
    unsynced: usize,
    columns: Table,
    pairs: Table,
    series: Vec<u8>,
    chunks: u64,
}

/// Distinct things, numbered as they come.
#[derive(Default)]
struct Table {
    numbers: HashMap<Box<[u8]>, u32>,
    encoded: Vec<u8>,
}

impl Table {
    /// The number of `item`; `framed` writes its length in front of it.
    fn number(&mut self, item: &[u8], framed: bool) -> u64 {
        if let Some(known) = self.numbers.get(item) {
            return (*known).into();
        }
        let number = self.numbers.len() as u32;
        if framed {
            put_var(&mut self.encoded, item.len() as u64);
        }
        self.encoded.extend_from_slice(item);
        self.numbers.insert(item.into(), number);
        number.into()
    }

    fn put(&mut self, out: &mut Vec<u8>) {
        put_var(out, self.numbers.len() as u64);
        out.append(&mut self.encoded);
    }
}

impl BlockWriter {
    /// `tag` tells writers of the same block apart: one that was given up may still be at work.
    pub(crate) fn create(dir: &Path, seqs: (u64, u64), level: usize, tag: u64) -> io::Result<Self> {
        let path = Block::path(dir, seqs);
        let temporary = path.with_extension(format!("{tag}.tmp"));
        let mut out = BufWriter::with_capacity(1 << 17, File::create(&temporary)?);
        let begun = out.write_all(&[0; frame::LEN]);
        let writer = BlockWriter {
            out,
            temporary: Temporary(Some(temporary)),
            path,
            seqs,
            level,
            codec: Codec::default(),
            buf: Vec::new(),
            at: frame::LEN as u64,
            unsynced: 0,
            columns: Table::default(),
            pairs: Table::default(),
            series: Vec::new(),
            chunks: 0,
        };
        begun.map(|()| writer)
    }

    /// A series, or the next part of it, by ascending time.
    pub(crate) fn push(
        &mut self,
        labels: &Labels,
        times: &[i64],
        values: &[f64],
    ) -> io::Result<()> {
        for (times, values) in times.chunks(MAX_CHUNK).zip(values.chunks(MAX_CHUNK)) {
            self.push_chunk(labels, times, values)?;
        }
        Ok(())
    }

    fn push_chunk(&mut self, labels: &Labels, times: &[i64], values: &[f64]) -> io::Result<()> {
        self.buf.clear();
        self.codec.encode(values, self.level, &mut self.buf);
        self.at += self.buf.len() as u64;
        if self.at > u64::from(u32::MAX) {
            return Err(io::Error::new(
                io::ErrorKind::FileTooLarge,
                "a block over 4 GiB",
            ));
        }
        self.out.write_all(&self.buf)?;
        self.unsynced += self.buf.len();
        if self.unsynced > SYNC_EVERY {
            self.out.flush()?;
            self.out.get_ref().sync_data()?;
            self.unsynced = 0;
        }
        put_var(&mut self.series, labels.len() as u64);
        let mut pair = Vec::new();
        for (name, value) in labels.iter() {
            pair.clear();
            put_str(&mut pair, name);
            put_str(&mut pair, value);
            let number = self.pairs.number(&pair, false);
            put_var(&mut self.series, number);
        }
        let column = self.columns.number(&times::encode(times), true);
        put_var(&mut self.series, column);
        put_var(&mut self.series, self.buf.len() as u64);
        put_u32(&mut self.series, crc32fast::hash(&self.buf));
        let stats = Stats::of(values);
        for number in [stats.min, stats.max, stats.sum] {
            put_num(&mut self.series, number);
        }
        Marks::of(&stats).put(&mut self.series);
        self.chunks += 1;
        Ok(())
    }

    /// Gives the block its name: after this it is complete and durable, or absent.
    pub(crate) fn finish(self) -> io::Result<PathBuf> {
        let path = self.path.clone();
        self.complete()?.publish()?;
        sync_directory(&path)?;
        Ok(path)
    }

    /// Writes all that is left; durable, but not yet under its name.
    pub(crate) fn complete(mut self) -> io::Result<Complete> {
        let mut index = Vec::with_capacity(self.series.len() + self.columns.encoded.len() + 64);
        put_var(&mut index, self.seqs.0);
        put_var(&mut index, self.seqs.1);
        self.columns.put(&mut index);
        self.pairs.put(&mut index);
        put_var(&mut index, self.chunks);
        index.append(&mut self.series);
        let guard = guard::of(&index);
        let frame = Frame {
            version: preamble::VERSION,
            index_at: self.at,
            index_len: u32::try_from(index.len())
                .map_err(|_| io::Error::new(io::ErrorKind::FileTooLarge, "an index over 4 GiB"))?,
            index_crc: crc32fast::hash(&index),
            guard_crc: crc32fast::hash(&guard),
        };
        let frame = frame.encode();
        self.out.write_all(&index)?;
        self.out.write_all(&guard)?;
        self.out.write_all(&frame)?;
        self.out.flush()?;
        self.out.get_ref().write_all_at(&frame, 0)?;
        self.out.get_ref().sync_all()?;
        let temporary = Temporary(self.temporary.0.take());
        let bytes = self.at + (index.len() + guard.len() + frame.len()) as u64;
        let path = self.path;
        Ok(Complete {
            temporary,
            path,
            bytes,
        })
    }
}

/// A block that only lacks its name.
pub(crate) struct Complete {
    temporary: Temporary,
    path: PathBuf,
    bytes: u64,
}

impl Complete {
    /// Gives the block its name, and answers its size. The name is durable once the directory is
    /// synced.
    pub(crate) fn publish(mut self) -> io::Result<u64> {
        if let Some(temporary) = &self.temporary.0 {
            fs::rename(temporary, &self.path)?;
            self.temporary.0 = None;
        }
        Ok(self.bytes)
    }
}

/// A file that goes when it is dropped. What is left over is removed when the directory is opened.
struct Temporary(Option<PathBuf>);

impl Drop for Temporary {
    fn drop(&mut self) {
        if let Some(path) = self.0.take() {
            let _ = fs::remove_file(path);
        }
    }
}

/// Makes the name of a file durable.
pub(crate) fn sync_directory(file: &Path) -> io::Result<()> {
    File::open(file.parent().unwrap_or(Path::new(".")))?.sync_all()
}

//! Immutable files with the samples of one or more consecutive generations. The index is read when
//! the block is opened, chunks when they are asked for.

mod frame;
mod guard;
mod stats;
mod write;

use std::{
    fs::File,
    io,
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
};

use crate::{bytes::Input, codec::Codec, naming::Naming, series::SeriesRef, times};
use stats::Marks;
pub use stats::Stats;
pub(crate) use write::{BlockWriter, sync_directory};

/// A longer series is several chunks of a block: bounds what a damaged or hostile count can demand.
pub(crate) const MAX_CHUNK: usize = 1 << 16;
/// The first version of the format that has [`Marks`].
const MARKED: u16 = 2;

pub(crate) struct Block {
    pub(crate) path: PathBuf,
    /// First and last of the generations in it.
    pub(crate) seqs: (u64, u64),
    /// First and last time.
    pub(crate) span: (i64, i64),
    /// Of the file.
    pub(crate) bytes: u64,
    pub(crate) samples: u64,
    /// The file is damaged where it could be made good when it was opened.
    pub(crate) mended: bool,
    file: File,
    columns: Vec<Column>,
    /// By reference, then by time.
    chunks: Vec<Chunk>,
    /// References in the order of the file, which is that of labels.
    order: Vec<SeriesRef>,
}

/// Times that one or many chunks have.
struct Column {
    encoded: Box<[u8]>,
    count: u32,
    first: i64,
    last: i64,
}

/// The samples of one series, or some of them.
#[derive(Clone, Copy)]
pub(crate) struct Chunk {
    pub(crate) series: SeriesRef,
    column: u32,
    at: u32,
    len: u32,
    crc: u32,
    marks: Marks,
    min: f64,
    max: f64,
    sum: f64,
}

pub(crate) fn damaged(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

impl Block {
    /// # Errors
    /// `InvalidData` for a damaged file, or whatever the file system says.
    pub(crate) fn open(path: &Path, names: &mut dyn Naming) -> io::Result<Block> {
        let file = File::open(path)?;
        let bytes = file.metadata()?.len();
        let framed = frame::read(&file, bytes)?;
        let mut block = Block {
            path: path.to_owned(),
            seqs: (0, 0),
            span: (i64::MAX, i64::MIN),
            bytes,
            samples: 0,
            mended: framed.mended,
            file,
            columns: Vec::new(),
            chunks: Vec::new(),
            order: Vec::new(),
        };
        let parsed = block.parse(&framed, names);
        parsed.ok_or_else(|| damaged("the index"))?;
        Ok(block)
    }

    /// What a block of these generations is called.
    pub(crate) fn path(dir: &Path, seqs: (u64, u64)) -> PathBuf {
        dir.join(format!("{:012}-{:012}.blk", seqs.0, seqs.1))
    }

    /// The generations that the name of a file speaks of.
    pub(crate) fn seqs_of(path: &Path) -> Option<(u64, u64)> {
        let (first, last) = path.file_stem()?.to_str()?.split_once('-')?;
        Some((first.parse().ok()?, last.parse().ok()?))
    }

    fn parse(&mut self, framed: &frame::Framed, names: &mut dyn Naming) -> Option<()> {
        let mut input = Input(&framed.index);
        self.seqs = (input.var()?, input.var()?);
        for _ in 0..input.var()? {
            let len = usize::try_from(input.var()?).ok()?;
            let encoded = input.take(len)?;
            let (count, first, last) = times::span(encoded)?;
            if count == 0 || count > MAX_CHUNK {
                return None;
            }
            self.span = (self.span.0.min(first), self.span.1.max(last));
            self.columns.push(Column {
                encoded: encoded.into(),
                count: count as u32,
                first,
                last,
            });
        }
        let mut pairs = Vec::new();
        for _ in 0..input.var()? {
            pairs.push((names.intern(input.str()?), names.intern(input.str()?)));
        }
        let mut at = frame::LEN as u32;
        let mut set = Vec::new();
        for _ in 0..input.var()? {
            set.clear();
            for _ in 0..input.var()? {
                set.push(pairs.get(usize::try_from(input.var()?).ok()?)?.clone());
            }
            let series = names.series(&set)?;
            let column = u32::try_from(input.var()?).ok()?;
            let (len, crc) = (u32::try_from(input.var()?).ok()?, input.u32()?);
            let (min, max, sum) = (input.num()?, input.num()?, input.num()?);
            let marks = match framed.version {
                ..MARKED => Marks::UNKNOWN,
                _ => Marks::read(&mut input)?,
            };
            self.samples += u64::from(self.columns.get(column as usize)?.count);
            if self.order.last() != Some(&series) {
                self.order.push(series);
            }
            self.chunks.push(Chunk {
                series,
                column,
                at,
                len,
                crc,
                marks,
                min,
                max,
                sum,
            });
            at = at.checked_add(len)?;
        }
        let first_time = |chunk: &Chunk| self.columns[chunk.column as usize].first;
        self.chunks
            .sort_by_key(|chunk| (chunk.series, first_time(chunk)));
        self.chunks.shrink_to_fit();
        self.order.shrink_to_fit();
        (u64::from(at) == framed.index_at && input.0.is_empty()).then_some(())
    }

    /// The chunks of a series, by time.
    pub(crate) fn chunks_of(&self, series: SeriesRef) -> &[Chunk] {
        let from = self.chunks.partition_point(|chunk| chunk.series < series);
        let rest = &self.chunks[from..];
        &rest[..rest.partition_point(|chunk| chunk.series == series)]
    }

    pub(crate) fn chunks(&self) -> &[Chunk] {
        &self.chunks
    }

    /// All series, in the order of their labels.
    pub(crate) fn series(&self) -> &[SeriesRef] {
        &self.order
    }

    /// First and last time of a chunk.
    pub(crate) fn chunk_span(&self, chunk: &Chunk) -> (i64, i64) {
        let column = &self.columns[chunk.column as usize];
        (column.first, column.last)
    }

    pub(crate) fn chunk_stats(&self, chunk: &Chunk) -> Stats {
        Stats {
            count: u64::from(self.columns[chunk.column as usize].count),
            nan: chunk.marks.nan(),
            min: chunk.min,
            max: chunk.max,
            sum: chunk.sum,
            exact: chunk.marks.exact(),
        }
    }

    /// Appends the chunk's samples; on an error nothing.
    pub(crate) fn read(
        &self,
        chunk: &Chunk,
        codec: &mut Codec,
        bytes: &mut Vec<u8>,
        times: &mut Vec<i64>,
        values: &mut Vec<f64>,
    ) -> io::Result<()> {
        bytes.resize(chunk.len as usize, 0);
        self.file.read_exact_at(bytes, u64::from(chunk.at))?;
        if crc32fast::hash(bytes) != chunk.crc {
            return Err(damaged("a chunk"));
        }
        let (times_before, values_before) = (times.len(), values.len());
        let column = &self.columns[chunk.column as usize].encoded;
        let done = times::decode(column, times).and_then(|n| codec.decode(bytes, n, values));
        done.ok_or_else(|| {
            times.truncate(times_before);
            values.truncate(values_before);
            damaged("a chunk")
        })
    }
}

impl Chunk {
    /// Bytes in the file.
    pub(crate) fn bytes(&self) -> u64 {
        self.len.into()
    }
}

//! An external sort: as much as memory holds is sorted and written to a run; all runs are merged.

use std::{
    cmp::Reverse,
    collections::BinaryHeap,
    fs::{self, File},
    io::{self, BufReader, BufWriter, Read, Write},
    path::{Path, PathBuf},
};

use crate::bytes::put_zig;

/// Sorted by span, series and time; at equal ones the order of arrival stays.
#[derive(Clone, Copy, Debug)]
pub(super) struct Record {
    pub(super) span: i64,
    pub(super) series: u32,
    pub(super) t: i64,
    pub(super) value: f64,
}

/// Runs are merged in groups of so many until no more are left: bounds open files and buffers.
const FAN: usize = 64;
/// Bytes read at a time from each of them.
const BUFFER: usize = 64 << 10;

impl Record {
    fn key(&self) -> (i64, u32, i64) {
        (self.span, self.series, self.t)
    }
}

/// A run, while it is written: records as differences to the one before, about seven bytes each.
///
/// record = other:1 trail:3 bytes:4 | (span, series as zigzag differences) if other | time as a zigzag
/// difference | the bytes of the value XOR the one before
struct RunWriter {
    out: BufWriter<File>,
    last: Record,
    buf: Vec<u8>,
}

/// Before the first record of a run.
const NONE: Record = Record {
    span: 0,
    series: 0,
    t: 0,
    value: 0.0,
};

impl RunWriter {
    fn create(path: &Path) -> io::Result<RunWriter> {
        let out = BufWriter::with_capacity(BUFFER, File::create(path)?);
        let (last, buf) = (NONE, Vec::new());
        Ok(RunWriter { out, last, buf })
    }

    fn push(&mut self, record: Record) -> io::Result<()> {
        let last = std::mem::replace(&mut self.last, record);
        let x = record.value.to_bits() ^ last.value.to_bits();
        let trail = if x == 0 { 0 } else { x.trailing_zeros() / 8 };
        let bytes = 8 - x.leading_zeros() / 8 - trail;
        let is_other = (record.span, record.series) != (last.span, last.series);
        self.buf.clear();
        self.buf
            .push((u8::from(is_other) << 7) | (trail << 4 | bytes) as u8);
        if is_other {
            put_zig(&mut self.buf, record.span.wrapping_sub(last.span));
            put_zig(
                &mut self.buf,
                i64::from(record.series) - i64::from(last.series),
            );
        }
        put_zig(&mut self.buf, record.t - last.t);
        let x = (x >> (trail * 8)).to_le_bytes();
        self.buf.extend_from_slice(&x[..bytes as usize]);
        self.out.write_all(&self.buf)
    }

    fn finish(mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// A run, while it is read.
struct RunReader {
    input: BufReader<File>,
    last: Record,
}

impl RunReader {
    fn open(path: &Path) -> io::Result<RunReader> {
        let input = BufReader::with_capacity(BUFFER, File::open(path)?);
        Ok(RunReader { input, last: NONE })
    }

    /// `None` at the end.
    fn next(&mut self) -> io::Result<Option<Record>> {
        let mut head = [0];
        if self.input.read(&mut head)? == 0 {
            return Ok(None);
        }
        let [head] = head;
        if head & 0x80 != 0 {
            self.last.span = self.last.span.wrapping_add(self.zig()?);
            let series = i64::from(self.last.series).wrapping_add(self.zig()?);
            self.last.series = series as u32;
        }
        self.last.t = self.last.t.wrapping_add(self.zig()?);
        let mut x = [0; 8];
        let bytes = usize::from(head & 15).min(8);
        self.input.read_exact(&mut x[..bytes])?;
        let x = u64::from_le_bytes(x) << (u32::from(head >> 4 & 7) * 8);
        self.last.value = f64::from_bits(self.last.value.to_bits() ^ x);
        Ok(Some(self.last))
    }

    fn zig(&mut self) -> io::Result<i64> {
        let mut v = 0;
        for shift in (0..64).step_by(7) {
            let mut byte = [0];
            self.input.read_exact(&mut byte)?;
            v |= u64::from(byte[0] & 0x7f) << shift;
            if byte[0] < 0x80 {
                break;
            }
        }
        Ok((v >> 1) as i64 ^ -((v & 1) as i64))
    }
}

/// Runs in a folder of their own, which goes with them.
pub(super) struct Runs {
    dir: PathBuf,
    buffer: Vec<Record>,
    capacity: usize,
    /// In the order of arrival.
    files: Vec<PathBuf>,
    next: usize,
}

impl Runs {
    pub(super) fn new(dir: &Path, memory: usize) -> io::Result<Runs> {
        // What an import that was killed has left.
        match fs::remove_dir_all(dir) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        fs::create_dir_all(dir)?;
        let capacity = memory.max(1 << 20) / size_of::<Record>();
        Ok(Runs {
            dir: dir.to_owned(),
            buffer: Vec::new(),
            capacity,
            files: Vec::new(),
            next: 0,
        })
    }

    pub(super) fn push(&mut self, record: Record) -> io::Result<()> {
        if self.buffer.len() == self.capacity {
            self.spill()?;
        }
        if self.buffer.capacity() == 0 {
            self.buffer.reserve_exact(self.capacity);
        }
        self.buffer.push(record);
        Ok(())
    }

    fn file(&mut self) -> PathBuf {
        self.next += 1;
        self.dir.join(format!("{}.run", self.next))
    }

    fn spill(&mut self) -> io::Result<()> {
        self.buffer.sort_by_key(Record::key);
        let path = self.file();
        let mut out = RunWriter::create(&path)?;
        for record in self.buffer.drain(..) {
            out.push(record)?;
        }
        out.finish()?;
        self.files.push(path);
        Ok(())
    }

    /// Tells all records in order.
    pub(super) fn merge(
        &mut self,
        mut tell: impl FnMut(Record) -> io::Result<()>,
    ) -> io::Result<()> {
        if self.files.is_empty() {
            self.buffer.sort_by_key(Record::key);
            return self.buffer.drain(..).try_for_each(tell);
        }
        self.spill()?;
        self.buffer = Vec::new();
        while self.files.len() > FAN {
            let group: Vec<_> = self.files.drain(..FAN).collect();
            let path = self.file();
            let mut out = RunWriter::create(&path)?;
            merge(&group, |record| out.push(record))?;
            out.finish()?;
            for run in group {
                fs::remove_file(run)?;
            }
            // The oldest stays in front: order of arrival.
            self.files.insert(0, path);
        }
        merge(&self.files, &mut tell)
    }
}

impl Drop for Runs {
    fn drop(&mut self) {
        // What is left over goes with the next import.
        let _ = fs::remove_dir_all(&self.dir);
    }
}

fn merge(files: &[PathBuf], mut tell: impl FnMut(Record) -> io::Result<()>) -> io::Result<()> {
    let mut runs = Vec::new();
    for path in files {
        runs.push(RunReader::open(path)?);
    }
    let mut firsts: Vec<Option<Record>> = Vec::new();
    let mut heap = BinaryHeap::new();
    for (number, run) in runs.iter_mut().enumerate() {
        let first = run.next()?;
        heap.extend(first.map(|record| Reverse((record.key(), number))));
        firsts.push(first);
    }
    while let Some(Reverse((_, number))) = heap.pop() {
        if let Some(record) = firsts[number].take() {
            tell(record)?;
        }
        firsts[number] = runs[number].next()?;
        heap.extend(firsts[number].map(|record| Reverse((record.key(), number))));
    }
    Ok(())
}

//! An external sort: as much as memory holds is sorted and written to a run; all runs are merged.

use std::{
    cmp::Reverse,
    collections::BinaryHeap,
    fs::{self, File},
    io::{self, BufReader, BufWriter, Read, Write},
    path::{Path, PathBuf},
};

/// Sorted by span, series and time; at equal ones the order of arrival stays.
#[derive(Clone, Copy, Debug)]
pub(super) struct Record {
    pub(super) span: i64,
    pub(super) series: u32,
    pub(super) t: i64,
    pub(super) value: f64,
}

const BYTES: usize = 28;
/// Runs are merged in groups of so many until no more are left: bounds open files and buffers.
const FAN: usize = 64;
/// Bytes read at a time from each of them.
const BUFFER: usize = 64 << 10;

impl Record {
    fn key(&self) -> (i64, u32, i64) {
        (self.span, self.series, self.t)
    }

    fn encode(&self) -> [u8; BYTES] {
        let mut out = [0; BYTES];
        out[..8].copy_from_slice(&self.span.to_le_bytes());
        out[8..12].copy_from_slice(&self.series.to_le_bytes());
        out[12..20].copy_from_slice(&self.t.to_le_bytes());
        out[20..].copy_from_slice(&self.value.to_bits().to_le_bytes());
        out
    }

    fn decode(bytes: &[u8; BYTES]) -> Record {
        let eight = |at: usize| {
            let mut word = [0; 8];
            word.copy_from_slice(&bytes[at..at + 8]);
            word
        };
        let mut four = [0; 4];
        four.copy_from_slice(&bytes[8..12]);
        Record {
            span: i64::from_le_bytes(eight(0)),
            series: u32::from_le_bytes(four),
            t: i64::from_le_bytes(eight(12)),
            value: f64::from_bits(u64::from_le_bytes(eight(20))),
        }
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
        let mut out = BufWriter::with_capacity(BUFFER, File::create(&path)?);
        for record in self.buffer.drain(..) {
            out.write_all(&record.encode())?;
        }
        out.flush()?;
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
            let mut out = BufWriter::with_capacity(BUFFER, File::create(&path)?);
            merge(&group, |record| out.write_all(&record.encode()))?;
            out.flush()?;
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
        runs.push(BufReader::with_capacity(BUFFER, File::open(path)?));
    }
    let mut firsts: Vec<Option<Record>> = Vec::new();
    let mut heap = BinaryHeap::new();
    for (number, run) in runs.iter_mut().enumerate() {
        let first = next(run)?;
        heap.extend(first.map(|record| Reverse((record.key(), number))));
        firsts.push(first);
    }
    while let Some(Reverse((_, number))) = heap.pop() {
        if let Some(record) = firsts[number].take() {
            tell(record)?;
        }
        firsts[number] = next(&mut runs[number])?;
        heap.extend(firsts[number].map(|record| Reverse((record.key(), number))));
    }
    Ok(())
}

fn next(run: &mut impl Read) -> io::Result<Option<Record>> {
    let mut bytes = [0; BYTES];
    match run.read_exact(&mut bytes) {
        Ok(()) => Ok(Some(Record::decode(&bytes))),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(None),
        Err(error) => Err(error),
    }
}

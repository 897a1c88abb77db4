//! Where lines come from: a file or standard input, compressed or not.

use std::{
    fs::File,
    io::{self, BufRead, BufReader, Read},
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
};

use flate2::bufread::MultiGzDecoder;

const BUFFER: usize = 256 << 10;
/// Longer lines are passed over: others write all samples of a series in one.
const LONGEST: u64 = 64 << 20;
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// Lines, one by one.
pub(crate) struct Input {
    lines: Box<dyn BufRead>,
    read: Arc<AtomicU64>,
    length: Option<u64>,
}

/// What was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Line {
    /// A line with its end, which is not given.
    Whole,
    /// The last one, without an end.
    Unfinished,
    /// Longer than is borne; passed over.
    TooLong,
    /// Nothing: that was all.
    End,
}

impl Input {
    /// A file, or standard input for `-`.
    ///
    /// # Errors
    /// What the file system says.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        if path == Path::new("-") {
            return Self::of(io::stdin(), None);
        }
        let file = File::open(path)?;
        let length = file.metadata().map(|metadata| metadata.len()).ok();
        Self::of(file, length.filter(|length| *length > 0))
    }

    /// Whatever there is to read, of a length if that is known.
    ///
    /// # Errors
    /// What it says.
    pub(crate) fn of(from: impl Read + 'static, length: Option<u64>) -> io::Result<Self> {
        let read = Arc::<AtomicU64>::default();
        let counted = Counted {
            from,
            read: read.clone(),
        };
        let mut plain = BufReader::with_capacity(BUFFER, counted);
        let lines: Box<dyn BufRead> = match plain.fill_buf()?.starts_with(&GZIP) {
            true => Box::new(BufReader::with_capacity(BUFFER, MultiGzDecoder::new(plain))),
            false => Box::new(plain),
        };
        Ok(Input {
            lines,
            read,
            length,
        })
    }

    /// From 0 to 1, where the length is known.
    pub(crate) fn part(&self) -> Option<f64> {
        let read = self.read.load(Relaxed) as f64;
        self.length.map(|length| read / length as f64)
    }

    /// The first byte.
    pub(super) fn first(&mut self) -> io::Result<Option<u8>> {
        Ok(self.lines.fill_buf()?.first().copied())
    }

    /// Reads a line, without its end.
    pub(super) fn next(&mut self, line: &mut Vec<u8>) -> io::Result<Line> {
        line.clear();
        let read = (&mut self.lines).take(LONGEST).read_until(b'\n', line)?;
        if line.last() == Some(&b'\n') {
            line.pop();
            return Ok(Line::Whole);
        }
        match read as u64 {
            0 => Ok(Line::End),
            LONGEST => self.lines.skip_until(b'\n').map(|_| Line::TooLong),
            _ => Ok(Line::Unfinished),
        }
    }
}

/// Counts what is read.
struct Counted<R> {
    from: R,
    read: Arc<AtomicU64>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.from.read(into)?;
        self.read.fetch_add(read as u64, Relaxed);
        Ok(read)
    }
}

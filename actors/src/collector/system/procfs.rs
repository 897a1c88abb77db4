//! Reads the files of `/proc`, within bounds, into a buffer that is kept.

use std::{
    fs::File,
    io::{self, Read},
    path::PathBuf,
};

use crate::collector::{CollectError, Reason};

/// No file here is larger, but what is mounted there need not be a `/proc`.
const LIMIT: usize = 1 << 20;

/// A line per mount, and one overlay's line alone can fill a page: a busy container host has more
/// than a megabyte of them.
const MOUNTINFO_LIMIT: usize = 8 << 20;

/// What a file says is not what the kernel's documentation says it says. Contents are not quoted:
/// errors go to logs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Malformed {
    /// A line, counted from 1, cannot be understood.
    #[error("line {line}: {problem}")]
    Line { line: usize, problem: &'static str },
    /// Something that is always there is not.
    #[error("no {0}")]
    Missing(&'static str),
}

/// A directory with the kernel's files.
pub(super) struct Procfs {
    root: PathBuf,
    buffer: Vec<u8>,
}

impl Procfs {
    pub(super) fn new(root: PathBuf) -> Self {
        Procfs {
            root,
            buffer: Vec::new(),
        }
    }

    /// For messages.
    pub(super) fn root(&self) -> String {
        self.root.display().to_string()
    }

    /// Reads a file and has it parsed.
    pub(super) fn parse<T>(
        &mut self,
        file: &str,
        parser: impl FnOnce(&[u8]) -> Result<T, Malformed>,
    ) -> Result<T, CollectError> {
        self.parse_within(LIMIT, file, parser)
    }

    /// The mounts as the host's first process sees them, or, where that one is hidden from us, as
    /// we do.
    pub(super) fn parse_mountinfo<T>(
        &mut self,
        mut parser: impl FnMut(&[u8]) -> Result<T, Malformed>,
    ) -> Result<T, CollectError> {
        match self.parse_within(MOUNTINFO_LIMIT, "1/mountinfo", &mut parser) {
            Err(error) if error.reason == Reason::Unavailable => {
                self.parse_within(MOUNTINFO_LIMIT, "self/mountinfo", parser)
            }
            result => result,
        }
    }

    fn parse_within<T>(
        &mut self,
        limit: usize,
        file: &str,
        parser: impl FnOnce(&[u8]) -> Result<T, Malformed>,
    ) -> Result<T, CollectError> {
        let path = self.root.join(file);
        let failed = |reason, detail| CollectError {
            part: path.display().to_string(),
            reason,
            detail,
        };
        let length = File::open(&path)
            .and_then(|file| fill(file, &mut self.buffer, limit))
            .map_err(|error| failed(Reason::Unavailable, error.to_string()))?;
        if length > limit {
            let detail = format!("more than {limit} bytes");
            return Err(failed(Reason::TooLarge, detail));
        }
        parser(&self.buffer[..length]).map_err(|error| failed(Reason::Parse, error.to_string()))
    }
}

/// Reads to the end, or a little past the limit, and returns how much of the buffer is filled.
/// The buffer keeps its size: from the second time on there is nothing to allocate or to clear.
fn fill(mut from: impl Read, buffer: &mut Vec<u8>, limit: usize) -> io::Result<usize> {
    let mut length = 0;
    while length <= limit {
        if length == buffer.len() {
            buffer.resize((2 * length).max(16 << 10), 0);
        }
        match from.read(&mut buffer[length..]) {
            Ok(0) => break,
            Ok(more) => length += more,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(length)
}

/// The lines of a file with their numbers, without those that are blank.
pub(super) fn lines(text: &[u8]) -> impl Iterator<Item = (usize, &[u8])> {
    text.split(|&c| c == b'\n')
        .zip(1..)
        .map(|(line, number)| (number, line.trim_ascii()))
        .filter(|(_, line)| !line.is_empty())
}

/// The words of a line.
pub(super) fn words(line: &[u8]) -> impl Iterator<Item = &[u8]> {
    line.split(u8::is_ascii_whitespace)
        .filter(|word| !word.is_empty())
}

/// A number as the kernel prints it: digits and nothing else.
pub(super) fn unsigned(word: &[u8]) -> Option<u64> {
    if word.is_empty() {
        return None;
    }
    word.iter().try_fold(0u64, |sum, c| {
        let digit = c.is_ascii_digit().then(|| u64::from(c - b'0'))?;
        sum.checked_mul(10)?.checked_add(digit)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_digits_are_numbers() {
        assert_eq!(unsigned(b"0"), Some(0));
        assert_eq!(unsigned(b"18446744073709551615"), Some(u64::MAX));
        for bad in ["", "18446744073709551616", "-1", "+1", "1.0", "0x1", " 1"] {
            assert_eq!(unsigned(bad.as_bytes()), None, "{bad}");
        }
    }

    #[test]
    fn reading_stops_soon_after_the_limit() {
        let mut buffer = Vec::new();
        assert_eq!(fill(&b"abc"[..], &mut buffer, 10).unwrap(), 3);
        assert_eq!(&buffer[..3], b"abc");
        assert_eq!(
            fill(&[b'x'; 40_000][..], &mut buffer, 50_000).unwrap(),
            40_000
        );
        let length = fill(io::repeat(b'x'), &mut buffer, LIMIT).unwrap();
        assert!(length > LIMIT && length <= 4 * LIMIT, "{length}");
    }

    #[test]
    fn what_is_missing_is_named() {
        let mut procfs = Procfs::new("/nowhere".into());
        let error = procfs.parse("stat", |_| Ok(())).unwrap_err();
        assert_eq!(error.part, "/nowhere/stat");
        assert_eq!(error.reason, Reason::Unavailable);
        let error = procfs.parse_mountinfo(|_| Ok(())).unwrap_err();
        assert_eq!(error.part, "/nowhere/self/mountinfo");
    }
}

//! The write-ahead log: for every generation at least one segment, which says all about itself, and
//! goes when the block of the generation is durable.
//!
//! ```text
//! segment = preamble | seq u64 | part u64 | crc u32 | record*
//! record  = len u32 | crc u32 | payload
//! payload = RESTART marker         forget definitions and previous values
//!         | SERIES  n (name value)* | n (n pair*)*       the next local ids
//!         | SAMPLES time | n | sample*
//! sample  = jump:1 trail:3 bytes:4 | (id - expected, zigzag)? | the bytes of value XOR the previous
//! ```
//!
//! The id that is expected is the one behind the sample before: a steady row carries no ids. A
//! RESTART every ten minutes bounds what one damaged byte can take along; its marker is the same
//! everywhere, so that it is found again behind damage.

mod encode;
mod replay;
mod segment;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

pub(crate) use encode::Encoder;
pub(crate) use replay::{Gap, Listener, Replayed, replay};
pub(crate) use segment::{Left, Segment};

use crate::{
    bytes::{put_u32, put_u64},
    preamble::{self, Found, Kind},
};

const RESTART: u8 = 0;
const SERIES: u8 = 1;
const SAMPLES: u8 = 2;
const MARKER: &[u8; 8] = b"\nRESTART";
/// Bytes in front of the first record.
pub(crate) const HEADER: usize = preamble::LEN + 20;
/// Bytes in front of a payload.
const FRAME: usize = 8;
const MAX_RECORD: usize = 64 << 20;

/// Which segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Name {
    /// Of the generation.
    pub(crate) seq: u64,
    /// Ascends over all segments: who takes over a generation and cannot go on in the last part begins another.
    pub(crate) part: u64,
}

impl Name {
    pub(crate) fn path(self, dir: &Path) -> PathBuf {
        dir.join(format!("{:012}-{:06}.wal", self.seq, self.part))
    }

    pub(crate) fn of(path: &Path) -> Option<Name> {
        let stem = path.file_name()?.to_str()?.strip_suffix(".wal")?;
        let (seq, part) = stem.split_once('-')?;
        let (seq, part) = (seq.parse().ok()?, part.parse().ok()?);
        Some(Name { seq, part })
    }

    fn header(self) -> Vec<u8> {
        let mut out = Vec::with_capacity(HEADER);
        preamble::put(&mut out, Kind::Segment);
        put_u64(&mut out, self.seq);
        put_u64(&mut out, self.part);
        let crc = crc32fast::hash(&out);
        put_u32(&mut out, crc);
        out
    }
}

/// Whether these are the first bytes of a segment of this name, of any version we know.
fn is_header(bytes: &[u8; HEADER], name: Name) -> bool {
    let expected = name.header();
    let (named, crc) = (preamble::LEN..HEADER - 4, HEADER - 4..HEADER);
    matches!(preamble::look(bytes, Kind::Segment), Found::Known(_))
        && bytes[named.clone()] == expected[named]
        && bytes[crc.clone()] == crc32fast::hash(&bytes[..crc.start]).to_le_bytes()
}

fn begin(out: &mut Vec<u8>, kind: u8) -> usize {
    let at = out.len();
    out.extend_from_slice(&[0; FRAME]);
    out.push(kind);
    at
}

fn finish(out: &mut [u8], at: usize) {
    let len = (out.len() - at - FRAME) as u32;
    let crc = crc32fast::hash(&out[at + FRAME..]);
    out[at..at + 4].copy_from_slice(&len.to_le_bytes());
    out[at + 4..at + FRAME].copy_from_slice(&crc.to_le_bytes());
}

/// A whole RESTART record: always the same bytes.
fn restart_record() -> Vec<u8> {
    let mut out = Vec::new();
    let at = begin(&mut out, RESTART);
    out.extend_from_slice(MARKER);
    finish(&mut out, at);
    out
}

//! Where the index of a block lies: said at the front of the file and once more at its end, so that
//! damage to one of the two costs nothing.

use std::{fs::File, io, os::unix::fs::FileExt};

use super::{damaged, guard};
use crate::{
    bytes::{Input, put_u32, put_u64},
    preamble::{self, Found, Kind},
};

/// Bytes of a frame: the preamble, then where the index is.
pub(super) const LEN: usize = preamble::LEN + 24;

#[derive(Clone, Copy)]
pub(super) struct Frame {
    /// Of the format the file is in.
    pub(super) version: u16,
    /// Where the index begins, which is where the chunks end.
    pub(super) index_at: u64,
    pub(super) index_len: u32,
    pub(super) index_crc: u32,
    pub(super) guard_crc: u32,
}

impl Frame {
    /// As this program writes it, whatever version it says.
    pub(super) fn encode(self) -> Vec<u8> {
        let mut out = Vec::with_capacity(LEN);
        preamble::put(&mut out, Kind::Block);
        put_u64(&mut out, self.index_at);
        put_u32(&mut out, self.index_len);
        put_u32(&mut out, self.index_crc);
        put_u32(&mut out, self.guard_crc);
        let crc = crc32fast::hash(&out);
        put_u32(&mut out, crc);
        out
    }

    fn decode(bytes: &[u8]) -> Option<Frame> {
        let Found::Known(version) = preamble::look(bytes, Kind::Block) else {
            return None;
        };
        let mut input = Input(bytes);
        let checked = input.take(LEN - 4)?;
        if crc32fast::hash(checked) != input.u32()? {
            return None;
        }
        let mut input = Input(&checked[preamble::LEN..]);
        let (index_at, index_len) = (input.u64()?, input.u32()?);
        let (index_crc, guard_crc) = (input.u32()?, input.u32()?);
        Some(Frame {
            version,
            index_at,
            index_len,
            index_crc,
            guard_crc,
        })
    }

    /// How long the file is.
    fn file_len(self) -> u64 {
        let index = self.index_len as usize;
        self.index_at + (index + guard::len(index) + LEN) as u64
    }
}

/// The index of a block.
pub(super) struct Framed {
    pub(super) version: u16,
    pub(super) index_at: u64,
    pub(super) index: Vec<u8>,
    /// Part of the file is damaged, but everything is known.
    pub(super) mended: bool,
}

/// Reads whichever frame is good, and the index, if need be with the help of its guard.
pub(super) fn read(file: &File, bytes: u64) -> io::Result<Framed> {
    let mut ends = [[0; LEN]; 2];
    let last = bytes
        .checked_sub(LEN as u64)
        .ok_or_else(|| damaged("too short"))?;
    file.read_exact_at(&mut ends[0], 0)?;
    file.read_exact_at(&mut ends[1], last)?;
    let [front, back] = ends.map(|end| Frame::decode(&end));
    let fits = |frame: &Frame| frame.index_at <= bytes && frame.file_len() == bytes;
    let frame = front
        .or(back)
        .filter(fits)
        .ok_or_else(|| damaged("no frame that fits"))?;
    let mut mended = front.is_none() || back.is_none();
    let index_len = frame.index_len as usize;
    let mut index = vec![0; index_len + guard::len(index_len)];
    file.read_exact_at(&mut index, frame.index_at)?;
    let guarding = index.split_off(index_len);
    mended |= crc32fast::hash(&guarding) != frame.guard_crc;
    if crc32fast::hash(&index) != frame.index_crc {
        guard::mend(&mut index, &guarding);
        mended = true;
    }
    if crc32fast::hash(&index) != frame.index_crc {
        return Err(damaged("the index"));
    }
    let index_at = frame.index_at;
    Ok(Framed {
        version: frame.version,
        index_at,
        index,
        mended,
    })
}

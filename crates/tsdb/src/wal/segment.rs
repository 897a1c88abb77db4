//! The file of a segment, while it is written.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write},
    os::unix::fs::FileExt,
    path::PathBuf,
};

use super::{Encoder, HEADER, Name};
use crate::block::sync_directory;

/// Zeros written ahead at once: to sync what lies within a file need not write its length.
const ROOM: usize = 8 << 10;
/// For records up to this size: those of a busy service would be written twice.
const SMALL: usize = ROOM / 4;

pub(crate) struct Segment {
    pub(crate) seq: u64,
    pub(crate) encoder: Encoder,
    file: File,
    /// Up to here everything is good.
    len: u64,
    /// Up to here there is a file: zeros, from `len` on.
    room: u64,
    sync: bool,
}

/// What a failed write left of the segment.
pub(crate) struct WriteFailed {
    pub(crate) error: io::Error,
    /// It ends where it ended before, and can be written on.
    pub(crate) usable: bool,
}

impl Segment {
    /// Begins one; after an error there is none.
    pub(crate) fn create(path: &PathBuf, name: Name, sync: bool) -> io::Result<Segment> {
        let mut file = OpenOptions::new().write(true).create_new(true).open(path)?;
        let mut written = file.write_all(&name.header());
        if sync {
            written = written
                .and_then(|()| file.sync_all())
                .and_then(|()| sync_directory(path));
        }
        if let Err(error) = written {
            // Half a header would be reported as damage.
            let _ = fs::remove_file(path);
            return Err(error);
        }
        Ok(Segment {
            seq: name.seq,
            encoder: Encoder::new(),
            file,
            len: HEADER as u64,
            room: HEADER as u64,
            sync,
        })
    }

    /// Goes on behind the last good record of an earlier run.
    pub(crate) fn resume(path: &PathBuf, name: Name, len: u64, sync: bool) -> io::Result<Segment> {
        let file = OpenOptions::new().write(true).open(path)?;
        file.set_len(len)?;
        Ok(Segment {
            seq: name.seq,
            encoder: Encoder::new(),
            file,
            len,
            room: len,
            sync,
        })
    }

    /// Durable when it returns `Ok`.
    pub(crate) fn write(&mut self, records: &[u8]) -> Result<(), WriteFailed> {
        if let Err(error) = self.file.write_all_at(records, self.len) {
            self.encoder = Encoder::new(); // what it knows was not written
            let usable = self.file.set_len(self.len).is_ok();
            self.room = self.len;
            return Err(WriteFailed { error, usable });
        }
        let end = self.len + records.len() as u64;
        if end > self.room {
            let is_ahead = self.sync && records.len() <= SMALL;
            // Where there is no room for room, the records are there all the same.
            let ahead = is_ahead && self.file.write_all_at(&vec![0; ROOM], end).is_ok();
            self.room = end + if ahead { ROOM as u64 } else { 0 };
        }
        if self.sync {
            // After a failed fsync nobody knows what is on disk.
            let usable = false;
            self.file
                .sync_data()
                .map_err(|error| WriteFailed { error, usable })?;
        }
        self.len = end;
        Ok(())
    }
}

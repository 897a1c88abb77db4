//! The file of a segment, while it is written.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
};

use super::{Encoder, HEADER, Name};
use crate::block::sync_directory;

pub(crate) struct Segment {
    pub(crate) name: Name,
    pub(crate) encoder: Encoder,
    file: File,
    /// Up to here everything is good.
    len: u64,
    sync: bool,
}

/// A segment that can be written on, by whoever takes it up.
pub(crate) struct Left {
    pub(crate) name: Name,
    /// Up to here everything is good.
    pub(crate) len: u64,
    /// What its reader knows there.
    pub(crate) encoder: Encoder,
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
            name,
            encoder: Encoder::new(),
            file,
            len: HEADER as u64,
            sync,
        })
    }

    /// Goes on behind the last good record of an earlier run, or of another writer.
    pub(crate) fn resume(dir: &Path, left: Left, sync: bool) -> io::Result<Segment> {
        let Left { name, len, encoder } = left;
        let mut file = OpenOptions::new().write(true).open(name.path(dir))?;
        file.set_len(len)?;
        file.seek(SeekFrom::Start(len))?;
        Ok(Segment {
            name,
            encoder,
            file,
            len,
            sync,
        })
    }

    /// For another to go on with.
    pub(crate) fn leave(self) -> Left {
        Left {
            name: self.name,
            len: self.len,
            encoder: self.encoder,
        }
    }

    /// In the file when it returns `Ok`: there after the end of this process, and after a power failure
    /// once it is [synced](Segment::sync).
    pub(crate) fn write(&mut self, records: &[u8]) -> Result<(), WriteFailed> {
        if let Err(error) = self.file.write_all(records) {
            self.encoder = Encoder::new(); // what it knows was not written
            let back = self.file.set_len(self.len);
            let usable = back
                .and_then(|()| self.file.seek(SeekFrom::Start(self.len)))
                .is_ok();
            return Err(WriteFailed { error, usable });
        }
        self.len += records.len() as u64;
        Ok(())
    }

    /// What was written is durable when it returns `Ok`. After an error nobody knows what is on disk: of
    /// what was not synced before nothing may be.
    pub(crate) fn sync(&self) -> io::Result<()> {
        match self.sync {
            true => self.file.sync_data(),
            false => Ok(()),
        }
    }
}

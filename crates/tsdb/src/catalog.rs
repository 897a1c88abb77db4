//! Which blocks there have to be: tells a block that is missing from one that was forgotten. Derived
//! from the blocks, and written anew whenever they change.

use std::{
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
    sync::Arc,
};

use crate::{
    block::{Block, sync_directory},
    bytes::{Input, put_u32, put_var, put_zig},
    preamble::{self, Found, Kind},
};

/// What the catalog says of a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) seqs: (u64, u64),
    pub(crate) span: (i64, i64),
}

pub(crate) fn path(blocks: &Path) -> PathBuf {
    blocks.join("catalog")
}

/// Replaces the catalog; `tag` tells writers apart.
pub(crate) fn write(dir: &Path, blocks: &[Arc<Block>], tag: u64, sync: bool) -> io::Result<()> {
    let mut bytes = Vec::new();
    preamble::put(&mut bytes, Kind::Catalog);
    put_var(&mut bytes, blocks.len() as u64);
    for block in blocks {
        put_var(&mut bytes, block.seqs.0);
        put_var(&mut bytes, block.seqs.1);
        put_zig(&mut bytes, block.span.0);
        put_zig(&mut bytes, block.span.1);
    }
    let crc = crc32fast::hash(&bytes);
    put_u32(&mut bytes, crc);
    let temporary = dir.join(format!("catalog.{tag}.tmp"));
    let mut file = File::create(&temporary)?;
    let mut written = file.write_all(&bytes);
    if sync {
        written = written.and_then(|()| file.sync_all());
    }
    let renamed = written.and_then(|()| fs::rename(&temporary, path(dir)));
    if let Err(error) = renamed {
        let _ = fs::remove_file(&temporary);
        return Err(error);
    }
    sync_directory(&path(dir))
}

/// `None` where there is none.
///
/// # Errors
/// `InvalidData` for a damaged one, or whatever the file system says.
pub(crate) fn read(dir: &Path) -> io::Result<Option<Vec<Entry>>> {
    match fs::read(path(dir)) {
        Ok(bytes) => parse(&bytes)
            .map(Some)
            .ok_or_else(|| io::ErrorKind::InvalidData.into()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

fn parse(bytes: &[u8]) -> Option<Vec<Entry>> {
    if !matches!(preamble::look(bytes, Kind::Catalog), Found::Known(_)) {
        return None;
    }
    let (checked, crc) = bytes.split_at_checked(bytes.len().checked_sub(4)?)?;
    if crc32fast::hash(checked) != Input(crc).u32()? {
        return None;
    }
    let mut input = Input(checked.get(preamble::LEN..)?);
    let mut entries = Vec::new();
    for _ in 0..input.var()? {
        let seqs = (input.var()?, input.var()?);
        let span = (input.zig()?, input.zig()?);
        entries.push(Entry { seqs, span });
    }
    Some(entries)
}

//! What to forget: whole blocks, the oldest first, by age and by the size of everything.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use crate::{
    block::Block,
    options::{Options, millis},
};

/// For what is about to be written, one in so many of all bytes is made free at most.
const MOST_ROOM: u64 = 4;

/// What is about to be written, and beside what.
#[derive(Default)]
pub(super) struct Room<'b> {
    pub(super) bytes: u64,
    /// What it is made of: this does not go to make room for it.
    pub(super) sources: &'b [Arc<Block>],
}

/// Which blocks have to go. `others`: bytes of all other files.
pub(super) fn expired(
    blocks: &[Arc<Block>],
    options: &Options,
    others: u64,
    room: &Room<'_>,
) -> Vec<Arc<Block>> {
    let mut by_age: Vec<_> = blocks.to_vec();
    by_age.sort_by_key(|block| block.span.1);
    // A clock that was far ahead for a while leaves one block in the future: it must not make all
    // the others old.
    let now = by_age.iter().rev().nth(1).map(|block| block.span.1);
    let floor = now.map_or(i64::MIN, |now| now - millis(options.max_age));
    // Less is kept for the sake of what is to come, but not nothing.
    let room_bytes = room.bytes.min(options.max_bytes / MOST_ROOM);
    let mut total: u64 = others + blocks.iter().map(|block| block.bytes).sum::<u64>();
    total += room_bytes;
    let mut gone = Vec::new();
    for block in by_age {
        if block.span.1 >= floor && total <= options.max_bytes {
            break;
        }
        let is_needed = room
            .sources
            .iter()
            .any(|source| Arc::ptr_eq(source, &block));
        if is_needed {
            continue;
        }
        total -= block.bytes;
        gone.push(block);
    }
    gone
}

/// Bytes of all files beneath, those that end with `.blk` aside.
pub(super) fn other_bytes(dir: &Path) -> u64 {
    let entries = fs::read_dir(dir).into_iter().flatten().flatten();
    let size = |entry: fs::DirEntry| match entry.metadata() {
        Ok(metadata) if metadata.is_dir() => other_bytes(&entry.path()),
        Ok(metadata) if entry.path().extension().is_none_or(|e| e != "blk") => metadata.len(),
        _ => 0,
    };
    entries.map(size).sum()
}

/// Files that were set aside, the oldest first, as many as take more than `max_bytes`.
pub(super) fn too_many_aside(dirs: [PathBuf; 2], max_bytes: u64) -> Vec<PathBuf> {
    let mut aside = Vec::new();
    for dir in dirs {
        for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
            let path = entry.path();
            if let Ok(metadata) = entry.metadata()
                && path.extension().is_some_and(|extension| extension == "bad")
            {
                aside.push((metadata.modified().ok(), metadata.len(), path));
            }
        }
    }
    aside.sort();
    let mut total: u64 = aside.iter().map(|(_, bytes, _)| bytes).sum();
    let mut gone = Vec::new();
    for (_, bytes, path) in aside {
        if total <= max_bytes {
            break;
        }
        total -= bytes;
        gone.push(path);
    }
    gone
}

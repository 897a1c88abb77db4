//! One file of frames: its name, its head, and what is found in it.

use std::path::{Path, PathBuf};

use crate::frame::{self, Frame};

const MAGIC: [u8; 8] = *b"VTLOUTBX";
/// The format this program writes, and the latest it reads.
pub(crate) const VERSION: u32 = 1;
/// Magic, version, checksum.
pub(crate) const HEAD: usize = 16;
const SUFFIX: &str = ".outbox";
/// What is added to the name of a segment that is set aside.
const DAMAGED: &str = ".damaged";

pub(crate) fn path(directory: &Path, number: u64) -> PathBuf {
    directory.join(format!("{number:020}{SUFFIX}"))
}

pub(crate) fn aside(directory: &Path, number: u64) -> PathBuf {
    directory.join(format!("{number:020}{SUFFIX}{DAMAGED}"))
}

/// The number of a segment by its file's name.
pub(crate) fn number(name: &str) -> Option<u64> {
    let digits = name.strip_suffix(SUFFIX)?;
    (digits.len() == 20).then(|| digits.parse().ok())?
}

/// The number of a segment that was set aside.
pub(crate) fn number_aside(name: &str) -> Option<u64> {
    number(name.strip_suffix(DAMAGED)?)
}

pub(crate) fn head() -> [u8; HEAD] {
    head_of(VERSION)
}

pub(crate) fn head_of(version: u32) -> [u8; HEAD] {
    let mut head = [0; HEAD];
    head[..8].copy_from_slice(&MAGIC);
    head[8..12].copy_from_slice(&version.to_le_bytes());
    let crc = crc32fast::hash(&head[..12]);
    head[12..].copy_from_slice(&crc.to_le_bytes());
    head
}

/// What a segment has in it.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Content {
    pub(crate) frames: Vec<Frame>,
    /// Bytes up to the end of the last sound frame.
    pub(crate) sound: usize,
    /// Bytes behind it.
    pub(crate) tail: usize,
    /// Bytes before it that are of no sound frame.
    pub(crate) damaged: usize,
}

/// The version of a segment that has a sound head of a later one.
pub(crate) fn newer(bytes: &[u8]) -> Option<u32> {
    let version = bytes.get(8..12)?.try_into().ok().map(u32::from_le_bytes)?;
    (version > VERSION && bytes[..HEAD.min(bytes.len())] == head_of(version)).then_some(version)
}

/// Everything sound in a segment. Behind damage it goes on with the next sound frame.
pub(crate) fn read(bytes: &[u8]) -> Content {
    let mut content = Content::default();
    let mut at = 0;
    if bytes.get(..HEAD) == Some(&head()) {
        at = HEAD;
        content.sound = HEAD;
    }
    while at < bytes.len() {
        match frame::read(&bytes[at..]) {
            Some((frame, length)) => {
                content.damaged += at - content.sound;
                content.frames.push(frame);
                at += length;
                content.sound = at;
            }
            None => at += 1,
        }
    }
    content.tail = bytes.len() - content.sound;
    content
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_say_their_number() {
        let path = path(Path::new("d"), 42);
        assert_eq!(path, Path::new("d/00000000000000000042.outbox"));
        assert_eq!(number("00000000000000000042.outbox"), Some(42));
        assert_eq!(number("42.outbox"), None);
        assert_eq!(number("00000000000000000042.outbox.damaged"), None);
        assert_eq!(
            number_aside("00000000000000000042.outbox.damaged"),
            Some(42)
        );
    }

    #[test]
    fn only_a_sound_head_tells_a_later_version() {
        assert_eq!(newer(&head()), None);
        assert_eq!(newer(&head_of(2)), Some(2));
        let mut flipped = head();
        flipped[8] = 2;
        assert_eq!(newer(&flipped), None);
        assert_eq!(newer(&head_of(2)[..15]), None);
    }
}

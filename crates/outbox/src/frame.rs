//! Frames: how records and cursors are written, and found again.

use std::{collections::BTreeMap, sync::Arc};

use crate::record::{Keep, Record};

/// Length and checksum.
pub(crate) const HEAD: usize = 8;
/// Everything of a record's frame but its payload.
pub(crate) const RECORD: usize = HEAD + 1 + 8 + 8 + 1;
/// No payload is longer, whatever the options say.
pub(crate) const LONGEST_PAYLOAD: usize = 16 << 20;

const KIND_RECORD: u8 = 1;
const KIND_CURSORS: u8 = 2;

/// Cursors by the name of their consumer.
pub(crate) type Cursors = BTreeMap<Arc<str>, u64>;

/// What a frame says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Frame {
    Record {
        record: Record,
        /// When it was appended.
        born_ms: i64,
    },
    Cursors {
        /// The last number that was given.
        last: u64,
        cursors: Cursors,
    },
}

pub(crate) fn write_record(record: &Record, born_ms: i64, out: &mut Vec<u8>) {
    write(out, |out| {
        out.push(KIND_RECORD);
        out.extend(record.seq.to_le_bytes());
        out.extend(born_ms.to_le_bytes());
        out.push(record.keep.0);
        out.extend(&*record.payload);
    });
}

pub(crate) fn write_cursors(last: u64, cursors: &Cursors, out: &mut Vec<u8>) {
    write(out, |out| {
        out.push(KIND_CURSORS);
        out.extend(last.to_le_bytes());
        for (name, cursor) in cursors {
            // Names are cut to this when they are taken in.
            out.push(name.len() as u8);
            out.extend(name.as_bytes());
            out.extend(cursor.to_le_bytes());
        }
    });
}

fn write(out: &mut Vec<u8>, body: impl FnOnce(&mut Vec<u8>)) {
    let at = out.len();
    out.extend([0; HEAD]);
    body(out);
    // A payload is bounded by LONGEST_PAYLOAD.
    let length = ((out.len() - at - HEAD) as u32).to_le_bytes();
    let crc = checksum(length, &out[at + HEAD..]).to_le_bytes();
    out[at..at + 4].copy_from_slice(&length);
    out[at + 4..at + HEAD].copy_from_slice(&crc);
}

fn checksum(length: [u8; 4], body: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&length);
    hasher.update(body);
    hasher.finalize()
}

/// The frame at the beginning of `bytes`, and how long it is; `None` if there is no whole and sound
/// one.
pub(crate) fn read(bytes: &[u8]) -> Option<(Frame, usize)> {
    let (&length, rest) = bytes.split_first_chunk::<4>()?;
    let (&crc, rest) = rest.split_first_chunk::<4>()?;
    let body = rest.get(..u32::from_le_bytes(length) as usize)?;
    // Before the checksum: garbage with a great length is cheap to refuse.
    let (&kind, content) = body.split_first()?;
    if !matches!(kind, KIND_RECORD | KIND_CURSORS) || body.len() > LONGEST_PAYLOAD + RECORD {
        return None;
    }
    if checksum(length, body) != u32::from_le_bytes(crc) {
        return None;
    }
    let frame = match kind {
        KIND_RECORD => record(content)?,
        _ => cursors(content)?,
    };
    Some((frame, HEAD + body.len()))
}

fn record(content: &[u8]) -> Option<Frame> {
    let (&seq, rest) = content.split_first_chunk::<8>()?;
    let (&born, rest) = rest.split_first_chunk::<8>()?;
    let (&keep, payload) = rest.split_first()?;
    Some(Frame::Record {
        record: Record {
            seq: u64::from_le_bytes(seq),
            keep: Keep(keep),
            payload: payload.into(),
        },
        born_ms: i64::from_le_bytes(born),
    })
}

fn cursors(content: &[u8]) -> Option<Frame> {
    let (&last, mut rest) = content.split_first_chunk::<8>()?;
    let mut cursors = Cursors::new();
    while let Some((&length, after)) = rest.split_first() {
        let (name, after) = after.split_at_checked(length.into())?;
        let (&cursor, after) = after.split_first_chunk::<8>()?;
        cursors.insert(
            std::str::from_utf8(name).ok()?.into(),
            u64::from_le_bytes(cursor),
        );
        rest = after;
    }
    let last = u64::from_le_bytes(last);
    Some(Frame::Cursors { last, cursors })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_format_is_what_the_documentation_says() {
        let mut bytes = Vec::new();
        let record = Record {
            seq: 258,
            keep: Keep(3),
            payload: (*b"hi").into(),
        };
        write_record(&record, 5, &mut bytes);
        let body = [
            1, 2, 1, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0, 3, b'h', b'i',
        ];
        assert_eq!(bytes[..4], 20u32.to_le_bytes());
        assert_eq!(bytes[8..], body);
        let crc = crc32fast::hash(&[&bytes[..4], &body[..]].concat());
        assert_eq!(bytes[4..8], crc.to_le_bytes());
        assert_eq!(bytes.len(), RECORD + 2);
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(
            seq: u64, born_ms: i64, keep: u8, payload: Vec<u8>,
            last: u64, table in prop::collection::btree_map("[a-z/]{0,20}", any::<u64>(), 0..4),
        ) {
            let record = Record { seq, keep: Keep(keep), payload: payload.into() };
            let cursors: Cursors = table.into_iter().map(|(name, at)| (name.into(), at)).collect();
            let mut bytes = Vec::new();
            write_record(&record, born_ms, &mut bytes);
            let first = bytes.len();
            write_cursors(last, &cursors, &mut bytes);
            prop_assert_eq!(read(&bytes), Some((Frame::Record { record, born_ms }, first)));
            let second = bytes.len() - first;
            prop_assert_eq!(read(&bytes[first..]), Some((Frame::Cursors { last, cursors }, second)));
        }

        #[test]
        fn nothing_is_read_into_garbage(bytes: Vec<u8>) {
            prop_assert_eq!(read(&bytes), None);
        }
    }
}

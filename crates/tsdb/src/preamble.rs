//! The first twelve bytes of every file, the same in every version of the format: what kind of file
//! it is, and which version wrote it. They are checked by themselves, so that a damaged file is not
//! taken for a newer one.

use crate::bytes::{Input, put_u32};

pub(crate) const LEN: usize = 12;

/// The version written by this program, of all kinds of files together; earlier ones are read, too.
pub(crate) const VERSION: u16 = 2;

/// Kinds of files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Block,
    Segment,
    Catalog,
}

impl Kind {
    fn magic(self) -> &'static [u8; 4] {
        match self {
            Kind::Block => b"VTSB",
            Kind::Segment => b"VTSW",
            Kind::Catalog => b"VTSC",
        }
    }
}

pub(crate) fn put(out: &mut Vec<u8>, kind: Kind) {
    let at = out.len();
    out.extend_from_slice(kind.magic());
    out.extend_from_slice(&VERSION.to_le_bytes());
    out.extend_from_slice(&[0; 2]);
    let crc = crc32fast::hash(&out[at..]);
    put_u32(out, crc);
}

/// What the first bytes of a file say.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// Ours to read, of this version.
    Known(u16),
    /// A later version of this kind of file.
    Newer(u16),
    /// Damaged, or something else altogether.
    Damaged,
}

pub(crate) fn look(bytes: &[u8], kind: Kind) -> Found {
    let mut input = Input(bytes);
    let read = || Some((input.take(8)?, input.u32()?));
    match { read }() {
        Some((head, crc)) if crc32fast::hash(head) == crc && head[..4] == kind.magic()[..] => {
            match u16::from_le_bytes([head[4], head[5]]) {
                version if version <= VERSION => Found::Known(version),
                version => Found::Newer(version),
            }
        }
        _ => Found::Damaged,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flipped_bit_is_damage_and_never_a_newer_version() {
        let mut good = Vec::new();
        put(&mut good, Kind::Segment);
        assert_eq!(
            (good.len(), look(&good, Kind::Segment)),
            (LEN, Found::Known(VERSION))
        );
        assert_eq!(look(&good, Kind::Block), Found::Damaged);
        for bit in 0..LEN * 8 {
            let mut bad = good.clone();
            bad[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(look(&bad, Kind::Segment), Found::Damaged);
        }
        let mut newer = good[..8].to_vec();
        newer[4] = 3;
        let crc = crc32fast::hash(&newer);
        put_u32(&mut newer, crc);
        assert_eq!(look(&newer, Kind::Segment), Found::Newer(3));
        assert_eq!(look(&good[..11], Kind::Segment), Found::Damaged);
    }
}

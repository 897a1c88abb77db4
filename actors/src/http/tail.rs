//! The last bytes that came over a connection: the end of a chunked body is there, or it is not.
//!
//! awc takes a connection that ends in the middle of a chunked body for the end of the body.

use std::{cell::RefCell, collections::VecDeque, rc::Rc};

/// Enough for the last chunk with its extensions and trailers.
const KEPT: usize = 512;

/// Shared by a client and its connection.
#[derive(Clone, Debug, Default)]
pub(super) struct Tail(Rc<RefCell<VecDeque<u8>>>);

impl Tail {
    /// Before the next request.
    pub(super) fn clear(&self) {
        self.0.borrow_mut().clear();
    }

    pub(super) fn push(&self, bytes: &[u8]) {
        let mut kept = self.0.borrow_mut();
        let new = &bytes[bytes.len().saturating_sub(KEPT)..];
        let excess = (kept.len() + new.len()).saturating_sub(KEPT);
        kept.drain(..excess);
        kept.extend(new);
    }

    /// Whether a chunked body has come to its end: a chunk of length 0, perhaps with extensions and
    /// trailers, and an empty line.
    pub(super) fn ends_chunked_body(&self) -> bool {
        let mut kept = self.0.borrow_mut();
        let bytes: &[u8] = kept.make_contiguous();
        if !bytes.ends_with(b"\r\n\r\n") {
            return false;
        }
        let is_last_chunk = |line: &[u8]| {
            let zeros = line.iter().take_while(|byte| **byte == b'0').count();
            zeros > 0 && matches!(line.get(zeros), None | Some(b';' | b' ' | b'\t'))
        };
        let lines = bytes.split(|byte| *byte == b'\n');
        let lines = lines.filter_map(|line| line.strip_suffix(b"\r"));
        lines.into_iter().any(is_last_chunk)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ends(parts: &[&[u8]]) -> bool {
        let tail = Tail::default();
        parts.iter().for_each(|part| tail.push(part));
        tail.ends_chunked_body()
    }

    #[test]
    fn only_the_last_chunk_is_the_end() {
        assert!(ends(&[b"3\r\nabc\r\n0\r\n\r\n"]));
        assert!(ends(&[b"3\r\nabc\r\n0", b"\r\n", b"\r", b"\n"]));
        assert!(ends(&[b"3\r\nabc\r\n000;a=b\r\n\r\n"]));
        assert!(ends(&[b"3\r\nabc\r\n0\r\nDigest: x\r\n\r\n"]));
        assert!(ends(&[&[b'x'; 5000], b"\r\n0\r\n\r\n"]));
        for cut in [
            &b""[..],
            b"3\r\nabc\r\n",
            b"3\r\nabc\r\n0\r\n",
            b"5\r\nabc\r\n\r\n",
            b"a\r\n\r\n",
        ] {
            assert!(!ends(&[cut]), "{cut:?}");
        }
    }
}

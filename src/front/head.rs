//! Where the head of a request ends: only counted, not understood.

/// How far the head being received has come.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct Head {
    length: usize,
    place: Place,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Before the request line; empty lines there count for nothing.
    #[default]
    Before,
    /// Within a line.
    Line,
    /// At the start of a line.
    Start,
    /// At the start of a line, after a carriage return.
    Return,
    /// Past the empty line: what follows is a body, or the next request.
    Over,
}

impl Head {
    /// Takes in what has been received, to the end of the head; says how many bytes that were.
    pub(super) fn take(&mut self, bytes: &[u8]) -> usize {
        let before = self.length;
        for byte in bytes {
            self.place = match (self.place, byte) {
                (Place::Over, _) => break,
                (Place::Before, b'\r' | b'\n') => Place::Before,
                (Place::Start, b'\r') => Place::Return,
                (Place::Start | Place::Return, b'\n') => Place::Over,
                (_, b'\n') => Place::Start,
                _ => Place::Line,
            };
            self.length += 1;
        }
        self.length - before
    }

    /// Bytes of the head so far.
    pub(super) fn length(&self) -> usize {
        self.length
    }

    pub(super) fn is_over(&self) -> bool {
        self.place == Place::Over
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Head {
        let mut head = Head::default();
        head.take(text.as_bytes());
        head
    }

    #[test]
    fn a_head_is_over_at_its_empty_line() {
        for (text, over, length) in [
            ("", false, 0),
            ("G", false, 1),
            ("\r\n", false, 2),
            ("GET / HTTP/1.1\r\n", false, 16),
            ("GET / HTTP/1.1\r\n\r", false, 17),
            ("GET / HTTP/1.1\r\n\r\n", true, 18),
            ("GET / HTTP/1.1\r\n\r\nbody\r\n\r\n", true, 18),
            ("GET / HTTP/1.1\n\n", true, 16),
            ("\r\n\nGET / HTTP/1.1\r\nA: b\r\n\n", true, 26),
            ("GET / HTTP/1.1\r\nA:\r\r\n", false, 21),
            ("GET / HTTP/1.1\r\n\rx\r\n", false, 20),
        ] {
            let head = of(text);
            assert_eq!((head.is_over(), head.length()), (over, length), "{text:?}");
        }
    }

    #[test]
    fn it_does_not_matter_in_which_pieces_it_comes() {
        let text = b"\r\nPOST / HTTP/1.1\r\nHost: a\r\n\r\nxx";
        for at in 0..text.len() {
            let mut head = Head::default();
            let taken = [head.take(&text[..at]), head.take(&text[at..])];
            assert_eq!(taken.iter().sum::<usize>(), text.len() - 2);
            assert_eq!(head, of("\r\nPOST / HTTP/1.1\r\nHost: a\r\n\r\nxx"));
        }
    }
}

//! How much a text may ask for.

/// Bounds on one text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    bytes: usize,
}

impl Limits {
    /// Bytes of the longest text anybody may allow.
    pub const MOST_BYTES: usize = 16 << 10;
    /// Brackets, `^` and signs within each other.
    pub(crate) const NESTING: usize = 100;
    /// Operators of all kinds, those of matchers too.
    pub(crate) const OPERATORS: usize = 1_000;
    /// Regular expressions.
    pub(crate) const PATTERNS: usize = 20;
    /// Bytes that a regular expression may be compiled to, and its automaton may grow to.
    pub(crate) const PATTERN_BYTES: usize = 256 << 10;

    /// Texts of at most so many bytes, and of no more than [`Limits::MOST_BYTES`].
    pub fn of_bytes(bytes: usize) -> Self {
        Limits {
            bytes: bytes.min(Self::MOST_BYTES),
        }
    }

    /// Bytes of the longest text.
    pub fn bytes(&self) -> usize {
        self.bytes
    }
}

impl Default for Limits {
    /// 4 KiB.
    fn default() -> Self {
        Limits::of_bytes(4 << 10)
    }
}

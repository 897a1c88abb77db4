//! How much a text may ask for, and a query may use.

use std::time::Duration;

/// Bounds on one text, and on the query it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    bytes: usize,
    /// Samples that a query may hold in memory at once: those it reads and those it makes, at
    /// 8 bytes a sample of a result and 16 of one that is read.
    pub samples: u64,
    /// Series that one selector may select.
    pub series: usize,
    /// Steps of a range query.
    pub points: usize,
    /// How long a query may take.
    pub timeout: Duration,
    /// How far an instant selector looks back for a sample; at least a millisecond.
    pub lookback: Duration,
    /// Step of a subquery that names none; at least a millisecond.
    pub subquery_step: Duration,
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

    /// Texts of at most so many bytes, and of no more than [`Limits::MOST_BYTES`]; all else as by
    /// default.
    pub fn of_bytes(bytes: usize) -> Self {
        let limits = Limits {
            bytes: 0,
            samples: 10_000_000,
            series: 100_000,
            points: 11_000,
            timeout: Duration::from_secs(30),
            lookback: Duration::from_secs(5 * 60),
            subquery_step: Duration::from_secs(60),
        };
        limits.with_bytes(bytes)
    }

    /// The same, for texts of at most so many bytes, and of no more than [`Limits::MOST_BYTES`].
    pub fn with_bytes(mut self, bytes: usize) -> Self {
        self.bytes = bytes.min(Self::MOST_BYTES);
        self
    }

    /// Bytes of the longest text.
    pub fn bytes(&self) -> usize {
        self.bytes
    }
}

impl Default for Limits {
    /// Texts of 4 KiB, 10 million samples, 100,000 series, 11,000 points, 30 s; looking back 5 min,
    /// subqueries in steps of a minute.
    fn default() -> Self {
        Limits::of_bytes(4 << 10)
    }
}

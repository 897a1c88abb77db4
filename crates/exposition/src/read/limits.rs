//! How much of a body is borne.

/// What is borne of a body. What is beyond is dropped and counted, and the rest is read.
///
/// A body is never read twice, so its own size is its caller's to limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Samples in a body; beside them as many `# TYPE` and `# HELP` lines together.
    pub samples: usize,
    /// Labels of a sample.
    pub labels: usize,
    /// Bytes of the name of a metric or of a label.
    pub name_bytes: usize,
    /// Bytes of a label's value, as it stands in the body.
    pub value_bytes: usize,
    /// Bytes of a line, without its end. Comments may be longer: nobody looks at them.
    pub line_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            samples: 20_000,
            labels: 64,
            name_bytes: 256,
            value_bytes: 4 * 1024,
            line_bytes: 64 * 1024,
        }
    }
}

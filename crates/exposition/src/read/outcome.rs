//! What became of a body's lines.

/// How much was read, and what was dropped. Every line is counted once:
/// `lines == samples + metadata + ignored + dropped.total()`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Lines there were; a last one without an end counts, what is behind the last end does not.
    pub lines: usize,
    /// Lines that are samples.
    pub samples: usize,
    /// `# TYPE` and `# HELP` lines.
    pub metadata: usize,
    /// Blank lines and other comments.
    pub ignored: usize,
    /// Lines that were dropped.
    pub dropped: Dropped,
    /// The first dropped line, counted from 1, and why.
    pub first_dropped: Option<(usize, DropReason)>,
    /// The last line has no end: perhaps it was to go on, and a number that was read of it was to
    /// have more digits. Whoever cannot bear that gives [`read`](super::read) the body up to its
    /// last line feed.
    pub ends_mid_line: bool,
}

/// How many lines were dropped for which reason.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Dropped {
    /// [`DropReason::Syntax`].
    pub syntax: usize,
    /// [`DropReason::Encoding`].
    pub encoding: usize,
    /// [`DropReason::Name`].
    pub name: usize,
    /// [`DropReason::TooLong`].
    pub too_long: usize,
    /// [`DropReason::OverLimit`].
    pub over_limit: usize,
    /// [`DropReason::DuplicateLabel`].
    pub duplicate_label: usize,
}

/// Why a line was dropped. Of several reasons the one that was met first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum DropReason {
    /// Neither a sample nor a comment.
    #[error("not a line of the text format")]
    Syntax,
    /// Not UTF-8.
    #[error("not UTF-8")]
    Encoding,
    /// A metric or a label with a name that is quoted or not of the classic character set, in a
    /// line that is otherwise right.
    #[error("a name other than letters, digits and `_`")]
    Name,
    /// A name, a label's value or the line is longer than [`Limits`](super::Limits) say.
    #[error("a name, a value or the line is too long")]
    TooLong,
    /// More samples in the body, or labels of a sample, than [`Limits`](super::Limits) say. Beyond
    /// the samples nobody looks whether a line is right.
    #[error("too many samples, or labels of a sample")]
    OverLimit,
    /// The same label twice.
    #[error("a label occurs twice")]
    DuplicateLabel,
}

impl Dropped {
    /// How many lines were dropped.
    pub fn total(&self) -> usize {
        let Dropped {
            syntax,
            encoding,
            name,
            too_long,
            over_limit,
            duplicate_label,
        } = *self;
        syntax + encoding + name + too_long + over_limit + duplicate_label
    }

    fn count(&mut self, reason: DropReason) {
        *match reason {
            DropReason::Syntax => &mut self.syntax,
            DropReason::Encoding => &mut self.encoding,
            DropReason::Name => &mut self.name,
            DropReason::TooLong => &mut self.too_long,
            DropReason::OverLimit => &mut self.over_limit,
            DropReason::DuplicateLabel => &mut self.duplicate_label,
        } += 1;
    }
}

impl Outcome {
    /// Counts the line that was begun last as dropped.
    pub(super) fn drop_line(&mut self, reason: DropReason) {
        self.dropped.count(reason);
        self.first_dropped.get_or_insert((self.lines, reason));
    }
}

//! A place in a line, from where tokens are taken.

/// What is left of a line.
#[derive(Clone, Copy)]
pub(super) struct Cursor<'t> {
    rest: &'t str,
}

/// What separates tokens.
pub(super) fn is_blank(byte: u8) -> bool {
    byte == b' ' || byte == b'\t'
}

/// What is behind the blanks at the start.
pub(super) fn trim_blanks(line: &[u8]) -> &[u8] {
    let blanks = line.iter().take_while(|byte| is_blank(**byte)).count();
    line.get(blanks..).unwrap_or_default()
}

impl<'t> Cursor<'t> {
    pub(super) fn new(line: &'t str) -> Self {
        Cursor { rest: line }
    }

    /// What has not been taken yet.
    pub(super) fn rest(&self) -> &'t str {
        self.rest
    }

    pub(super) fn peek(&self) -> Option<u8> {
        self.rest.as_bytes().first().copied()
    }

    /// Takes `byte` if it is the next one. It has to be ASCII.
    pub(super) fn eat(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        if found {
            self.take(1);
        }
        found
    }

    /// Takes blanks, if there are any.
    pub(super) fn skip_blanks(&mut self) {
        while self.peek().is_some_and(is_blank) {
            self.take(1);
        }
    }

    /// Takes all up to the first byte that is such, or to the end. `stop` has to be true of ASCII
    /// bytes only, or of all others.
    pub(super) fn take_until(&mut self, stop: impl Fn(u8) -> bool) -> &'t str {
        let mut bytes = self.rest.as_bytes().iter();
        let end = bytes.position(|byte| stop(*byte));
        self.take(end.unwrap_or(self.rest.len()))
    }

    /// Takes all that are such bytes; they have to be ASCII.
    pub(super) fn take_while(&mut self, more: impl Fn(u8) -> bool) -> &'t str {
        self.take_until(|byte| !more(byte))
    }

    /// Takes a name, which ends where `ends` says or with the line, and tells whether it is all of
    /// `good` bytes and starts with no digit.
    pub(super) fn take_name(
        &mut self,
        good: impl Fn(u8) -> bool,
        ends: impl Fn(u8) -> bool,
    ) -> (&'t str, bool) {
        let start = *self;
        let name = self.take_while(good);
        let first = name.as_bytes().first();
        if first.is_some_and(|first| !first.is_ascii_digit()) && self.peek().is_none_or(&ends) {
            return (name, true);
        }
        *self = start;
        (self.take_until(ends), false)
    }

    /// Takes so many bytes; all there are if a character does not end there.
    pub(super) fn take(&mut self, bytes: usize) -> &'t str {
        let (taken, rest) = self.rest.split_at_checked(bytes).unwrap_or((self.rest, ""));
        self.rest = rest;
        taken
    }
}

//! Takes a text apart as far as it takes to tell strings and comments from the rest of it, which is
//! the parser's business.

use std::ops::Range;

/// A piece of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Token {
    /// In quotes, which are part of it.
    Text { at: Range<usize>, whole: bool },
    /// A name, a keyword, or a number with what is behind it.
    Word(Range<usize>),
    /// Any other byte that is no space.
    Sign(u8),
}

/// The tokens of a text, without spaces and comments.
pub(super) struct Tokens<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Tokens<'t> {
    pub(super) fn of(text: &'t str) -> Self {
        Tokens { text, at: 0 }
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn skip_while(&mut self, belongs: impl Fn(u8) -> bool) {
        while self.peek().is_some_and(&belongs) {
            self.at += 1;
        }
    }

    /// Behind the opening quote. In raw strings nothing is escaped.
    fn skip_text(&mut self, quote: u8) -> bool {
        while let Some(byte) = self.peek() {
            self.at += 1;
            if byte == quote {
                return true;
            }
            if byte == b'\\' && quote != b'`' {
                self.at += 1;
            }
        }
        false
    }

    /// With where each begins.
    pub(super) fn placed(mut self) -> impl Iterator<Item = (usize, Token)> + use<'t> {
        std::iter::from_fn(move || self.step())
    }

    fn step(&mut self) -> Option<(usize, Token)> {
        loop {
            let start = self.at;
            let byte = self.peek()?;
            self.at += 1;
            match byte {
                byte if byte.is_ascii_whitespace() => {}
                // To the parser a carriage return ends a comment, too.
                b'#' => self.skip_while(|byte| byte != b'\n' && byte != b'\r'),
                b'"' | b'\'' | b'`' => {
                    let whole = self.skip_text(byte);
                    let end = self.at.min(self.text.len());
                    let at = start..end;
                    return Some((start, Token::Text { at, whole }));
                }
                byte if is_word(byte) => {
                    self.skip_while(is_word);
                    return Some((start, Token::Word(start..self.at)));
                }
                byte => return Some((start, Token::Sign(byte))),
            }
        }
    }
}

impl Iterator for Tokens<'_> {
    type Item = Token;

    fn next(&mut self) -> Option<Token> {
        self.step().map(|(_, token)| token)
    }
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn tokens(text: &str, expected: &[&str]) {
        let shown: Vec<String> = Tokens::of(text)
            .map(|token| match token {
                Token::Text { at, whole: true } => text[at].to_owned(),
                Token::Text { at, whole: false } => format!("unfinished {}", &text[at]),
                Token::Word(at) => text[at].to_owned(),
                Token::Sign(byte) => char::from(byte).to_string(),
            })
            .collect();
        assert_eq!(shown, expected, "{text}");
    }

    #[test]
    fn strings_and_comments_hide_what_is_in_them() {
        tokens(
            "up{a=~\"(\\\"(\"}",
            &["up", "{", "a", "=", "~", "\"(\\\"(\"", "}"],
        );
        tokens("`(\\`(", &["`(\\`", "("]);
        tokens("'\"' '\\''", &["'\"'", "'\\''"]);
        tokens("a # ( \" \n b#\r(#", &["a", "b", "("]);
        tokens("5m or x_1", &["5m", "or", "x_1"]);
        tokens("\"é\" \"", &["\"é\"", "unfinished \""]);
        tokens("'\\", &["unfinished '\\"]);
        tokens("", &[]);
    }
}

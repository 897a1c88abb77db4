//! Refuses a text that would hurt before the parser sees it.
//!
//! The parser recurses on brackets, `^` and signs: 200,000 of them overflow the stack, which ends the
//! process. Its time grows with the square of the number of operators. It compiles every regular
//! expression, up to 10 MB each. It panics on `\ä` where it unquotes. And it takes `\` in a raw string
//! for an escape: raw strings are given to it as ordinary ones.

use std::borrow::Cow;

use promql_parser::util::{escape_string, unquote_string};

use super::scan::{Token, Tokens};
use crate::{error::ParseError, limits::Limits, pattern::Pattern};

/// Operators that are words.
const OPERATORS: [&str; 5] = ["and", "or", "unless", "atan2", "offset"];

/// The text as the parser may see it.
pub(super) fn pass<'t>(text: &'t str, limits: &Limits) -> Result<Cow<'t, str>, ParseError> {
    if text.len() > limits.bytes() {
        return Err(ParseError::TooLong {
            limit: limits.bytes(),
        });
    }
    let mut tally = Tally::default();
    let mut passed = Passed::new(text);
    let mut patterns = Vec::new();
    let mut before = None;
    for token in Tokens::of(text) {
        tally.add(&token, text)?;
        if let Token::Text { at, whole } = &token {
            if !whole {
                return Err(ParseError::Syntax("unterminated quoted string".into()));
            }
            let quoted = text.get(at.clone()).unwrap_or_default();
            if before == Some(Token::Sign(b'~')) {
                patterns.push(quoted);
            }
            if quoted.starts_with('`') {
                passed.replace(at.clone(), quoted.trim_matches('`'));
            } else if let Some(escaped) = escaped_beyond_ascii(quoted) {
                let unknown = format!("unknown escape sequence '{escaped}'");
                return Err(ParseError::Syntax(unknown));
            }
        }
        before = Some(token);
    }
    if patterns.len() > Limits::PATTERNS {
        return Err(ParseError::TooManyPatterns);
    }
    for quoted in patterns {
        // What cannot be unquoted is for the parser to refuse.
        if let Ok(pattern) = unquote_string(quoted) {
            Pattern::new(&pattern)?;
        }
    }
    Ok(passed.finish())
}

/// A character behind a `\` that no escape begins with.
fn escaped_beyond_ascii(quoted: &str) -> Option<char> {
    let mut chars = quoted.chars();
    while let Some(char) = chars.next() {
        if char == '\\' {
            let escaped = chars.next().filter(|escaped| !escaped.is_ascii());
            if escaped.is_some() {
                return escaped;
            }
        }
    }
    None
}

/// What is counted.
#[derive(Default)]
struct Tally {
    /// Open brackets.
    depth: usize,
    /// `^`, which are within each other from right to left.
    powers: usize,
    /// Signs in a row: `- - -x`.
    signs: usize,
    operators: usize,
}

impl Tally {
    fn add(&mut self, token: &Token, text: &str) -> Result<(), ParseError> {
        if !matches!(token, Token::Sign(b'+' | b'-')) {
            self.signs = 0;
        }
        match token {
            Token::Sign(b'(' | b'[' | b'{') => self.depth += 1,
            Token::Sign(b')' | b']' | b'}') => self.depth = self.depth.saturating_sub(1),
            Token::Sign(sign) => {
                self.operators += 1;
                match sign {
                    b'^' => self.powers += 1,
                    b'+' | b'-' => self.signs += 1,
                    _ => {}
                }
            }
            Token::Word(at) => {
                let word = text.get(at.clone()).unwrap_or_default();
                let is = |operator: &&str| word.eq_ignore_ascii_case(operator);
                if OPERATORS.iter().any(is) {
                    self.operators += 1;
                }
            }
            Token::Text { .. } => {}
        }
        if self.depth + self.powers + self.signs > Limits::NESTING {
            return Err(ParseError::TooDeep);
        }
        if self.operators > Limits::OPERATORS {
            return Err(ParseError::TooManyOperators);
        }
        Ok(())
    }
}

/// A text of which pieces are replaced, from left to right.
struct Passed<'t> {
    text: &'t str,
    /// What is made, and up to where.
    made: Option<(String, usize)>,
}

impl<'t> Passed<'t> {
    fn new(text: &'t str) -> Self {
        Passed { text, made: None }
    }

    /// Puts an ordinary string with this content there.
    fn replace(&mut self, at: std::ops::Range<usize>, content: &str) {
        let (made, until) = self.made.get_or_insert_default();
        made.push_str(self.text.get(*until..at.start).unwrap_or_default());
        made.push('"');
        made.push_str(&escape_string(content));
        made.push('"');
        *until = at.end;
    }

    fn finish(self) -> Cow<'t, str> {
        match self.made {
            None => Cow::Borrowed(self.text),
            Some((mut made, until)) => {
                made.push_str(self.text.get(until..).unwrap_or_default());
                Cow::Owned(made)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(text: &str) -> Option<ParseError> {
        pass(text, &Limits::default()).err()
    }

    #[test]
    fn what_would_hurt_the_parser_is_refused() {
        use ParseError::{TooDeep, TooManyOperators, TooManyPatterns};
        for (text, expected) in [
            ("(".repeat(101), TooDeep),
            ("abs(".repeat(101), TooDeep),
            ("- ".repeat(101), TooDeep),
            ("a^".repeat(101), TooDeep),
            (format!("#\r{}", "(".repeat(101)), TooDeep),
            (format!("{}x[5m:1m]", "(^-".repeat(51)), TooDeep),
            ("a+".repeat(1001), TooManyOperators),
            ("a OR ".repeat(700), ParseError::TooLong { limit: 3_000 }),
            ("a or ".repeat(1001), TooManyOperators),
            (format!("x{{{}}}", "a=~'b',".repeat(21)), TooManyPatterns),
        ] {
            let limits = match expected {
                ParseError::TooLong { limit } => Limits::of_bytes(limit),
                _ => Limits::of_bytes(Limits::MOST_BYTES),
            };
            assert_eq!(pass(&text, &limits).err(), Some(expected), "{text}");
        }
        let limit = 4096;
        let expected = ParseError::TooLong { limit };
        assert_eq!(refusal(&"a".repeat(limit + 1)), Some(expected));
        for text in [
            r#"x{a=~"\\w{99}"}"#,
            "x{a !~ # comment\r `\\w{99}`}",
            r#"x{a=~"\x5cw{99}"}"#,
        ] {
            let refused = refusal(text);
            let too_large = matches!(refused, Some(ParseError::PatternTooLarge { .. }));
            assert!(too_large, "{text}: {refused:?}");
        }
    }

    #[test]
    fn what_is_in_strings_and_comments_does_not_count() {
        for text in [
            format!("x{{a=\"{}\"}}", "(".repeat(500)),
            format!("x # {}", "+".repeat(2000)),
            format!("a{}", " + a".repeat(900)),
            r#"x{a=~"(?i:\\w+)-.*|[^/]+/\\d{1,5}",b=~"[(]",c="\\w{99}"}"#.to_owned(),
        ] {
            assert_eq!(refusal(&text), None, "{text}");
        }
    }

    #[test]
    fn raw_strings_become_ordinary_ones() {
        let passed = |text| pass(text, &Limits::default()).unwrap().into_owned();
        assert_eq!(passed("x{a=~`\\d+\"`, b=``}"), r#"x{a=~"\\d+\"", b=""}"#);
        assert_eq!(passed("{a=`x\ny`,b=\"`\"}"), r#"{a="x\ny",b="`"}"#);
        let unfinished = ParseError::Syntax("unterminated quoted string".into());
        assert_eq!(refusal("{a=`b}"), Some(unfinished));
    }

    #[test]
    fn an_escape_that_would_panic_the_parser_is_refused() {
        for odd in ["{a=~\"\\ü\"}", r"{a='\\\ü'}"] {
            let unknown = ParseError::Syntax("unknown escape sequence 'ü'".into());
            assert_eq!(refusal(odd), Some(unknown), "{odd}");
        }
        assert_eq!(refusal(r"{a='\\ü',b=`\ü`}"), None);
    }
}

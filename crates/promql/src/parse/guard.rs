//! Refuses a text that would hurt before the parser sees it.
//!
//! The parser recurses on brackets, `^` and signs: 200,000 of them overflow the stack, which ends the
//! process. Its time grows with the square of the number of operators. It compiles every regular
//! expression, up to 10 MB each. It panics on `\ä` where it unquotes,
//! and on a number of seconds that is too large for a duration. And it takes `\` in a raw string
//! for an escape: raw strings are given to it as ordinary ones.

use std::borrow::Cow;

use promql_parser::util::{escape_string, unquote_string};

use super::scan::{Token, Tokens};
use crate::{
    error::{ParseError, Position},
    limits::Limits,
    pattern::Pattern,
};

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
    let mut durations = Durations::default();
    for token in Tokens::of(text) {
        tally.add(&token, text)?;
        durations.check(&token, text)?;
        if let Token::Text { at, whole } = &token {
            if !whole {
                return Err(at_byte(text, at.start, "unterminated quoted string"));
            }
            let quoted = text.get(at.clone()).unwrap_or_default();
            if before == Some(Token::Sign(b'~')) {
                patterns.push(quoted);
            }
            if quoted.starts_with('`') {
                passed.replace(at.clone(), quoted.trim_matches('`'));
            } else if let Some(escaped) = escaped_beyond_ascii(quoted) {
                let unknown = format!("unknown escape sequence '{escaped}'");
                return Err(at_byte(text, at.start, &unknown));
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

fn at_byte(text: &str, at: usize, why: &str) -> ParseError {
    ParseError::Syntax {
        at: Some(Position::of(text, at)),
        why: why.to_owned(),
    }
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

/// Where durations are, and how long they are.
#[derive(Default)]
struct Durations {
    in_brackets: bool,
    /// What comes next is one.
    expected: bool,
}

impl Durations {
    /// Seconds: as many nanoseconds as an int64 holds, as in Prometheus.
    const LONGEST: f64 = (i64::MAX / 1_000_000_000) as f64;

    fn check(&mut self, token: &Token, text: &str) -> Result<(), ParseError> {
        match token {
            Token::Sign(b'[') => (self.in_brackets, self.expected) = (true, true),
            Token::Sign(b':') => self.expected = self.in_brackets,
            Token::Sign(b'+' | b'-') => {}
            Token::Word(at) if self.expected => {
                self.expected = false;
                if is_too_long(text.get(at.start..).unwrap_or_default()) {
                    return Err(at_byte(text, at.start, "duration out of range"));
                }
            }
            Token::Word(at) => {
                let word = text.get(at.clone()).unwrap_or_default();
                self.expected = word.eq_ignore_ascii_case("offset");
            }
            Token::Sign(b']') => (self.in_brackets, self.expected) = (false, false),
            Token::Sign(_) | Token::Text { .. } => self.expected = false,
        }
        Ok(())
    }
}

/// Whether what a text begins with is a number beyond [`Durations::LONGEST`], or holds one that the
/// parser would leave out of `1h99999999999s`.
fn is_too_long(text: &str) -> bool {
    let mut exponent = false;
    let end = text.find(|char: char| {
        let is_part = char.is_ascii_alphanumeric()
            || matches!(char, '.' | '_')
            || (exponent && matches!(char, '+' | '-'));
        exponent = matches!(char, 'e' | 'E');
        !is_part
    });
    let number = &text[..end.unwrap_or(text.len())];
    if let Ok(seconds) = number.parse::<f64>() {
        return seconds.is_nan() || seconds > Durations::LONGEST;
    }
    // Of hexadecimal ones the parser takes none that is too large.
    let mut digits = number.split(|char: char| !char.is_ascii_digit());
    !number.starts_with("0x")
        && digits.any(|digits| digits.len() > 9 && digits.parse::<u32>().is_err())
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
        let unfinished = "1:4: parse error: unterminated quoted string";
        assert_eq!(refusal("{a=`b}").unwrap().to_string(), unfinished);
    }

    #[test]
    fn a_duration_that_would_panic_the_parser_is_refused() {
        for long in [
            "x offset 1e99",
            "x offset -4e+10",
            "x OFFSET inf",
            "x[nan]",
            "x[5m:9999999999999.5]",
            "x[1h99999999999s]",
        ] {
            let refused = refusal(long).map(|error| error.to_string());
            let refused = refused.unwrap_or_default();
            assert!(
                refused.ends_with("parse error: duration out of range"),
                "{long}: {refused}"
            );
        }
        for text in [
            "x offset 9e9 + 1e99",
            "x[200y:1e-3] - inf",
            "a:b + 1e99",
            "x[0xFFFFFFFF]",
        ] {
            assert_eq!(refusal(text), None, "{text}");
            let _ = promql_parser::parser::parse(text);
        }
    }

    #[test]
    fn an_escape_that_would_panic_the_parser_is_refused() {
        for odd in ["{a=~\"\\ü\"}", r"{a='\\\ü'}"] {
            let unknown = refusal(odd).unwrap().to_string();
            assert!(
                unknown.ends_with("parse error: unknown escape sequence 'ü'"),
                "{odd}"
            );
        }
        assert_eq!(refusal(r"{a='\\ü',b=`\ü`}"), None);
    }
}

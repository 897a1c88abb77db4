//! A regular expression as a matcher has it: anchored at both ends, its size bounded.

use regex::{Regex, RegexBuilder};
use regex_syntax::ast::parse::Parser;

use crate::{error::ParseError, limits::Limits};

/// A regular expression that has to match the whole of a value.
#[derive(Clone, Debug)]
pub struct Pattern {
    written: String,
    regex: Regex,
}

impl Pattern {
    /// Compiles it, within its bounds.
    ///
    /// # Errors
    /// When it is malformed, or too large.
    pub fn new(pattern: &str) -> Result<Self, ParseError> {
        let malformed = |why: String| ParseError::Pattern {
            pattern: pattern.to_owned(),
            why,
        };
        // By itself first: `a)|(b` would be well-formed between the anchors.
        Parser::new()
            .parse(pattern)
            .map_err(|error| malformed(error.kind().to_string()))?;
        // As in Prometheus 3 a dot is any character, the end of a line too.
        let anchored = format!("^(?s:{pattern})$");
        let built = RegexBuilder::new(&anchored)
            .size_limit(Limits::PATTERN_BYTES)
            .dfa_size_limit(Limits::PATTERN_BYTES)
            .build();
        let regex = built.map_err(|error| match error {
            regex::Error::CompiledTooBig(_) => ParseError::PatternTooLarge {
                pattern: pattern.to_owned(),
            },
            // It is told over several lines; the last one says what.
            error => malformed(last_line(&error.to_string())),
        })?;
        Ok(Pattern {
            written: pattern.to_owned(),
            regex,
        })
    }

    /// As it was written.
    pub fn as_str(&self) -> &str {
        &self.written
    }

    /// Whether the whole value matches.
    pub fn is_match(&self, value: &str) -> bool {
        self.regex.is_match(value)
    }

    /// What `replacement` makes of a value that matches, with `$1` and `${name}` for its groups.
    pub(crate) fn replaced(&self, value: &str, replacement: &str) -> Option<String> {
        let captures = self.regex.captures(value)?;
        let mut replaced = String::new();
        captures.expand(replacement, &mut replaced);
        Some(replaced)
    }
}

fn last_line(text: &str) -> String {
    let line = text.lines().last().unwrap_or(text);
    line.trim_start_matches("error: ").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_whole_value_has_to_match() {
        let matches = |pattern, value| Pattern::new(pattern).unwrap().is_match(value);
        assert!(matches("a|b", "a") && matches("a|b", "b"));
        assert!(!matches("a|b", "ab") && !matches("a|b", "ba"));
        assert!(matches("a.c", "a\nc"));
        assert!(matches("", "") && !matches("", "a"));
        assert!(matches(".*", "") && !matches(".+", ""));
        assert!(!matches("a", "a\n"));
    }

    #[test]
    fn what_is_malformed_or_too_large_is_refused() {
        let error = |pattern: &str| Pattern::new(pattern).unwrap_err().to_string();
        assert_eq!(
            error("a)|(b"),
            "the regular expression \"a)|(b\" is malformed: unopened group"
        );
        assert_eq!(
            error("["),
            "the regular expression \"[\" is malformed: unclosed character class"
        );
        assert!(error(r"\pX").ends_with("malformed: Unicode property not found"));
        assert!(error(r"(a)\1").contains("malformed: backreferences are not supported"));
        for large in [r"\w{99}", ".{9999}", "(((a{99}){99}){99}){99}"] {
            assert!(error(large).ends_with("is too large; use fewer repetitions"));
        }
    }
}

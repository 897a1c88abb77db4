//! What a label has to be.

use promql_parser::label::{MatchOp, Matcher as Parsed};

use crate::{error::SelectorError, pattern::Pattern};

/// A label, and what its value has to be. Of an absent label the value is empty.
#[derive(Clone, Debug)]
pub(crate) struct Matcher {
    pub(crate) label: String,
    must: Must,
}

#[derive(Clone, Debug)]
enum Must {
    Equal(String),
    NotEqual(String),
    Match(Pattern),
    NotMatch(Pattern),
}

impl Matcher {
    pub(crate) fn of(parsed: Parsed) -> Result<Self, SelectorError> {
        let must = match parsed.op {
            MatchOp::Equal => Must::Equal(parsed.value),
            MatchOp::NotEqual => Must::NotEqual(parsed.value),
            MatchOp::Re(_) => Must::Match(Pattern::new(&parsed.value)?),
            MatchOp::NotRe(_) => Must::NotMatch(Pattern::new(&parsed.value)?),
        };
        Ok(Matcher {
            label: parsed.name,
            must,
        })
    }

    pub(crate) fn equal(label: &str, value: String) -> Self {
        Matcher {
            label: label.to_owned(),
            must: Must::Equal(value),
        }
    }

    pub(crate) fn matches(&self, value: &str) -> bool {
        match &self.must {
            Must::Equal(expected) => value == expected,
            Must::NotEqual(other) => value != other,
            Must::Match(pattern) => pattern.is_match(value),
            Must::NotMatch(pattern) => !pattern.is_match(value),
        }
    }

    pub(crate) fn has_pattern(&self) -> bool {
        matches!(self.must, Must::Match(_) | Must::NotMatch(_))
    }
}

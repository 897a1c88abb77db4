//! What a label has to be.

use exposition::Labels;
use promql_parser::{
    label::{MatchOp, Matcher as Parsed},
    parser::VectorSelector,
};

use crate::{METRIC_NAME, error::ParseError, pattern::Pattern};

/// A label, and what its value has to be. Of an absent label the value is empty.
#[derive(Clone, Debug)]
pub struct Matcher {
    label: String,
    test: Test,
}

/// What a value has to be.
#[derive(Clone, Debug)]
pub enum Test {
    /// `=`
    Equal(String),
    /// `!=`
    NotEqual(String),
    /// `=~`
    Match(Pattern),
    /// `!~`
    NotMatch(Pattern),
}

impl Matcher {
    /// A matcher of one label.
    pub fn new(label: impl Into<String>, test: Test) -> Self {
        Matcher {
            label: label.into(),
            test,
        }
    }

    /// `label="value"`
    pub fn equal(label: impl Into<String>, value: impl Into<String>) -> Self {
        Matcher::new(label, Test::Equal(value.into()))
    }

    fn of(parsed: &Parsed) -> Result<Self, ParseError> {
        let value = &parsed.value;
        let test = match parsed.op {
            MatchOp::Equal => Test::Equal(value.clone()),
            MatchOp::NotEqual => Test::NotEqual(value.clone()),
            MatchOp::Re(_) => Test::Match(Pattern::new(value)?),
            MatchOp::NotRe(_) => Test::NotMatch(Pattern::new(value)?),
        };
        Ok(Matcher::new(parsed.name.clone(), test))
    }

    /// The matchers of a selector, its metric name included.
    pub(crate) fn all_of(selector: &VectorSelector) -> Result<Vec<Self>, ParseError> {
        if !selector.matchers.or_matchers.is_empty() {
            return Err(ParseError::Or);
        }
        let name = selector.name.iter();
        let name = name.map(|name| Ok(Matcher::equal(METRIC_NAME, name.as_str())));
        let others = selector.matchers.matchers.iter().map(Matcher::of);
        name.chain(others).collect()
    }

    /// The name of the label; [`METRIC_NAME`] for the name of the metric.
    pub fn label(&self) -> &str {
        &self.label
    }

    /// What its value has to be: an index has a short way for some.
    pub fn test(&self) -> &Test {
        &self.test
    }

    /// Whether the label may have this value.
    pub fn matches(&self, value: &str) -> bool {
        match &self.test {
            Test::Equal(expected) => value == expected,
            Test::NotEqual(other) => value != other,
            Test::Match(pattern) => pattern.is_match(value),
            Test::NotMatch(pattern) => !pattern.is_match(value),
        }
    }

    /// Whether a series with these labels, its name among them, may be meant.
    pub fn matches_labels(&self, labels: &Labels) -> bool {
        self.matches(labels.get(&self.label).unwrap_or_default())
    }

    pub(crate) fn has_pattern(&self) -> bool {
        matches!(self.test, Test::Match(_) | Test::NotMatch(_))
    }
}

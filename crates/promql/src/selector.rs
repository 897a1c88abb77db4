//! An instant vector selector: `up{job=~"iris|node"}`.

use exposition::Labels;
use promql_parser::parser::{Expr, VectorSelector};

use crate::{METRIC_NAME, error::ParseError, limits::Limits, matcher::Matcher, parse};

/// Which series are meant: those that all matchers match.
#[derive(Clone, Debug)]
pub struct Selector {
    /// Of the name.
    name: Vec<Matcher>,
    /// Of the labels.
    labels: Vec<Matcher>,
}

impl Selector {
    /// Reads a selector of the usual length.
    ///
    /// # Errors
    /// When the text is anything else, or asks for too much.
    pub fn parse(text: &str) -> Result<Self, ParseError> {
        Self::parse_within(text, &Limits::default())
    }

    /// Reads a selector.
    ///
    /// # Errors
    /// When the text is anything else, or asks for too much.
    pub fn parse_within(text: &str, limits: &Limits) -> Result<Self, ParseError> {
        match parse::parsed(text, limits)? {
            Expr::VectorSelector(selector) => Self::of(selector),
            other => Err(ParseError::NotASelector(what(&other))),
        }
    }

    fn of(parsed: VectorSelector) -> Result<Self, ParseError> {
        if parsed.offset.is_some() {
            return Err(ParseError::NotASelector("one with an offset"));
        }
        if parsed.at.is_some() {
            return Err(ParseError::NotASelector("one with @"));
        }
        let all = Matcher::all_of(&parsed)?;
        if all.iter().all(|matcher| matcher.matches("")) {
            return Err(ParseError::Empty);
        }
        let (name, labels) = all
            .into_iter()
            .partition(|matcher| matcher.label() == METRIC_NAME);
        Ok(Selector { name, labels })
    }

    /// What the name and the labels have to be.
    pub fn matchers(&self) -> impl Iterator<Item = &Matcher> {
        self.name.iter().chain(&self.labels)
    }

    /// Whether a series of this name and with these labels is meant.
    pub fn matches(&self, name: &str, labels: &Labels) -> bool {
        self.matches_name(name) && self.matches_labels(labels)
    }

    /// Whether any series of this name may be meant.
    pub fn matches_name(&self, name: &str) -> bool {
        self.name.iter().all(|matcher| matcher.matches(name))
    }

    /// Whether a series with these labels is meant, if its name is.
    pub fn matches_labels(&self, labels: &Labels) -> bool {
        let matches =
            |matcher: &Matcher| matcher.matches(labels.get(matcher.label()).unwrap_or_default());
        self.labels.iter().all(matches)
    }

    /// How many regular expressions there are: what a selector costs.
    pub fn patterns(&self) -> usize {
        let all = self.matchers();
        all.filter(|matcher| matcher.has_pattern()).count()
    }
}

fn what(parsed: &Expr) -> &'static str {
    match parsed {
        Expr::Aggregate(_) => "an aggregation",
        Expr::Unary(_) | Expr::Binary(_) => "an operation",
        Expr::Paren(_) => "an expression in parentheses",
        Expr::Subquery(_) => "a subquery",
        Expr::NumberLiteral(_) => "a number",
        Expr::StringLiteral(_) => "a string",
        Expr::VectorSelector(_) => "a selector",
        Expr::MatrixSelector(_) => "a range vector selector",
        Expr::Call(_) => "a function call",
        Expr::Extension(_) => "something else",
    }
}

#[cfg(test)]
#[path = "selector_tests.rs"]
mod tests;

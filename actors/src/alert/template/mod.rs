//! Prometheus's template language, as rules use it in labels and annotations: Go's `text/template`
//! with Prometheus's functions.
//!
//! A [`Template`] is read once, when rules are loaded, and expanded for every alert. Text, steps,
//! nesting and calls are bounded: no template can take the process down or hold it up.

#[cfg(test)]
mod as_prometheus;
mod ast;
mod evaluate;
mod exec;
mod format;
mod functions;
mod lex;
mod literal;
mod number;
mod parse;
mod pipeline;
#[cfg(test)]
mod tests;
mod value;

use std::fmt;

use exposition::Labels;

use ast::{Node, Span};
pub use value::TemplateSample;

/// The variables every template starts with.
const VARIABLES: [&str; 5] = ["$", "$labels", "$externalLabels", "$externalURL", "$value"];

/// A template, read and checked.
#[derive(Debug)]
pub struct Template {
    text: Box<str>,
    parsed: parse::Parsed,
}

/// What a template is expanded with.
pub struct Expansion<'a> {
    /// `$labels`: of the sample the rule's expression yielded, `__name__` included.
    pub labels: &'a Labels,
    /// `$externalLabels`
    pub external_labels: &'a Labels,
    /// `$externalURL`: where this Vitals is reached from outside; may be empty.
    pub external_url: &'a str,
    /// `$value`
    pub value: f64,
    /// The time of the evaluation, in seconds since 1970.
    pub now: f64,
    /// Answers the function `query`.
    pub query: &'a dyn Fn(&str) -> Result<Vec<TemplateSample>, String>,
}

/// A template that is none, with the place.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{line}:{column}: {reason}")]
pub struct ParseError {
    /// Line within the template, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// What is wrong.
    pub reason: String,
}

/// Why a template could not be expanded with what it was given.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "error executing template {name}: template: {name}:{line}:{column}: executing {name:?} at <{at}>: {reason}"
)]
pub struct ExpandError {
    name: String,
    line: usize,
    column: usize,
    at: String,
    reason: String,
}

impl Template {
    /// Reads a template.
    ///
    /// # Errors
    /// Anything that could not be executed whatever the data: bad syntax, unknown functions and
    /// variables, nesting deeper than 50, text longer than 64 KiB.
    pub fn parse(text: &str) -> Result<Template, ParseError> {
        Ok(Template {
            parsed: parse::parse(text, &VARIABLES)?,
            text: text.into(),
        })
    }

    /// As it was written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// What it expands to, if that never changes.
    pub fn constant(&self) -> Option<&str> {
        match &self.parsed.body[..] {
            [] => Some(""),
            [Node::Text(text)] => Some(text),
            _ => None,
        }
    }

    /// Whether it expands to the same text as long as labels and value are the same.
    pub fn is_pure(&self) -> bool {
        let asks = || self.text.contains("query") || self.text.contains("now");
        self.constant().is_some() || !asks()
    }

    /// Expands it. `name` is for errors: Prometheus says `__alert_<alertname>`.
    ///
    /// # Errors
    /// What the data does not allow, and more work or text than is allowed.
    pub fn expand(&self, name: &str, with: &Expansion) -> Result<String, ExpandError> {
        match self.constant() {
            Some(text) => Ok(text.to_owned()),
            None => {
                exec::Run::new(name, &self.text, &self.parsed.defined, with).run(&self.parsed.body)
            }
        }
    }

    /// Expands it, the error standing for the text, as Prometheus has it in labels and annotations.
    pub fn expand_or_error(&self, name: &str, with: &Expansion) -> String {
        self.expand(name, with)
            .unwrap_or_else(|error| format!("<error expanding template: {error}>"))
    }
}

impl fmt::Debug for Expansion<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Expansion")
            .field("labels", self.labels)
            .field("value", &self.value)
            .finish_non_exhaustive()
    }
}

impl ParseError {
    fn at(text: &str, at: usize, reason: impl Into<String>) -> Self {
        let (line, column) = position(text, at);
        ParseError {
            line,
            column,
            reason: reason.into(),
        }
    }
}

impl ExpandError {
    fn new(name: &str, text: &str, span: Span, reason: String) -> Self {
        let (line, column) = position(text, span.start);
        ExpandError {
            name: name.into(),
            line,
            column,
            at: shortened(&text[span]),
            reason,
        }
    }
}

/// As Go does: 20 characters, then dots.
fn shortened(text: &str) -> String {
    match text.char_indices().nth(20) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text.into(),
    }
}

/// Line and column of a byte, both from 1.
fn position(text: &str, at: usize) -> (usize, usize) {
    let before = &text[..at.min(text.len())];
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    let line = before.matches('\n').count() + 1;
    (line, before[line_start..].chars().count() + 1)
}

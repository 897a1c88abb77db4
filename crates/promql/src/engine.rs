//! Makes queries of texts, within limits.

use promql_parser::parser;

use crate::{error::ParseError, guard, limits::Limits, query::Query};

/// Makes queries of texts. Cheap: it has its limits and nothing else.
#[derive(Clone, Copy, Debug, Default)]
pub struct Engine {
    /// What bounds its texts and their queries.
    pub limits: Limits,
}

impl Engine {
    /// An engine with these limits.
    pub fn new(limits: Limits) -> Self {
        Engine { limits }
    }

    /// Reads a query, to be evaluated any number of times.
    ///
    /// # Errors
    /// When the text is no query, or asks for too much.
    pub fn parse(&self, text: &str) -> Result<Query, ParseError> {
        let passed = guard::pass(text, &self.limits)?;
        let parsed = parser::parse(&passed).map_err(ParseError::Syntax)?;
        Query::of(parsed, self.limits)
    }
}

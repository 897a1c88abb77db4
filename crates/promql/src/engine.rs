//! Makes queries of texts, within limits.

use crate::{error::ParseError, limits::Limits, parse, query::Query};

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
        let expr = parse::expr(text, &self.limits)?;
        Ok(Query::new(expr, self.limits))
    }
}

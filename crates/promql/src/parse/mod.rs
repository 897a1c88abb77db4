//! From a text to the tree of a query: guarded, parsed, checked.

mod guard;
mod lower;
mod scan;

use promql_parser::parser::{self, Expr as Parsed};

use crate::{error::ParseError, expr::Expr, limits::Limits};

/// The parser's words for a selector that would select everything.
const SELECTS_EVERYTHING: &str = "must contain at least one non-empty matcher";

/// The tree as the parser makes it.
pub(crate) fn parsed(text: &str, limits: &Limits) -> Result<Parsed, ParseError> {
    let passed = guard::pass(text, limits)?;
    parser::parse(&passed).map_err(|error| {
        if error.ends_with(SELECTS_EVERYTHING) {
            ParseError::Empty
        } else {
            ParseError::Syntax(error)
        }
    })
}

/// The tree to evaluate.
pub(crate) fn expr(text: &str, limits: &Limits) -> Result<Expr, ParseError> {
    lower::lower(parsed(text, limits)?)
}

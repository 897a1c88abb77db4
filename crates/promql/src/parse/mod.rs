//! From a text to the tree of a query: guarded, parsed, checked.

mod guard;
mod lower;
mod place;
mod scan;

use promql_parser::parser::{self, Expr as Parsed};

use crate::{
    error::{ParseError, Position},
    expr::Expr,
    limits::Limits,
};

/// The parser's words for a selector that would select everything.
const SELECTS_EVERYTHING: &str = "must contain at least one non-empty matcher";
/// The parser's words where it has none.
const NO_QUERY: &str = "invalid promql query";

/// The tree as the parser makes it.
pub(crate) fn parsed(text: &str, limits: &Limits) -> Result<Parsed, ParseError> {
    let passed = guard::pass(text, limits)?;
    parser::parse(&passed).map_err(|error| {
        if error.ends_with(SELECTS_EVERYTHING) {
            ParseError::Empty
        } else {
            placed(text, error)
        }
    })
}

/// The tree to evaluate.
pub(crate) fn expr(text: &str, limits: &Limits) -> Result<Expr, ParseError> {
    lower::lower(parsed(text, limits)?).map_err(|error| match error {
        ParseError::Syntax { at: None, why } => placed(text, why),
        other => other,
    })
}

/// With the place that is meant, and with words where the parser has none.
fn placed(text: &str, why: String) -> ParseError {
    let fault = place::fault(text);
    let at = match &fault {
        Some(fault) => Some(fault.at),
        None => place::call(text, &why),
    };
    ParseError::Syntax {
        at: at.map(|at| Position::of(text, at)),
        why: match fault {
            Some(fault) if why == NO_QUERY => fault.what,
            _ => why,
        },
    }
}

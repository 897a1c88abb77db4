//! The `match[]` of a request: which series it is about.

use promql::{Limits, Matcher, Selector};

use super::{failure::Failure, form::Form};

/// Selectors of one request.
const MOST_SELECTORS: usize = 64;
/// Regular expressions in all of them.
const MOST_PATTERNS: usize = 64;

/// The texts of the selectors; to be read where it may take a moment.
pub(super) fn texts(form: &Form) -> Result<Vec<String>, Failure> {
    let texts: Vec<_> = form.all("match[]").map(str::to_owned).collect();
    if texts.len() > MOST_SELECTORS {
        let message = format!("there are more than {MOST_SELECTORS} match[]");
        return Err(Failure::bad_data(message));
    }
    Ok(texts)
}

/// A set of matchers for each selector. The error says what is wrong; the route may say where.
pub(super) fn sets(texts: &[String], limits: &Limits) -> Result<Vec<Vec<Matcher>>, String> {
    let mut patterns = 0;
    let mut sets = Vec::with_capacity(texts.len());
    for text in texts {
        let selector = Selector::parse_within(text, limits);
        let selector = selector.map_err(|error| error.to_string())?;
        patterns += selector.patterns();
        if patterns > MOST_PATTERNS {
            return Err(format!(
                "there are more than {MOST_PATTERNS} regular expressions"
            ));
        }
        sets.push(selector.matchers().cloned().collect());
    }
    Ok(sets)
}

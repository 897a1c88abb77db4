//! The `match[]` of a request or a command: selectors, and how many of them are borne.

use promql::{ParseError, Selector};

/// Selectors of one request.
pub(crate) const MOST: usize = 64;
/// Regular expressions in all of them.
const MOST_PATTERNS: usize = 64;
/// Characters of a selector that are shown in an error.
const SHOWN: usize = 200;

/// Why selectors are refused.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BadSelectors {
    #[error("there are more than {MOST} match[]")]
    TooMany,
    #[error("there are more than {MOST_PATTERNS} regular expressions in all match[] together")]
    TooManyPatterns,
    #[error("match[]={}: {}", shown(.0), shown(&.1.to_string()))]
    Bad(String, ParseError),
}

impl BadSelectors {
    /// The code of the error for machines.
    pub(crate) fn code(&self) -> &'static str {
        match self {
            BadSelectors::TooMany => "too_many_matches",
            BadSelectors::TooManyPatterns => "too_many_patterns",
            BadSelectors::Bad(..) => "bad_match",
        }
    }
}

/// As much of a text as is shown.
fn shown(text: &str) -> String {
    let mut shown: String = text.chars().take(SHOWN).collect();
    if shown.len() < text.len() {
        shown.push('…');
    }
    shown
}

/// Reads them all.
///
/// # Errors
/// The first that is none, or that there are too many.
pub(crate) fn parse(texts: &[String]) -> Result<Vec<Selector>, BadSelectors> {
    if texts.len() > MOST {
        return Err(BadSelectors::TooMany);
    }
    let mut selectors = Vec::with_capacity(texts.len());
    let mut patterns = 0;
    for text in texts {
        let selector =
            Selector::parse(text).map_err(|error| BadSelectors::Bad(text.clone(), error))?;
        patterns += selector.patterns();
        if patterns > MOST_PATTERNS {
            return Err(BadSelectors::TooManyPatterns);
        }
        selectors.push(selector);
    }
    Ok(selectors)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(texts: &[&str]) -> String {
        let texts: Vec<String> = texts.iter().map(|text| (*text).to_owned()).collect();
        parse(&texts).unwrap_err().to_string()
    }

    #[test]
    fn what_is_wrong_is_named() {
        assert_eq!(
            refusal(&["up", "{job=\"x\""]),
            "match[]={job=\"x\": 1:9: parse error: unexpected end of input inside braces"
        );
        let long = refusal(&[&"(".repeat(5000)]);
        assert_eq!(
            long,
            format!("match[]={}…: it is longer than 4096 bytes", "(".repeat(200))
        );
        let many = ["{a=~\"b\",c=~\"d\"}"; 33];
        assert_eq!(
            refusal(&many),
            "there are more than 64 regular expressions in all match[] together"
        );
        assert_eq!(refusal(&["up"; 65]), "there are more than 64 match[]");
        assert_eq!(parse(&["up".to_owned()]).unwrap().len(), 1);
    }
}

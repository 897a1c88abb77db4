//! Patterns of the names of metrics: `node_cpu_seconds_total`, `process_*`.

use std::{fmt, str::FromStr};

/// Letters, digits, `_` and `:`, and `*` for any of them, or none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamePattern(String);

/// The text is no pattern, as a predicate of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NamePatternError {
    /// Another character.
    #[error("has other characters than letters, digits, _, : and *")]
    Character,
    /// Nothing, or more than anybody calls a metric.
    #[error("is empty or longer than 200 characters")]
    Length,
}

impl NamePattern {
    /// Whether it is the pattern of this name.
    pub fn matches(&self, name: &str) -> bool {
        let Some((first, rest)) = self.0.split_once('*') else {
            return self.0 == name;
        };
        let Some(mut name) = name.strip_prefix(first) else {
            return false;
        };
        let mut parts: Vec<&str> = rest.split('*').collect();
        let last = parts.pop().unwrap_or_default();
        // The earliest place leaves most to the others.
        for part in parts {
            match name.find(part) {
                Some(at) => name = name.get(at + part.len()..).unwrap_or_default(),
                None => return false,
            }
        }
        name.ends_with(last)
    }
}

impl FromStr for NamePattern {
    type Err = NamePatternError;

    fn from_str(text: &str) -> Result<Self, NamePatternError> {
        let good = |byte: u8| byte.is_ascii_alphanumeric() || b"_:*".contains(&byte);
        match text.len() {
            0 | 201.. => Err(NamePatternError::Length),
            _ if text.bytes().all(good) => Ok(NamePattern(text.to_owned())),
            _ => Err(NamePatternError::Character),
        }
    }
}

impl fmt::Display for NamePattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// As slowly as it is plainly right.
    fn naive(pattern: &[u8], name: &[u8]) -> bool {
        match pattern.split_first() {
            None => name.is_empty(),
            Some((b'*', rest)) => (0..=name.len()).any(|at| naive(rest, &name[at..])),
            Some((byte, rest)) => name.first() == Some(byte) && naive(rest, &name[1..]),
        }
    }

    #[test]
    fn what_is_no_pattern_is_refused() {
        assert_eq!(
            "a b".parse::<NamePattern>(),
            Err(NamePatternError::Character)
        );
        assert_eq!("".parse::<NamePattern>(), Err(NamePatternError::Length));
    }

    proptest! {
        #[test]
        fn it_matches_as_plainly_said(pattern in "[ab*]{1,6}", name in "[ab]{0,8}") {
            let parsed: NamePattern = pattern.parse().unwrap();
            prop_assert_eq!(parsed.matches(&name), naive(pattern.as_bytes(), name.as_bytes()));
        }
    }
}

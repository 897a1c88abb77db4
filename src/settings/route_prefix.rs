//! A path that all routes are below.

use std::fmt;
use std::str::FromStr;

use super::setting::{Setting, parse};
use super::value::Value;

/// A path such as `/vitals`, without a slash at its end; empty for `/`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RoutePrefix(String);

impl RoutePrefix {
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RoutePrefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_empty() { "/" } else { &self.0 })
    }
}

/// What is wrong with a prefix, as a predicate.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PrefixError {
    #[error("does not begin with a slash")]
    NoSlash,
    #[error("has an empty part, or a part that is only dots")]
    Part,
    #[error("has characters other than letters, digits, - . _ ~ and /")]
    Character,
}

impl FromStr for RoutePrefix {
    type Err = PrefixError;

    fn from_str(text: &str) -> Result<Self, PrefixError> {
        let parts = text.strip_prefix('/').ok_or(PrefixError::NoSlash)?;
        let parts = parts.strip_suffix('/').unwrap_or(parts);
        if parts.is_empty() && text == "/" {
            return Ok(RoutePrefix(String::new()));
        }
        for part in parts.split('/') {
            // An empty part, too.
            if part.bytes().all(|byte| byte == b'.') {
                return Err(PrefixError::Part);
            }
            let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
            if !part.bytes().all(plain) {
                return Err(PrefixError::Character);
            }
        }
        Ok(RoutePrefix(format!("/{parts}")))
    }
}

impl Setting for RoutePrefix {
    const WHAT: &'static str = "a path, such as \"/vitals\"";

    fn read(value: &Value) -> Result<Self, String> {
        parse(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_is_plain_parts_after_slashes() {
        for (text, prefix) in [
            ("/", Some("")),
            ("/vitals", Some("/vitals")),
            ("/vitals/", Some("/vitals")),
            ("/a/b-c_d.e~f", Some("/a/b-c_d.e~f")),
            ("", None),
            ("vitals", None),
            ("//", None),
            ("/a//b", None),
            ("/a/../b", None),
            ("/.", None),
            ("/{a}", None),
            ("/a b", None),
            ("/a%20b", None),
            ("/ä", None),
        ] {
            let parsed = text.parse::<RoutePrefix>().ok();
            assert_eq!(parsed.as_ref().map(RoutePrefix::as_str), prefix, "{text}");
        }
    }
}

//! The name of a host, as a request names it.

use std::fmt;
use std::str::FromStr;

use serde::Serialize;

use super::setting::{Setting, parse};
use super::value::Value;

/// Letters, digits, hyphens and dots; lower case, without a dot at the end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub(crate) struct HostName(String);

/// The longest name DNS has.
const LONGEST: usize = 253;

impl HostName {
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for HostName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What is wrong with a name, as a predicate.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NameError {
    #[error("has a port; write the name alone")]
    Port,
    #[error("is not the name of a host")]
    Name,
}

impl FromStr for HostName {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let name = text.strip_suffix('.').unwrap_or(text);
        if let Some((name, port)) = name.rsplit_once(':')
            && port.parse::<u16>().is_ok()
            && !name.is_empty()
        {
            return Err(NameError::Port);
        }
        match is_host_name(name) {
            true => Ok(HostName(name.to_ascii_lowercase())),
            false => Err(NameError::Name),
        }
    }
}

/// Whether a text, without a dot at its end, can be the name of a host.
pub(crate) fn is_host_name(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    let label = |label: &str| !label.is_empty() && label.bytes().all(plain);
    text.len() <= LONGEST && text.split('.').all(label)
}

impl Setting for HostName {
    const WHAT: &'static str = "the name of a host, such as \"monitor.example\"";

    fn read(value: &Value) -> Result<Self, String> {
        parse(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_kept_in_one_form() {
        for (text, name) in [
            ("monitor", Some("monitor")),
            ("Monitor.Example.", Some("monitor.example")),
            ("a_b-c.d", Some("a_b-c.d")),
            ("", None),
            (".", None),
            ("a..b", None),
            ("a:9090", None),
            ("a b", None),
            ("*.example", None),
            ("http://a", None),
            ("ä", None),
        ] {
            let parsed = text.parse::<HostName>().ok();
            assert_eq!(parsed.as_ref().map(HostName::as_str), name, "{text}");
        }
        assert!("a".repeat(254).parse::<HostName>().is_err());
    }
}

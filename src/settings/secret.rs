//! A password or the like: used, and shown by nothing.

use std::fmt;
use std::path::Path;

use serde::{Serialize, Serializer};

use super::small_file;

/// Text that neither `Debug` nor serialization shows. Empty: none.
#[derive(Clone, Default, PartialEq, Eq)]
pub(crate) struct Secret(String);

/// What is shown instead.
const HIDDEN: &str = "<secret>";

impl Secret {
    /// The text itself, for whoever needs it.
    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }

    pub(crate) fn is_none(&self) -> bool {
        self.0.is_empty()
    }

    /// The error is a predicate, and does not show the text.
    pub(super) fn of(text: &str) -> Result<Self, String> {
        match text.contains(char::is_control) {
            false => Ok(Secret(text.to_owned())),
            true => Err("has a character that is none".to_owned()),
        }
    }

    /// What is in a file, without the end of its line. The error is a predicate of the path.
    pub(super) fn of_file(path: &Path) -> Result<Self, String> {
        let text = small_file::read(path)?;
        let text = text.strip_suffix('\n').unwrap_or(&text);
        let text = text.strip_suffix('\r').unwrap_or(text);
        match Secret::of(text) {
            Ok(secret) if secret.is_none() => Err("is empty".to_owned()),
            Ok(secret) => Ok(secret),
            Err(_) => Err("has more than one line in it".to_owned()),
        }
    }
}

impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(if self.is_none() { "" } else { HIDDEN })
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_shows_a_secret() {
        let secret = Secret::of("hunter2").unwrap();
        assert_eq!(format!("{secret:?}"), "Secret(…)");
        assert_eq!(serde_json::to_string(&secret).unwrap(), "\"<secret>\"");
        assert_eq!(secret.reveal(), "hunter2");
        let error = Secret::of("hunter2\n3").unwrap_err();
        assert!(!error.contains("hunter"), "{error}");
    }
}

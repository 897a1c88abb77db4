//! `[auth]`: who may change the state of Vitals.

use std::collections::BTreeMap;

use serde::Serialize;

use super::table::{Section, Table};
use super::token::{ALLOWED_IN_FILE, TokenHash};

/// `[auth]`.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub(crate) struct Auth {
    /// By name. What the tokens are is known to nobody but their owners: these are hashes.
    pub(crate) tokens: BTreeMap<String, TokenHash>,
}

impl Auth {
    /// The name of a token that somebody shows. Takes as long for every token, known or not.
    pub(crate) fn name_of(&self, shown: &str) -> Option<&str> {
        let shown = TokenHash::of(shown);
        let mut found = None;
        for (name, known) in &self.tokens {
            if known.is(&shown) {
                found = Some(name.as_str());
            }
        }
        found
    }
}

impl Section for Auth {
    fn read(&mut self, table: &mut Table<'_>) {
        let read = TokenHash::of_setting;
        table.secrets("tokens", &mut self.tokens, ALLOWED_IN_FILE, read);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_has_its_own_name_and_no_other() {
        let token = |name: &str, text| (name.to_owned(), TokenHash::of(text));
        let auth = Auth {
            tokens: [token("one", "1"), token("two", "2")].into(),
        };
        assert_eq!(auth.name_of("1"), Some("one"));
        assert_eq!(auth.name_of("2"), Some("two"));
        for unknown in ["", "3", "1 ", "one", "11"] {
            assert_eq!(auth.name_of(unknown), None, "{unknown}");
        }
        assert_eq!(Auth::default().name_of(""), None);
    }
}

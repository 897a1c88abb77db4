//! Who we are to a server.

use std::fmt;

use base64::{Engine, prelude::BASE64_STANDARD};

/// Shown to nobody but the server.
#[derive(Clone, PartialEq, Eq)]
pub enum Credentials {
    /// Name and password.
    Basic {
        /// The user's name.
        username: String,
        /// The password.
        password: String,
    },
    /// A token, such as that of a service account.
    Bearer(String),
}

impl Credentials {
    /// The value of the header `Authorization`.
    pub(crate) fn header(&self) -> String {
        match self {
            Credentials::Basic { username, password } => {
                let pair = format!("{username}:{password}");
                format!("Basic {}", BASE64_STANDARD.encode(pair))
            }
            Credentials::Bearer(token) => format!("Bearer {token}"),
        }
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credentials(…)")
    }
}

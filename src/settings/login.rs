//! Who we are to a server, where it asks: `username` and `password`, or `token`.

use serde::Serialize;
use vitals_actors::http::Credentials;

use super::secret::Secret;
use super::table::Table;

/// Of one server.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub(crate) struct Login {
    /// Who we are there; empty: nobody.
    username: String,
    /// Our password there.
    password: Secret,
    /// Shown instead of both, if there is one.
    token: Secret,
}

impl Login {
    /// Reads its keys in the section of the server.
    pub(super) fn read(&mut self, table: &mut Table<'_>) {
        table.value("username", &mut self.username);
        table.secret("password", &mut self.password);
        table.secret("token", &mut self.token);
    }

    /// Whether something is shown that nobody else should see.
    pub(crate) fn is_secret(&self) -> bool {
        !self.password.is_none() || !self.token.is_none()
    }

    /// What is shown, if anything.
    pub(crate) fn credentials(&self) -> Option<Credentials> {
        if !self.token.is_none() {
            return Some(Credentials::Bearer(self.token.reveal().to_owned()));
        }
        let basic = !self.username.is_empty() || !self.password.is_none();
        basic.then(|| Credentials::Basic {
            username: self.username.clone(),
            password: self.password.reveal().to_owned(),
        })
    }
}

//! `[redis]`: the Redis of the stack.

use serde::Serialize;
use vitals_actors::redis::{RedisAccount, RedisUrl};

use super::authorities::Authorities;
use super::secret::Secret;
use super::setting::{Setting, parse};
use super::table::{Section, Table};
use super::text;
use super::value::Value;

/// `[redis]`.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub(crate) struct Redis {
    /// Where it is; none: there is none.
    #[serde(serialize_with = "text::optional")]
    pub(crate) url: Option<RedisUrl>,
    /// Who we are there; empty: the default account.
    username: String,
    /// Our password there.
    password: Secret,
    /// Who we are to its Sentinels.
    sentinel_username: String,
    /// Our password there.
    sentinel_password: Secret,
    /// Certificates to be believed besides the machine's.
    #[serde(serialize_with = "Authorities::optional")]
    pub(crate) ca_file: Option<Authorities>,
}

impl Redis {
    /// Who we are to Redis itself.
    pub(crate) fn account(&self) -> RedisAccount {
        account(&self.username, &self.password)
    }

    /// Who we are to its Sentinels.
    pub(crate) fn sentinel_account(&self) -> RedisAccount {
        account(&self.sentinel_username, &self.sentinel_password)
    }

    /// Whether something is shown that nobody else should see.
    pub(crate) fn is_secret(&self) -> bool {
        !self.password.is_none() || !self.sentinel_password.is_none()
    }
}

fn account(username: &str, password: &Secret) -> RedisAccount {
    RedisAccount {
        username: username.to_owned(),
        password: password.reveal().to_owned(),
    }
}

impl Section for Redis {
    fn read(&mut self, table: &mut Table<'_>) {
        table.optional("url", &mut self.url);
        table.value("username", &mut self.username);
        table.secret("password", &mut self.password);
        table.value("sentinel_username", &mut self.sentinel_username);
        table.secret("sentinel_password", &mut self.sentinel_password);
        Authorities::setting(table, &mut self.ca_file);
    }
}

impl Setting for RedisUrl {
    const WHAT: &'static str = "the URL of a Redis, such as \"redis://redis:6379\", \
                                \"redis+sentinel://one,two/mymaster\" or \"redis+cluster://one,two\"";

    fn read(value: &Value) -> Result<Self, String> {
        parse(value)
    }
}

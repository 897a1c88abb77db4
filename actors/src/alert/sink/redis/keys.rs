//! The names of keys and channels.

use std::{fmt, str::FromStr};

use redis::{Cmd, cmd};

/// What all names begin with: 1 to 64 letters, digits and `-_.:`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Prefix(String);

/// A text that is no prefix, as a predicate of what was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is no prefix of 1 to 64 letters, digits and -_.: (write \"vitals\")")]
pub struct PrefixError;

impl Default for Prefix {
    fn default() -> Self {
        Prefix("vitals".into())
    }
}

impl FromStr for Prefix {
    type Err = PrefixError;

    fn from_str(text: &str) -> Result<Self, PrefixError> {
        // No braces: what is in them decides where a Cluster has a key.
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.:".contains(&byte);
        let is_prefix = (1..=64).contains(&text.len()) && text.bytes().all(plain);
        is_prefix.then(|| Prefix(text.into())).ok_or(PrefixError)
    }
}

impl fmt::Display for Prefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The names, made once.
pub(super) struct Keys {
    /// Of every alert; with `:<severity>` behind it, of those.
    pub(super) channel: String,
    pub(super) alive: String,
    log: String,
    active: String,
    lease: String,
}

impl Keys {
    pub(super) fn new(prefix: &Prefix) -> Self {
        Keys {
            channel: format!("{prefix}:alerts"),
            alive: format!("{{{prefix}}}:alive"),
            log: format!("{{{prefix}}}:alerts:log"),
            active: format!("{{{prefix}}}:alerts:active"),
            lease: format!("{{{prefix}}}:notifier"),
        }
    }

    /// What every script is called with: the keys, and the token. Without one the lease is left out:
    /// as long as a Cluster moves our keys, it runs no script over one that is not there.
    pub(super) fn put(&self, token: &str, call: &mut Cmd) {
        let keys = [&self.log, &self.active, &self.lease];
        let keys = if token.is_empty() { &keys[..2] } else { &keys };
        call.arg(keys.len()).arg(keys).arg(token);
    }

    /// Asks for what is kept as firing.
    pub(super) fn fields(&self) -> Cmd {
        let mut fields = cmd("HKEYS");
        fields.arg(&self.active);
        fields
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_what_the_interface_says() {
        let keys = Keys::new(&Prefix::default());
        assert_eq!(keys.channel, "vitals:alerts");
        assert_eq!(keys.alive, "{vitals}:alive");
        let mut call = Cmd::new();
        keys.put("token", &mut call);
        let sent = String::from_utf8(call.get_packed_command()).unwrap();
        let parts: Vec<_> = sent.lines().skip(2).step_by(2).collect();
        let expected = [
            "3",
            "{vitals}:alerts:log",
            "{vitals}:alerts:active",
            "{vitals}:notifier",
            "token",
        ];
        assert_eq!(parts, expected);
        let mut call = Cmd::new();
        keys.put("", &mut call);
        assert_eq!(call.args_iter().len(), 4);
    }

    #[test]
    fn a_prefix_cannot_change_where_a_cluster_has_a_key() {
        assert_eq!(
            "site-1:vitals".parse::<Prefix>().unwrap().to_string(),
            "site-1:vitals"
        );
        for bad in ["", "{a}", "a b", "é", &"a".repeat(65)] {
            assert_eq!(bad.parse::<Prefix>(), Err(PrefixError), "{bad}");
        }
    }
}

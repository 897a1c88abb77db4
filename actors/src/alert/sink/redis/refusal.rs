//! What it means when Redis refuses, in our own words. Of what it says itself only codes are looked
//! at: an error may quote what was sent.

use std::sync::Arc;

use crate::{
    alert::sink::{Remedy, SinkError},
    collector::Reason,
    net::Failure,
};

/// An error's text, as the server or a script of ours hands it on.
pub(super) fn of(text: &str) -> SinkError {
    let unavailable = |detail: &str| SinkError::retry(Reason::Unavailable, detail);
    let forbidden = || {
        SinkError::retry(
            Reason::Forbidden,
            "the account may not: ACL SETUSER <name> ~{<prefix>}:* &<prefix>:alerts* +evalsha +script|load +get +set +hset +hdel +hget +hkeys +xadd +publish",
        )
    };
    match code(text) {
        "FENCED" => SinkError::retry(Reason::Disabled, "another Vitals is the notifier"),
        "OOM" => unavailable("it is out of memory: raise maxmemory, or set an eviction policy"),
        "MISCONF" => unavailable(
            "it refuses writes because it could not save (MISCONF): look at its disk and its log",
        ),
        "READONLY" => unavailable("it is a replica: name its master, or use redis+sentinel://"),
        "NOREPLICAS" => unavailable("it refuses writes because too few replicas follow it"),
        "LOADING" => unavailable("it is loading its data"),
        "BUSY" => unavailable("a script of somebody else keeps it busy"),
        "CLUSTERDOWN" => unavailable("the cluster is down"),
        "TRYAGAIN" => unavailable("the cluster is moving our keys"),
        "MOVED" | "ASK" => unavailable("the nodes of the cluster send us to and fro"),
        "MASTERDOWN" => unavailable("it is a replica that has lost its master"),
        "WRONGTYPE" => unavailable("a key of ours is somebody else's: use another prefix"),
        "NOAUTH" => SinkError::retry(Reason::Auth, "it asks who we are: set password"),
        "WRONGPASS" => SinkError::retry(
            Reason::Auth,
            "name or password is wrong: set username and password",
        ),
        "NOPERM" => forbidden(),
        // What a script may not is told without a code.
        _ if text.contains("can't run this command")
            || text.contains("can't access at least one of the keys")
            || text.contains("can't access at least one of the channels") =>
        {
            forbidden()
        }
        _ => unavailable("it answers with an error"),
    }
}

/// Whether another server is to be looked for.
pub(super) fn is_elsewhere(text: &str) -> bool {
    ["READONLY", "MASTERDOWN", "CLUSTERDOWN"].contains(&code(text))
}

/// The first word, if it is one of capitals. Some versions put `ERR` in front of what a script met.
fn code(text: &str) -> &str {
    let text = text.strip_prefix('-').unwrap_or(text);
    let mut words = text.split_ascii_whitespace();
    let is_code = |word: &str| word.bytes().all(|byte| byte.is_ascii_uppercase());
    match words.next() {
        Some("ERR") => words.next().filter(|word| is_code(word)).unwrap_or("ERR"),
        word => word.filter(|word| is_code(word)).unwrap_or(""),
    }
}

impl From<Failure> for SinkError {
    fn from(failure: Failure) -> Self {
        SinkError {
            reason: failure.reason,
            detail: Arc::from(failure.detail),
            remedy: Remedy::Retry,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_understood_and_nothing_is_quoted() {
        for (text, reason) in [
            (
                "OOM command not allowed when used memory > 'maxmemory'.",
                Reason::Unavailable,
            ),
            (
                "READONLY You can't write against a read only replica.",
                Reason::Unavailable,
            ),
            ("NOPERM this user has no permissions", Reason::Forbidden),
            (
                "ERR The user executing the script can't run this command or subcommand",
                Reason::Forbidden,
            ),
            ("WRONGPASS invalid username-password pair", Reason::Auth),
            ("FENCED", Reason::Disabled),
            ("ERR secret: patient 4711", Reason::Unavailable),
            ("", Reason::Unavailable),
        ] {
            let error = of(text);
            assert_eq!(error.reason, reason, "{text}");
            assert!(!error.to_string().contains("4711"));
        }
        assert!(is_elsewhere("-READONLY You can't write"));
        assert!(!is_elsewhere("OOM command not allowed"));
    }
}

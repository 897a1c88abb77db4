//! What an error of Redis means, in our own words: of what it says itself only the code is looked at,
//! and one phrase that has no code of its own.

use redis::{ErrorKind, RedisError};

use super::connection::HUNG_UP;
use crate::{collector::Reason, net::Failure};

/// What became of a question.
pub(super) fn of(error: &RedisError) -> Failure {
    let failure = |reason, detail: &str| Failure::new(reason, detail);
    let unavailable = |detail| failure(Reason::Unavailable, detail);
    let says = |phrase: &str| error.detail().is_some_and(|detail| detail.contains(phrase));
    match error.kind() {
        ErrorKind::Io => return failure(Reason::Connect, HUNG_UP),
        ErrorKind::Parse | ErrorKind::UnexpectedReturnType => {
            return failure(Reason::Parse, "what was answered is not of Redis");
        }
        _ => {}
    }
    match error.code() {
        Some("WRONGPASS") => failure(
            Reason::Auth,
            "name or password is wrong: set username and password",
        ),
        Some("NOAUTH") => failure(Reason::Auth, "it asks who we are: set password"),
        Some("NOPERM") => failure(
            Reason::Forbidden,
            "the account may not: ACL SETUSER <name> +info +ping +cluster|slots +cluster|info",
        ),
        Some("DENIED") => failure(
            Reason::Forbidden,
            "it takes connections from its own machine only: protected mode",
        ),
        Some("LOADING") => unavailable("it is loading its data"),
        Some("MISCONF") => unavailable(
            "it refuses writes because it could not save (MISCONF): look at its disk and its log",
        ),
        Some("BUSY") => unavailable("a script keeps it busy"),
        Some("MASTERDOWN") => unavailable("it is a replica that has lost its master"),
        Some("CLUSTERDOWN") => unavailable("the cluster is down"),
        Some("ERR") if says("max number of clients") => {
            unavailable("it has as many clients as it takes: maxclients")
        }
        Some("ERR") if says("cluster support disabled") => failure(
            Reason::NotEnabled,
            "it is no node of a cluster: use redis://",
        ),
        Some("ERR") if says("unknown command") => {
            failure(Reason::NotEnabled, "it does not know the command")
        }
        Some("ERR") if says("AUTH") => failure(
            Reason::Auth,
            "it has no password for this account: set username, or no password",
        ),
        // A code is one word of capitals.
        Some(code) if code.len() <= 32 && code.bytes().all(|byte| byte.is_ascii_uppercase()) => {
            unavailable(&format!("it answers with the error {code}"))
        }
        _ => unavailable("it answers with an error"),
    }
}

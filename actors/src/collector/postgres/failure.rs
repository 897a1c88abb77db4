//! What an error of PostgreSQL means, in our own words: of what it says itself only the code is looked
//! at.

use std::{error::Error as _, io};

use tokio_postgres::{Error, error::SqlState};

use crate::{
    collector::Reason,
    net::{Failure, route::handshake},
};

/// What became of a question.
pub(super) fn of(error: &Error) -> Failure {
    let failure = |reason, detail: &str| Failure::new(reason, detail);
    let Some(code) = error.code() else {
        return of_connection(error);
    };
    let known = [
        (
            SqlState::INVALID_PASSWORD,
            Reason::Auth,
            "name or password is wrong: set username and password",
        ),
        (
            SqlState::INVALID_AUTHORIZATION_SPECIFICATION,
            Reason::Auth,
            "the account may not connect: see pg_hba.conf, perhaps it wants ?sslmode=require",
        ),
        (
            SqlState::INVALID_CATALOG_NAME,
            Reason::Sql,
            "the database of the URL does not exist",
        ),
        (
            SqlState::TOO_MANY_CONNECTIONS,
            Reason::Unavailable,
            "it has as many connections as it takes: max_connections",
        ),
        (
            SqlState::CANNOT_CONNECT_NOW,
            Reason::Unavailable,
            "it is starting, stopping or recovering",
        ),
        (
            SqlState::ADMIN_SHUTDOWN,
            Reason::Unavailable,
            "it is stopping, or our connection was ended",
        ),
        (
            SqlState::INSUFFICIENT_PRIVILEGE,
            Reason::LowPrivilege,
            "the account may not: GRANT pg_monitor TO it",
        ),
        (
            SqlState::QUERY_CANCELED,
            Reason::Timeout,
            "the question took too long and was ended",
        ),
        (
            SqlState::OBJECT_NOT_IN_PREREQUISITE_STATE,
            Reason::NotEnabled,
            "add pg_stat_statements to shared_preload_libraries",
        ),
    ];
    match known.into_iter().find(|(known, ..)| known == code) {
        Some((_, reason, detail)) => failure(reason, detail),
        None => failure(
            Reason::Sql,
            &format!("it answers with the error {}", code.code()),
        ),
    }
}

fn of_connection(error: &Error) -> Failure {
    let failure = |reason, detail: &str| Failure::new(reason, detail);
    let source = error.source();
    let within = source.and_then(|source| source.downcast_ref::<io::Error>());
    // The crate has no other way to tell its own errors.
    match &*error.to_string() {
        "error performing TLS handshake" => match within {
            Some(error) => failure(Reason::Tls, &handshake(error)),
            None => failure(
                Reason::Tls,
                "it does not speak TLS: see ssl in postgresql.conf",
            ),
        },
        "invalid configuration" => failure(Reason::Auth, "it asks for a password: set password"),
        "authentication error" => failure(
            Reason::Auth,
            "it asks who we are in a way that is not known here",
        ),
        "error communicating with the server" | "connection closed" => {
            failure(Reason::Connect, "the server hung up")
        }
        _ => failure(Reason::Parse, "what was answered is not of PostgreSQL"),
    }
}

//! Where PostgreSQL is: `postgres://postgres:5432/app?sslmode=require`.

use std::{fmt, str::FromStr};

use crate::net::{Endpoint, EndpointError};

const PORT: u16 = 5432;
const DATABASE: &str = "postgres";

/// A server, the database that is connected to, and whether TLS is spoken.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PostgresUrl {
    endpoint: Endpoint,
    database: String,
    tls: bool,
}

/// What is wrong with a URL, as a predicate of what was written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PostgresUrlError {
    /// Another scheme, or none.
    #[error("does not begin with postgres:// or postgresql://")]
    Scheme,
    /// A user before the host.
    #[error("names a user (set username and password by themselves)")]
    User,
    /// No name of a database.
    #[error("names no database of 1 to 63 letters, digits and -._")]
    Database,
    /// Something else than how TLS is used. Certificates are always verified.
    #[error("has other parameters than sslmode=disable or sslmode=require")]
    Parameter,
    /// Something with the host or the port.
    #[error(transparent)]
    Endpoint(EndpointError),
}

impl PostgresUrl {
    /// Whether it is asked over TLS.
    pub fn is_tls(&self) -> bool {
        self.tls
    }

    /// Where the connection goes.
    pub fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    pub(super) fn database(&self) -> &str {
        &self.database
    }
}

impl FromStr for PostgresUrl {
    type Err = PostgresUrlError;

    fn from_str(text: &str) -> Result<Self, PostgresUrlError> {
        let (scheme, rest) = text.split_once("://").ok_or(PostgresUrlError::Scheme)?;
        if !["postgres", "postgresql"].contains(&&*scheme.to_ascii_lowercase()) {
            return Err(PostgresUrlError::Scheme);
        }
        let (rest, parameters) = rest.split_once('?').unwrap_or((rest, ""));
        let tls = match parameters {
            "" | "sslmode=disable" => false,
            "sslmode=require" | "sslmode=verify-full" => true,
            _ => return Err(PostgresUrlError::Parameter),
        };
        let (host, database) = rest.split_once('/').unwrap_or((rest, ""));
        if host.contains('@') {
            return Err(PostgresUrlError::User);
        }
        let database = if database.is_empty() {
            DATABASE
        } else {
            database
        };
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
        if database.len() > 63 || !database.bytes().all(plain) {
            return Err(PostgresUrlError::Database);
        }
        let endpoint = match host.parse() {
            Err(EndpointError::NoPort(host)) => format!("{host}:{PORT}").parse(),
            parsed => parsed,
        };
        Ok(PostgresUrl {
            endpoint: endpoint.map_err(PostgresUrlError::Endpoint)?,
            database: database.to_owned(),
            tls,
        })
    }
}

impl fmt::Display for PostgresUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "postgres://{}/{}", self.endpoint, self.database)?;
        match self.tls {
            true => f.write_str("?sslmode=require"),
            false => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_url_is_kept_in_one_form() {
        for (text, kept) in [
            ("postgres://Db", "postgres://db:5432/postgres"),
            ("postgresql://db:1/", "postgres://db:1/postgres"),
            (
                "postgres://[::1]/app?sslmode=verify-full",
                "postgres://[::1]:5432/app?sslmode=require",
            ),
            (
                "postgres://db/My-App?sslmode=disable",
                "postgres://db:5432/My-App",
            ),
        ] {
            let url: PostgresUrl = text.parse().unwrap();
            assert_eq!(url.to_string(), kept);
        }
    }

    #[test]
    fn what_is_none_is_named() {
        for (text, expected) in [
            ("db:5432", PostgresUrlError::Scheme),
            ("mysql://db", PostgresUrlError::Scheme),
            ("postgres://app:secret@db/app", PostgresUrlError::User),
            ("postgres://db/a b", PostgresUrlError::Database),
            (
                "postgres://db/app?sslmode=prefer",
                PostgresUrlError::Parameter,
            ),
            (
                "postgres:///app",
                PostgresUrlError::Endpoint(EndpointError::Host),
            ),
        ] {
            assert_eq!(text.parse::<PostgresUrl>(), Err(expected), "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(rest in "[a-zA-Z0-9.:/\\[\\]-]{0,40}(\\?sslmode=require)?") {
            if let Ok(url) = format!("postgres://{rest}").parse::<PostgresUrl>() {
                prop_assert_eq!(url.to_string().parse::<PostgresUrl>(), Ok(url));
            }
        }
    }
}

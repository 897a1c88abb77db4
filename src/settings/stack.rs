//! The names that all services of the stack know: `IRIS_HOST` and the like, `IRIS_USERNAME`,
//! `REDIS_PASSWORD`. Those of IRIS speak of the instance `main`.

use std::ffi::OsStr;

use vitals_actors::net::Endpoint;

use super::problem::Fault;
use super::table::{Finding, Reading};
use super::value::{Entries, Place, insert};

/// A variable that names a host, perhaps with a port, and the key of the URL that is meant.
struct Host {
    variable: &'static str,
    key: &'static str,
    scheme: &'static str,
    /// Where the variable names none.
    port: u16,
}

/// The port of an IRIS is that of its private web server.
const HOSTS: [Host; 3] = [
    Host {
        variable: "IRIS_HOST",
        key: "iris.main.url",
        scheme: "http",
        port: 52773,
    },
    Host {
        variable: "REDIS_HOST",
        key: "redis.url",
        scheme: "redis",
        port: 6379,
    },
    Host {
        variable: "GRAFANA_HOST",
        key: "grafana.url",
        scheme: "http",
        port: 3000,
    },
];
/// What the keys of that instance begin with.
const MAIN: &str = "iris.main.";

/// Further variables, and their keys.
const OTHERS: [(&str, &str); 6] = [
    ("IRIS_USERNAME", "iris.main.username"),
    ("IRIS_PASSWORD", "iris.main.password"),
    ("IRIS_PASSWORD_FILE", "iris.main.password_file"),
    ("REDIS_USERNAME", "redis.username"),
    ("REDIS_PASSWORD", "redis.password"),
    ("REDIS_PASSWORD_FILE", "redis.password_file"),
];

/// What these variables say; empty ones say nothing, as `${X:-}` gives them.
#[derive(Debug, Default)]
pub(super) struct Stack {
    /// Variable, key, and what it says of that.
    said: Vec<(&'static str, &'static str, String)>,
}

impl Stack {
    /// Whether it is one of these.
    pub(super) fn take(&mut self, variable: &str, value: &OsStr, reading: &mut Reading) -> bool {
        let host = HOSTS.iter().find(|host| host.variable == variable);
        let other = || OTHERS.iter().find(|(other, _)| *other == variable);
        let Some((variable, key)) = host
            .map(|host| (host.variable, host.key))
            .or_else(|| other().copied())
        else {
            return false;
        };
        let text = match value.to_str() {
            Some("") => return true,
            Some(text) => host.map_or(Ok(text.to_owned()), |host| host.url(text)),
            None => Err(Fault::NotText),
        };
        match text {
            Ok(text) => self.said.push((variable, key, text)),
            Err(fault) => {
                let place = Place::Variable(variable.to_owned());
                reading.findings.push((place, Finding::Fault(fault)));
            }
        }
        true
    }

    /// As a layer. `IRIS_USERNAME` and the like are said of an instance `main` only; without one they
    /// are somebody else's.
    pub(super) fn entries(self, has_main: bool) -> Entries {
        let mut entries = Entries::new();
        let has_main = has_main || self.said.iter().any(|(_, key, _)| *key == HOSTS[0].key);
        for (variable, key, text) in self.said {
            if has_main || !key.starts_with(MAIN) {
                let place = Place::Variable(variable.to_owned());
                insert(&mut entries, key, place, text);
            }
        }
        entries
    }
}

impl Host {
    /// The URL of a host, with a port or without.
    fn url(&self, host: &str) -> Result<String, Fault> {
        let (scheme, port) = (self.scheme, self.port);
        let endpoint = host.parse::<Endpoint>();
        let endpoint = endpoint.or_else(|_| format!("{host}:{port}").parse::<Endpoint>());
        endpoint
            .map(|endpoint| format!("{scheme}://{endpoint}"))
            .map_err(|error| {
                let example = self.variable.trim_end_matches("_HOST").to_lowercase();
                let reason = format!(
                    "{error}; allowed: a host, or a host and a port, such as \"{example}:{port}\""
                );
                Fault::Token { reason }
            })
    }
}

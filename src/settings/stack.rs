//! The names that all services of the stack know: `IRIS_HOST` and the like, for the instance `main`.

use std::ffi::OsStr;

use vitals_actors::net::Endpoint;

use super::problem::Fault;
use super::table::{Finding, Reading};
use super::value::{Entries, Place, insert};

/// What they are called here. The port is that of IRIS's private web server.
const IRIS: &str = "iris.main";
const IRIS_PORT: u16 = 52773;

/// What these variables say; empty ones say nothing, as `${X:-}` gives them.
#[derive(Debug, Default)]
pub(super) struct Stack {
    /// Below [`IRIS`], each with its variable.
    iris: Vec<(&'static str, &'static str, String)>,
}

impl Stack {
    /// Whether it is one of these.
    pub(super) fn take(&mut self, variable: &str, value: &OsStr, reading: &mut Reading) -> bool {
        let (variable, key) = match variable {
            "IRIS_HOST" => ("IRIS_HOST", "url"),
            "IRIS_USERNAME" => ("IRIS_USERNAME", "username"),
            "IRIS_PASSWORD" => ("IRIS_PASSWORD", "password"),
            "IRIS_PASSWORD_FILE" => ("IRIS_PASSWORD_FILE", "password_file"),
            _ => return false,
        };
        let place = || Place::Variable(variable.to_owned());
        match value.to_str() {
            Some("") => {}
            Some(text) => self.iris.push((variable, key, text.to_owned())),
            None => reading
                .findings
                .push((place(), Finding::Fault(Fault::NotText))),
        }
        true
    }

    /// As a layer. `IRIS_USERNAME` and the like are said of an instance `main` only; without one they
    /// are somebody else's.
    pub(super) fn entries(self, has_main: bool, reading: &mut Reading) -> Entries {
        let mut entries = Entries::new();
        let has_main = has_main || self.iris.iter().any(|(_, key, _)| *key == "url");
        for (variable, key, text) in self.iris.into_iter().filter(|_| has_main) {
            let place = Place::Variable(variable.to_owned());
            let text = match key {
                "url" => match url(&text) {
                    Ok(url) => url,
                    Err(reason) => {
                        let fault = Fault::Token { reason };
                        reading.findings.push((place, Finding::Fault(fault)));
                        continue;
                    }
                },
                _ => text,
            };
            insert(&mut entries, &format!("{IRIS}.{key}"), place, text);
        }
        entries
    }
}

/// The URL of a host, with a port or without.
fn url(host: &str) -> Result<String, String> {
    let endpoint = host.parse::<Endpoint>();
    let endpoint = endpoint.or_else(|_| format!("{host}:{IRIS_PORT}").parse::<Endpoint>());
    let endpoint = endpoint.map_err(|error| {
        format!("{error}; allowed: a host, or a host and a port, such as \"iris:{IRIS_PORT}\"")
    });
    endpoint.map(|endpoint| format!("http://{endpoint}"))
}

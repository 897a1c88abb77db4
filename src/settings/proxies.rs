//! `HTTP_PROXY`, `HTTPS_PROXY` and `NO_PROXY`, which all programs of a machine follow.

use std::ffi::OsStr;

use vitals_actors::http::{Proxies, Proxy};

use super::problem::Fault;
use super::table::{Finding, Reading};
use super::value::Place;

/// In capitals, which go before the same name in small letters.
const NAMES: [&str; 3] = ["HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY"];
const ALLOWED: &str =
    "\"http://proxy:3128\", with \"user:password@\" before the host if it asks who we are";

/// What these variables say; empty ones say nothing.
#[derive(Debug, Default)]
pub(super) struct ProxyVariables {
    /// In the order of [`NAMES`]: the variable as it was written, and what it says.
    said: [Option<(String, String)>; 3],
}

impl ProxyVariables {
    /// Whether it is one of these.
    pub(super) fn take(&mut self, variable: &str, value: &OsStr, reading: &mut Reading) -> bool {
        let is_known = |name: &&str| variable == *name || variable == name.to_lowercase();
        let Some(at) = NAMES.iter().position(is_known) else {
            return false;
        };
        match value.to_str() {
            Some("") => {}
            Some(text) if variable == NAMES[at] || self.said[at].is_none() => {
                self.said[at] = Some((variable.to_owned(), text.to_owned()));
            }
            Some(_) => {}
            None => {
                let place = Place::Variable(variable.to_owned());
                reading
                    .findings
                    .push((place, Finding::Fault(Fault::NotText)));
            }
        }
        true
    }

    /// What they mean.
    pub(super) fn proxies(self, reading: &mut Reading) -> Proxies {
        let [http, https, direct] = self.said;
        let mut proxy = |said: Option<(String, String)>| {
            let (variable, text) = said?;
            // Not shown: there may be a password in it.
            text.parse::<Proxy>()
                .map_err(|error| {
                    let reason = format!("{error}; allowed: {ALLOWED}");
                    let place = Place::Variable(variable);
                    let fault = Finding::Fault(Fault::Token { reason });
                    reading.findings.push((place, fault));
                })
                .ok()
        };
        let (http, https) = (proxy(http), proxy(https));
        let direct = direct.map(|(_, text)| text).unwrap_or_default();
        Proxies::new(http, https, &direct)
    }
}

#[cfg(test)]
mod tests {
    use super::super::load;
    use super::*;

    fn read(variables: &[(&str, &str)]) -> (Proxies, usize) {
        let mut reading = load::known();
        let mut taken = ProxyVariables::default();
        for (variable, value) in variables {
            assert!(taken.take(variable, value.as_ref(), &mut reading));
        }
        let proxies = taken.proxies(&mut reading);
        (proxies, reading.findings.len())
    }

    fn of(proxies: &Proxies, url: &str) -> Option<String> {
        let proxy = proxies.of(&url.parse().unwrap());
        proxy.map(ToString::to_string)
    }

    #[test]
    fn capitals_go_first_and_empty_says_nothing() {
        for variables in [
            [("HTTP_PROXY", "one:1"), ("http_proxy", "two:2")],
            [("http_proxy", "two:2"), ("HTTP_PROXY", "one:1")],
            [("http_proxy", "one:1"), ("HTTP_PROXY", "")],
        ] {
            let (proxies, findings) = read(&variables);
            assert_eq!(of(&proxies, "http://iris").unwrap(), "http://one:1");
            assert_eq!((of(&proxies, "https://iris"), findings), (None, 0));
        }
        let (proxies, _) = read(&[("HTTPS_PROXY", "one:1"), ("no_proxy", "iris")]);
        assert_eq!(of(&proxies, "https://iris"), None);
        assert!(of(&proxies, "https://portal").is_some());
    }

    #[test]
    fn what_is_no_proxy_is_a_finding() {
        let (proxies, findings) = read(&[("HTTPS_PROXY", "socks5://me:secret@proxy:1080")]);
        assert_eq!((of(&proxies, "https://iris"), findings), (None, 1));
    }
}

//! Where a server is: `http://iris:52773/prefix`.

use std::{fmt, str::FromStr};

use crate::net::{Endpoint, EndpointError};

/// Scheme, host, port, and a path that all others are below.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct BaseUrl {
    tls: bool,
    endpoint: Endpoint,
    /// Whether the port was written, for showing it.
    port_shown: bool,
    /// Empty, or with a slash in front and none behind.
    path: String,
}

/// What is wrong with a URL, as a predicate of what was written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UrlError {
    /// Another scheme, or none.
    #[error("does not begin with http:// or https://")]
    Scheme,
    /// A user before the host.
    #[error("names a user (set username and password by themselves)")]
    User,
    /// A question mark or a number sign.
    #[error("has more than a path behind its host")]
    Query,
    /// The path has characters that must be written otherwise.
    #[error("has a path with other characters than letters, digits and -._~%/")]
    Path,
    /// A path or a query that cannot be asked for as it is.
    #[error("has characters behind its host that must be written as %XX, or too many of them")]
    Page,
    /// Something with the host or the port.
    #[error(transparent)]
    Endpoint(EndpointError),
}

/// The longest path.
const LONGEST_PATH: usize = 512;

impl BaseUrl {
    /// Whether it is asked over TLS.
    pub fn is_tls(&self) -> bool {
        self.tls
    }

    /// Where the connection goes.
    pub fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// The path of a resource below it. `path` begins with a slash.
    pub(crate) fn path(&self, path: &str) -> String {
        format!("{}{path}", self.path)
    }

    /// The same server, asked over no TLS on a port of its own, as `IRIS_HOST` means it.
    pub fn plain(endpoint: Endpoint) -> Self {
        BaseUrl {
            tls: false,
            endpoint,
            port_shown: true,
            path: String::new(),
        }
    }
}

impl FromStr for BaseUrl {
    type Err = UrlError;

    fn from_str(text: &str) -> Result<Self, UrlError> {
        let (tls, rest) = match text.split_once("://") {
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("http") => (false, rest),
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("https") => (true, rest),
            _ => return Err(UrlError::Scheme),
        };
        if rest.contains(['?', '#']) {
            return Err(UrlError::Query);
        }
        let (host, path) = match rest.find('/') {
            Some(at) => rest.split_at(at),
            None => (rest, ""),
        };
        if host.contains('@') {
            return Err(UrlError::User);
        }
        let (endpoint, port_shown) = match host.parse::<Endpoint>() {
            Ok(endpoint) => (endpoint, true),
            Err(EndpointError::NoPort(host)) => {
                let port = if tls { 443 } else { 80 };
                let endpoint = format!("{host}:{port}").parse();
                (endpoint.map_err(UrlError::Endpoint)?, false)
            }
            Err(error) => return Err(UrlError::Endpoint(error)),
        };
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~%/".contains(&byte);
        if !path.bytes().all(plain) || path.len() > LONGEST_PATH {
            return Err(UrlError::Path);
        }
        Ok(BaseUrl {
            tls,
            endpoint,
            port_shown,
            path: path.trim_end_matches('/').to_owned(),
        })
    }
}

impl fmt::Display for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.tls { "https" } else { "http" };
        if self.port_shown {
            write!(f, "{scheme}://{}{}", self.endpoint, self.path)
        } else {
            write!(f, "{scheme}://{}{}", self.endpoint.host(), self.path)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_kept_in_one_form() {
        for (text, kept, port) in [
            ("http://iris:52773", "http://iris:52773", 52773),
            ("http://iris:52773/", "http://iris:52773", 52773),
            (
                "HTTPS://Iris.Example/csp/x/",
                "https://iris.example/csp/x",
                443,
            ),
            ("http://[::1]", "http://[::1]", 80),
            ("https://192.0.2.1:443", "https://192.0.2.1:443", 443),
        ] {
            let url: BaseUrl = text.parse().unwrap();
            assert_eq!(
                (url.to_string().as_str(), url.endpoint().port()),
                (kept, port)
            );
        }
        let url: BaseUrl = "http://iris/one".parse().unwrap();
        assert_eq!(url.path("/api"), "/one/api");
    }

    #[test]
    fn what_is_wrong_is_told_with_its_remedy() {
        for (text, expected) in [
            ("iris:52773", "does not begin with http:// or https://"),
            ("ftp://iris", "does not begin with http:// or https://"),
            (
                "http://a:b@iris",
                "names a user (set username and password by themselves)",
            ),
            ("http://iris?x", "has more than a path behind its host"),
            (
                "http://iris/a b",
                "has a path with other characters than letters, digits and -._~%/",
            ),
            (
                "http://",
                "does not begin with the name or the address of a host",
            ),
            ("http://iris:0", "has no port from 1 to 65535"),
        ] {
            let error = text.parse::<BaseUrl>().unwrap_err();
            assert_eq!(error.to_string(), expected, "{text}");
        }
    }
}

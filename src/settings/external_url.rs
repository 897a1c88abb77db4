//! The URL users find Vitals at.

use std::fmt;
use std::str::FromStr;

use url::Url;

use super::route_prefix::{PrefixError, RoutePrefix};
use super::setting::{Setting, parse};
use super::value::Value;

/// An `http` or `https` URL with a host and perhaps a path, and nothing else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ExternalUrl {
    url: Url,
    prefix: RoutePrefix,
}

/// What is wrong with the URL, as a predicate.
#[derive(Debug, thiserror::Error)]
pub(crate) enum UrlError {
    #[error("is not a URL ({0})")]
    Syntax(#[from] url::ParseError),
    #[error("is neither http nor https")]
    Scheme,
    #[error("has more than a scheme, a host, a port and a path")]
    TooMuch,
    #[error("has a path that {0}")]
    Path(#[from] PrefixError),
}

impl ExternalUrl {
    /// The host a browser names for it; lower case.
    pub(crate) fn host(&self) -> &str {
        self.url.host_str().unwrap_or_default()
    }

    /// Its path without a slash at the end; empty for none.
    pub(crate) fn path(&self) -> &str {
        self.prefix.as_str()
    }
}

impl fmt::Display for ExternalUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.url.fmt(f)
    }
}

impl FromStr for ExternalUrl {
    type Err = UrlError;

    fn from_str(text: &str) -> Result<Self, UrlError> {
        let url = Url::parse(text)?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(UrlError::Scheme);
        }
        let more = [url.query(), url.fragment(), url.password()];
        if more.iter().any(Option::is_some) || !url.username().is_empty() {
            return Err(UrlError::TooMuch);
        }
        let prefix = url.path().parse()?;
        Ok(ExternalUrl { url, prefix })
    }
}

impl Setting for ExternalUrl {
    const WHAT: &'static str = "a URL, such as \"https://monitor.example/vitals\"";

    fn read(value: &Value) -> Result<Self, String> {
        parse(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_a_host_and_a_path() {
        for (text, host, path) in [
            ("http://monitor:9090", "monitor", ""),
            (
                "https://Monitor.Example/vitals/",
                "monitor.example",
                "/vitals",
            ),
            ("http://[::1]:9090/a/b", "[::1]", "/a/b"),
        ] {
            let url: ExternalUrl = text.parse().unwrap();
            assert_eq!((url.host(), url.path()), (host, path), "{text}");
        }
        for text in [
            "",
            "monitor",
            "monitor:9090",
            "/vitals",
            "ftp://monitor/",
            "http://",
            "http://a:b@monitor/",
            "http://monitor/?a=b",
            "http://monitor/#a",
            "http://monitor/a b",
            "http://monitor/a//b",
        ] {
            assert!(text.parse::<ExternalUrl>().is_err(), "{text}");
        }
    }
}

//! Where one page is: `http://app:8080/actuator/prometheus?names=all`.

use std::{fmt, str::FromStr};

use super::{BaseUrl, UrlError};

/// The longest path and query together.
const LONGEST: usize = 1_024;

/// A server, and the path and the query of one of its pages, kept as they were written.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PageUrl {
    server: BaseUrl,
    /// Begins with a slash.
    path: String,
}

impl PageUrl {
    /// Scheme, host and port.
    pub fn server(&self) -> &BaseUrl {
        &self.server
    }

    /// Path and query.
    pub fn path(&self) -> &str {
        &self.path
    }
}

impl FromStr for PageUrl {
    type Err = UrlError;

    fn from_str(text: &str) -> Result<Self, UrlError> {
        let host = text.find("://").map_or(0, |at| at + 3);
        let path = text
            .get(host..)
            .and_then(|rest| rest.find(['/', '?', '#']))
            .map_or(text.len(), |at| host + at);
        let (server, path) = text.split_at(path);
        let server: BaseUrl = server.parse()?;
        let plain = |byte: u8| byte.is_ascii_graphic() && !b"\"#<>\\^`{|}".contains(&byte);
        if !path.bytes().all(plain) || path.len() > LONGEST {
            return Err(UrlError::Page);
        }
        let path = match path.strip_prefix('/') {
            Some(_) => path.to_owned(),
            None => format!("/{path}"),
        };
        Ok(PageUrl { server, path })
    }
}

impl fmt::Display for PageUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.server, self.path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn path_and_query_are_kept_as_they_are() {
        for (text, kept) in [
            ("http://app:8080/health/", "http://app:8080/health/"),
            ("http://app", "http://app/"),
            ("https://App?a=b", "https://app/?a=b"),
            (
                "http://app/p?target=http://x:1/&module=y%20z[]",
                "http://app/p?target=http://x:1/&module=y%20z[]",
            ),
        ] {
            let url: PageUrl = text.parse().unwrap();
            assert_eq!(url.to_string(), kept);
            assert_eq!(kept.parse(), Ok(url));
        }
    }

    #[test]
    fn what_is_none_is_named() {
        for (text, expected) in [
            ("app/metrics", UrlError::Scheme),
            ("http://a:b@app/", UrlError::User),
            ("http://app/a b", UrlError::Page),
            ("http://app/#top", UrlError::Page),
            ("http://app/\u{e4}", UrlError::Page),
        ] {
            assert_eq!(text.parse::<PageUrl>(), Err(expected), "{text}");
        }
    }
}

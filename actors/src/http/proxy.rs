//! Proxies between here and the servers that are asked over HTTP, as `HTTP_PROXY`, `HTTPS_PROXY` and
//! `NO_PROXY` name them. The rules are those of Go's `httpproxy`, which the tools around us follow.

use std::{
    fmt,
    net::{IpAddr, Ipv6Addr},
    str::FromStr,
    sync::Arc,
};

use super::{BaseUrl, Credentials, Trust};
use crate::net::{Endpoint, EndpointError, Host};

/// How servers are asked over HTTP: whose certificates are believed, and through which proxies.
#[derive(Clone, Debug, Default)]
pub struct Outward {
    /// Of the servers themselves, also behind a proxy.
    pub trust: Trust,
    /// The way there.
    pub proxies: Proxies,
}

/// A proxy that is spoken to over plain HTTP.
#[derive(Clone, PartialEq, Eq)]
pub struct Proxy {
    endpoint: Endpoint,
    /// `Basic …`
    authorization: Option<String>,
}

/// What is wrong with the URL of a proxy, as a predicate of what was written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProxyError {
    /// Another scheme: TLS to the proxy itself, or SOCKS.
    #[error("is of another kind of proxy than http://")]
    Scheme,
    /// Something behind host and port.
    #[error("has a path behind its host")]
    Path,
    /// User or password are not percent-encoded UTF-8.
    #[error("has a user that is not written as %XX has it")]
    User,
    /// Something with the host or the port.
    #[error(transparent)]
    Endpoint(EndpointError),
}

impl Proxy {
    /// Where it is.
    pub fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// Who we are to it.
    pub(crate) fn authorization(&self) -> Option<&str> {
        self.authorization.as_deref()
    }
}

/// Where it is, and nothing of who we are there.
impl fmt::Display for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "http://{}", self.endpoint)
    }
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Proxy {
    type Err = ProxyError;

    /// `http://user:password@proxy:3128`; without a scheme http is meant, without a port 80.
    fn from_str(text: &str) -> Result<Self, ProxyError> {
        let rest = match text.split_once("://") {
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("http") => rest,
            Some(_) => return Err(ProxyError::Scheme),
            None => text,
        };
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        let (user, host) = match rest.rsplit_once('@') {
            Some((user, host)) => (Some(user), host),
            None => (None, rest),
        };
        if host.contains(['/', '?', '#']) {
            return Err(ProxyError::Path);
        }
        let endpoint = match host.parse::<Endpoint>() {
            Err(EndpointError::NoPort(host)) => format!("{host}:80").parse(),
            parsed => parsed,
        };
        let authorization = user.map(authorization).transpose()?;
        Ok(Proxy {
            endpoint: endpoint.map_err(ProxyError::Endpoint)?,
            authorization,
        })
    }
}

fn authorization(user: &str) -> Result<String, ProxyError> {
    let (username, password) = user.split_once(':').unwrap_or((user, ""));
    let credentials = Credentials::Basic {
        username: decoded(username)?,
        password: decoded(password)?,
    };
    Ok(credentials.header())
}

/// What is written with `%XX`.
fn decoded(text: &str) -> Result<String, ProxyError> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let mut digit = || (rest.next()? as char).to_digit(16);
        let (Some(high), Some(low)) = (digit(), digit()) else {
            return Err(ProxyError::User);
        };
        bytes.push((high * 16 + low) as u8);
    }
    String::from_utf8(bytes).map_err(|_| ProxyError::User)
}

/// Which server is asked through which proxy. Its clones are one.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Proxies(Arc<Inner>);

#[derive(Debug, Default, PartialEq)]
struct Inner {
    http: Option<Proxy>,
    https: Option<Proxy>,
    direct: Vec<Direct>,
}

impl Proxies {
    /// `direct` as `NO_PROXY` has it: names with all below them (`example.org`, `.example.org` for those
    /// below alone), addresses, networks (`10.0.0.0/8`), each perhaps with a port, or `*`; with commas
    /// between. What is none of them is passed over, as everybody does.
    pub fn new(http: Option<Proxy>, https: Option<Proxy>, direct: &str) -> Self {
        let direct = direct.split(',').map(str::trim).filter_map(Direct::of);
        Proxies(Arc::new(Inner {
            http,
            https,
            direct: direct.collect(),
        }))
    }

    /// The one on the way to a server; `None`: none is. This machine itself is always asked directly.
    pub fn of(&self, url: &BaseUrl) -> Option<&Proxy> {
        let proxy = match url.is_tls() {
            true => self.0.https.as_ref(),
            false => self.0.http.as_ref(),
        };
        let to = url.endpoint();
        proxy.filter(|_| !is_here(to.host()) && !self.0.direct.iter().any(|one| one.covers(to)))
    }

    /// Those there are: the one for `http`, and the one for `https`.
    pub fn all(&self) -> [(&'static str, Option<&Proxy>); 2] {
        [
            ("http", self.0.http.as_ref()),
            ("https", self.0.https.as_ref()),
        ]
    }
}

fn is_here(host: &Host) -> bool {
    match host {
        Host::Name(name) => name == "localhost",
        Host::Address(address) => address.to_canonical().is_loopback(),
    }
}

/// An entry of `NO_PROXY`.
#[derive(Debug, PartialEq)]
enum Direct {
    All,
    /// Begins with a dot; whether the name without it is meant, too.
    Below {
        name: String,
        and_itself: bool,
        port: Option<u16>,
    },
    Address(IpAddr, Option<u16>),
    Network(IpAddr, u32),
}

impl Direct {
    fn of(text: &str) -> Option<Self> {
        if text == "*" {
            return Some(Direct::All);
        }
        if let Some((address, bits)) = text.split_once('/') {
            let address: IpAddr = address.parse().ok()?;
            let most = if address.is_ipv4() { 32 } else { 128 };
            let bits = bits.parse().ok().filter(|bits| *bits <= most)?;
            return Some(Direct::Network(address, bits));
        }
        if let Ok(address) = text.parse::<Ipv6Addr>() {
            return Some(Direct::Address(address.into(), None));
        }
        let (host, port) = match text.rsplit_once(':') {
            Some((host, port)) => (host, Some(port.parse().ok()?)),
            None => (text, None),
        };
        let host = host.trim_start_matches('[').trim_end_matches(']');
        if let Ok(address) = host.parse() {
            return Some(Direct::Address(address, port));
        }
        let host = host.strip_prefix('*').unwrap_or(host).to_ascii_lowercase();
        let and_itself = !host.starts_with('.');
        let name = host.trim_matches('.');
        (!name.is_empty()).then(|| Direct::Below {
            name: format!(".{name}"),
            and_itself,
            port,
        })
    }

    fn covers(&self, to: &Endpoint) -> bool {
        let is_at = |port: &Option<u16>| port.is_none_or(|port| port == to.port());
        match (self, to.host()) {
            (Direct::All, _) => true,
            (
                Direct::Below {
                    name,
                    and_itself,
                    port,
                },
                Host::Name(host),
            ) => {
                is_at(port)
                    && (host.ends_with(name.as_str())
                        || *and_itself && name.strip_prefix('.') == Some(host.as_str()))
            }
            (Direct::Address(address, port), Host::Address(host)) => {
                is_at(port) && address.to_canonical() == host.to_canonical()
            }
            (Direct::Network(network, bits), Host::Address(host)) => {
                is_within(host.to_canonical(), *network, *bits)
            }
            _ => false,
        }
    }
}

/// Whether the first `bits` of both are the same.
fn is_within(host: IpAddr, network: IpAddr, bits: u32) -> bool {
    let differ = match (host, network) {
        (IpAddr::V4(host), IpAddr::V4(network)) => {
            u128::from(u32::from(host) ^ u32::from(network)) << 96
        }
        (IpAddr::V6(host), IpAddr::V6(network)) => u128::from(host) ^ u128::from(network),
        _ => return false,
    };
    differ.leading_zeros() >= bits
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proxy_is_read_with_who_we_are_and_shown_without() {
        for (text, shown, authorization) in [
            ("http://proxy:3128", "http://proxy:3128", None),
            ("proxy:3128/", "http://proxy:3128", None),
            ("HTTP://Proxy.", "http://proxy:80", None),
            ("http://[::1]:8080", "http://[::1]:8080", None),
            (
                "http://me:p%40ss@proxy:3128",
                "http://proxy:3128",
                Some("Basic bWU6cEBzcw=="),
            ),
            ("me@proxy:1", "http://proxy:1", Some("Basic bWU6")),
        ] {
            let proxy: Proxy = text.parse().unwrap();
            assert_eq!(format!("{proxy} {proxy:?}"), format!("{shown} {shown}"));
            assert_eq!(proxy.authorization(), authorization, "{text}");
        }
    }

    #[test]
    fn what_is_none_is_refused() {
        for (text, expected) in [
            ("https://proxy:3128", ProxyError::Scheme),
            ("socks5://proxy:1080", ProxyError::Scheme),
            ("http://proxy:3128/pac", ProxyError::Path),
            ("http://a%4:b@proxy:1", ProxyError::User),
            ("http://%ff@proxy:1", ProxyError::User),
            ("http://", ProxyError::Endpoint(EndpointError::Host)),
            ("http://proxy:0", ProxyError::Endpoint(EndpointError::Port)),
        ] {
            assert_eq!(text.parse::<Proxy>(), Err(expected), "{text}");
        }
    }

    #[test]
    fn who_is_asked_directly() {
        let proxy = || Some("http://proxy:3128".parse().unwrap());
        let is_direct = |url: &str, direct: &str| {
            let proxies = Proxies::new(proxy(), proxy(), direct);
            proxies.of(&url.parse().unwrap()).is_none()
        };
        for (url, direct) in [
            ("http://localhost:1", ""),
            ("http://127.0.0.9", ""),
            ("https://[::1]", ""),
            ("http://iris", "*"),
            ("http://iris", "redis, iris"),
            ("http://iris", "IRIS"),
            ("http://iris.example.org", "example.org"),
            ("http://iris.example.org", ".example.org"),
            ("http://iris.example.org", "*.example.org"),
            ("http://iris:52773", "iris:52773"),
            ("http://10.1.2.3", "10.0.0.0/8"),
            ("http://10.1.2.3", "10.1.2.3"),
            ("http://[fd00::1]:80", "fd00::1"),
            ("http://[fd00::1]:80", "[fd00::1]:80"),
            ("http://[fd00::1]", "fd00::/8"),
            ("http://1.2.3.4", "0.0.0.0/0"),
        ] {
            assert!(is_direct(url, direct), "{url} with {direct:?}");
        }
        for (url, direct) in [
            ("http://iris", ""),
            ("http://iris", "ris"),
            ("http://iris", ".iris"),
            ("http://example.org", ".example.org"),
            ("http://badexample.org", "example.org"),
            ("http://iris:80", "iris:52773"),
            ("http://iris", "iris:x"),
            ("http://11.1.2.3", "10.0.0.0/8"),
            ("http://10.1.2.3", "10.0.0.0/33"),
            ("http://[fd00::1]", "0.0.0.0/0"),
            ("http://10.1.2.3", "10"),
            ("http://iris", ",,"),
        ] {
            assert!(!is_direct(url, direct), "{url} with {direct:?}");
        }
    }

    #[test]
    fn each_scheme_has_its_own() {
        let url = |text: &str| text.parse::<BaseUrl>().unwrap();
        let proxies = Proxies::new(None, Some("secure:1".parse().unwrap()), "");
        assert_eq!(proxies.of(&url("http://iris")), None);
        let found = proxies.of(&url("https://iris")).unwrap();
        assert_eq!(found.endpoint().to_string(), "secure:1");
    }
}

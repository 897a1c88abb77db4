//! `host:port`: where a TCP connection goes.

use std::{
    fmt,
    net::{IpAddr, Ipv6Addr},
    str::FromStr,
};

/// The longest name DNS has.
const LONGEST: usize = 253;

/// A host and a port.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Endpoint {
    host: Host,
    /// 1 to 65535.
    port: u16,
}

/// A host, by name or by address.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Host {
    /// To be looked up: lower case, letters, digits, hyphens, underscores and dots.
    Name(String),
    /// IPv4 or IPv6.
    Address(IpAddr),
}

/// What is wrong with an endpoint, as a predicate of what was written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EndpointError {
    /// It is a URL.
    #[error("is a URL (write host and port alone)")]
    Url,
    /// There is nothing behind the host.
    #[error("names no port (write \"{0}:6379\")")]
    NoPort(String),
    /// What is behind the colon is no port.
    #[error("has no port from 1 to 65535")]
    Port,
    /// An IPv6 address must be told from its port.
    #[error("has an IPv6 address without brackets (write \"[::1]:6379\")")]
    Brackets,
    /// What is before the colon is no host.
    #[error("does not begin with the name or the address of a host")]
    Host,
}

impl Endpoint {
    /// Its host.
    pub fn host(&self) -> &Host {
        &self.host
    }

    /// Its port, 1 to 65535.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The name to look up; empty for an address.
    pub(crate) fn name(&self) -> &str {
        match &self.host {
            Host::Name(name) => name,
            Host::Address(_) => "",
        }
    }
}

impl FromStr for Endpoint {
    type Err = EndpointError;

    fn from_str(text: &str) -> Result<Self, EndpointError> {
        if text.contains("//") {
            return Err(EndpointError::Url);
        }
        if text.parse::<Ipv6Addr>().is_ok() {
            return Err(EndpointError::Brackets);
        }
        let Some((host, port)) = text.rsplit_once(':').filter(|_| !text.ends_with(']')) else {
            let host = text.parse::<Named>().map_err(|_| EndpointError::Host)?;
            return Err(EndpointError::NoPort(host.0.to_string()));
        };
        let Named(host) = host.parse()?;
        let digits = !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
        let port = port.parse().ok().filter(|&port| port > 0 && digits);
        let port = port.ok_or(EndpointError::Port)?;
        Ok(Endpoint { host, port })
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.host, self.port)
    }
}

/// A host as it stands before a port.
struct Named(Host);

impl FromStr for Named {
    type Err = EndpointError;

    fn from_str(text: &str) -> Result<Self, EndpointError> {
        if let Some(inner) = text.strip_prefix('[').and_then(|t| t.strip_suffix(']')) {
            let address = inner.parse::<Ipv6Addr>();
            return match address {
                Ok(address) => Ok(Named(Host::Address(address.into()))),
                Err(_) => Err(EndpointError::Host),
            };
        }
        if text.contains(':') {
            return Err(EndpointError::Brackets);
        }
        if let Ok(address) = text.parse() {
            return Ok(Named(Host::Address(IpAddr::V4(address))));
        }
        let name = text.strip_suffix('.').unwrap_or(text);
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
        let label = |label: &str| !label.is_empty() && label.bytes().all(plain);
        // What ends with a number is an address, and not a good one.
        let number = |label: &str| label.bytes().all(|byte| byte.is_ascii_digit());
        let is_name = name.len() <= LONGEST
            && name.split('.').all(label)
            && !name.rsplit('.').next().is_some_and(number);
        match is_name {
            true => Ok(Named(Host::Name(name.to_ascii_lowercase()))),
            false => Err(EndpointError::Host),
        }
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Host::Name(name) => f.write_str(name),
            Host::Address(IpAddr::V4(address)) => write!(f, "{address}"),
            Host::Address(IpAddr::V6(address)) => write!(f, "[{address}]"),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_endpoint_is_kept_in_one_form() {
        for (text, kept) in [
            ("redis:6379", "redis:6379"),
            ("IRIS.Example.:1972", "iris.example:1972"),
            ("my_iris-1:52773", "my_iris-1:52773"),
            ("192.0.2.1:80", "192.0.2.1:80"),
            ("[::1]:65535", "[::1]:65535"),
            ("[2001:DB8:0::1]:1", "[2001:db8::1]:1"),
        ] {
            assert_eq!(text.parse::<Endpoint>().unwrap().to_string(), kept);
        }
    }

    #[test]
    fn what_is_wrong_is_told_with_its_remedy() {
        for (text, expected) in [
            ("redis", "names no port (write \"redis:6379\")"),
            ("[::1]", "names no port (write \"[::1]:6379\")"),
            (
                "::1",
                "has an IPv6 address without brackets (write \"[::1]:6379\")",
            ),
            (
                "fe80::1:80x",
                "has an IPv6 address without brackets (write \"[::1]:6379\")",
            ),
            ("redis:", "has no port from 1 to 65535"),
            ("redis:0", "has no port from 1 to 65535"),
            ("redis:65536", "has no port from 1 to 65535"),
            ("redis:+80", "has no port from 1 to 65535"),
            ("redis://redis:6379", "is a URL (write host and port alone)"),
            (
                ":6379",
                "does not begin with the name or the address of a host",
            ),
            ("", "does not begin with the name or the address of a host"),
            (
                "a..b:80",
                "does not begin with the name or the address of a host",
            ),
            (
                "a b:80",
                "does not begin with the name or the address of a host",
            ),
            (
                "1.2.3:80",
                "does not begin with the name or the address of a host",
            ),
            (
                "1.2.3.400:80",
                "does not begin with the name or the address of a host",
            ),
            (
                "[redis]:80",
                "does not begin with the name or the address of a host",
            ),
        ] {
            assert_eq!(
                text.parse::<Endpoint>().unwrap_err().to_string(),
                expected,
                "{text}"
            );
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(text in "[a-z0-9.:\\[\\]-]{0,30}", wild in ".{0,30}") {
            for text in [text, wild] {
                if let Ok(endpoint) = text.parse::<Endpoint>() {
                    prop_assert_eq!(endpoint.to_string().parse::<Endpoint>(), Ok(endpoint));
                }
            }
        }
    }
}

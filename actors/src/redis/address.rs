//! Where Redis is: `redis://redis:6379`, `rediss+sentinel://one:26379,two:26379/mymaster`,
//! `redis+cluster://one:6379,two:6379`.

use std::{fmt, str::FromStr};

use crate::net::{Endpoint, EndpointError};

/// Servers that are named in one URL.
const MOST_ENDPOINTS: usize = 16;
const PORT: u16 = 6379;
const SENTINEL_PORT: u16 = 26379;

/// Servers, what they are to each other, and whether TLS is spoken with them.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RedisUrl {
    tls: bool,
    topology: Topology,
    /// One or more; of a server exactly one.
    endpoints: Vec<Endpoint>,
}

/// What the servers of a URL are.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Topology {
    /// Redis itself.
    Server,
    /// Sentinels, who know where the master of this name is.
    Sentinel {
        /// As `sentinel monitor` calls it.
        master: String,
    },
    /// Some of the nodes of a Cluster, which know the others.
    Cluster,
}

/// What is wrong with a URL, as a predicate of what was written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RedisUrlError {
    /// Another scheme, or none.
    #[error("does not begin with redis://, rediss://, redis+sentinel:// or redis+cluster://")]
    Scheme,
    /// A user before the host.
    #[error("names a user (set username and password by themselves)")]
    User,
    /// No name of a master behind the Sentinels.
    #[error("names no master of 1 to 64 letters, digits and -._ (redis+sentinel://host/mymaster)")]
    Master,
    /// Something behind the host.
    #[error("has more behind its host than belongs there")]
    Rest,
    /// More than one server, or too many.
    #[error(
        "names more than one server (that is redis+sentinel:// or redis+cluster://), or more than 16"
    )]
    Several,
    /// Something with a host or a port.
    #[error(transparent)]
    Endpoint(EndpointError),
}

impl RedisUrl {
    /// Whether it is asked over TLS.
    pub fn is_tls(&self) -> bool {
        self.tls
    }

    /// The servers that are named.
    pub fn endpoints(&self) -> &[Endpoint] {
        &self.endpoints
    }

    /// What they are.
    pub fn topology(&self) -> &Topology {
        &self.topology
    }

    /// One server, asked over no TLS.
    pub fn plain(endpoint: Endpoint) -> Self {
        RedisUrl {
            tls: false,
            topology: Topology::Server,
            endpoints: vec![endpoint],
        }
    }
}

impl FromStr for RedisUrl {
    type Err = RedisUrlError;

    fn from_str(text: &str) -> Result<Self, RedisUrlError> {
        let (scheme, rest) = text.split_once("://").ok_or(RedisUrlError::Scheme)?;
        let scheme = scheme.to_ascii_lowercase();
        let (tls, kind) = match scheme.split_once('+') {
            Some((base, kind)) => (base, kind),
            None => (&*scheme, ""),
        };
        let tls = match tls {
            "redis" => false,
            "rediss" => true,
            _ => return Err(RedisUrlError::Scheme),
        };
        let (hosts, path) = match rest.find(['/', '?', '#']) {
            Some(at) => rest.split_at(at),
            None => (rest, ""),
        };
        if hosts.contains('@') {
            return Err(RedisUrlError::User);
        }
        let path = path.strip_prefix('/').unwrap_or(path);
        let (topology, port) = match kind {
            "" => (Topology::Server, PORT),
            "cluster" => (Topology::Cluster, PORT),
            "sentinel" => {
                let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
                let is_name = (1..=64).contains(&path.len()) && path.bytes().all(plain);
                let master = is_name.then(|| path.to_owned());
                let master = master.ok_or(RedisUrlError::Master)?;
                (Topology::Sentinel { master }, SENTINEL_PORT)
            }
            _ => return Err(RedisUrlError::Scheme),
        };
        if kind != "sentinel" && !path.is_empty() {
            return Err(RedisUrlError::Rest);
        }
        let endpoints = hosts.split(',').map(|host| endpoint(host, port));
        let endpoints = endpoints.collect::<Result<Vec<_>, _>>()?;
        let most = match topology {
            Topology::Server => 1,
            _ => MOST_ENDPOINTS,
        };
        if endpoints.len() > most {
            return Err(RedisUrlError::Several);
        }
        Ok(RedisUrl {
            tls,
            topology,
            endpoints,
        })
    }
}

fn endpoint(text: &str, port: u16) -> Result<Endpoint, RedisUrlError> {
    let endpoint = match text.parse() {
        Err(EndpointError::NoPort(host)) => format!("{host}:{port}").parse(),
        parsed => parsed,
    };
    endpoint.map_err(RedisUrlError::Endpoint)
}

impl fmt::Display for RedisUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.tls { "rediss" } else { "redis" };
        let (kind, path) = match &self.topology {
            Topology::Server => ("", ""),
            Topology::Cluster => ("+cluster", ""),
            Topology::Sentinel { master } => ("+sentinel", &**master),
        };
        let endpoints: Vec<_> = self.endpoints.iter().map(ToString::to_string).collect();
        write!(f, "{scheme}{kind}://{}", endpoints.join(","))?;
        match path {
            "" => Ok(()),
            path => write!(f, "/{path}"),
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
            ("redis://redis", "redis://redis:6379"),
            (
                "REDISS://Redis.Example:6380/",
                "rediss://redis.example:6380",
            ),
            ("redis://[::1]", "redis://[::1]:6379"),
            (
                "redis+sentinel://a,b:1/my-master",
                "redis+sentinel://a:26379,b:1/my-master",
            ),
            (
                "rediss+cluster://a,b,c",
                "rediss+cluster://a:6379,b:6379,c:6379",
            ),
        ] {
            let url: RedisUrl = text.parse().unwrap();
            assert_eq!(url.to_string(), kept);
        }
    }

    #[test]
    fn what_is_none_is_named() {
        for (text, expected) in [
            ("redis:6379", RedisUrlError::Scheme),
            ("http://redis", RedisUrlError::Scheme),
            ("redis+proxy://redis", RedisUrlError::Scheme),
            ("redis://:secret@redis", RedisUrlError::User),
            ("redis://one,two", RedisUrlError::Several),
            ("redis://redis/0", RedisUrlError::Rest),
            ("redis+cluster://redis?x", RedisUrlError::Rest),
            ("redis+sentinel://redis", RedisUrlError::Master),
            ("redis+sentinel://redis/a b", RedisUrlError::Master),
            ("redis://", RedisUrlError::Endpoint(EndpointError::Host)),
        ] {
            assert_eq!(text.parse::<RedisUrl>(), Err(expected), "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(
            scheme in "rediss?(\\+sentinel|\\+cluster)?", rest in "[a-z0-9.:,/\\[\\]-]{0,40}",
        ) {
            if let Ok(url) = format!("{scheme}://{rest}").parse::<RedisUrl>() {
                prop_assert_eq!(url.to_string().parse::<RedisUrl>(), Ok(url));
            }
        }
    }
}

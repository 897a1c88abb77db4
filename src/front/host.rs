//! Which hosts a request may name. A page of another site can make a browser send requests here under
//! a name of its own (DNS rebinding); it cannot make it send an address.

use std::net::{Ipv4Addr, Ipv6Addr};

use crate::settings::{Server, is_host_name};

/// A host as a request names it, without the port.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Host<'a> {
    /// An IP address.
    Address,
    /// Anything else that can be a name, without a dot at its end.
    Name(&'a str),
}

impl<'a> Host<'a> {
    /// From `host` or `host:port`; `None` if it is neither.
    pub(crate) fn of(authority: &'a str) -> Option<Self> {
        if let Some(rest) = authority.strip_prefix('[') {
            let (address, port) = rest.split_once(']')?;
            address.parse::<Ipv6Addr>().ok()?;
            return is_port(port).then_some(Host::Address);
        }
        let at = authority.find(':').unwrap_or(authority.len());
        let (host, port) = authority.split_at(at);
        if !is_port(port) {
            return None;
        }
        if host.parse::<Ipv4Addr>().is_ok() {
            return Some(Host::Address);
        }
        let name = host.strip_suffix('.').unwrap_or(host);
        is_host_name(name).then_some(Host::Name(name))
    }
}

/// Nothing, or a colon and perhaps a number.
fn is_port(text: &str) -> bool {
    let digits = |port: &str| port.len() <= 5 && port.bytes().all(|byte| byte.is_ascii_digit());
    text.is_empty() || text.strip_prefix(':').is_some_and(digits)
}

/// Whether a request that names this authority is meant for us. `machine` is the name of the machine,
/// perhaps with its domain.
pub(crate) fn is_ours(authority: &str, settings: &Server, machine: &str) -> bool {
    let name = match Host::of(authority) {
        Some(Host::Address) => return true,
        Some(Host::Name(name)) => name,
        None => return false,
    };
    let short = machine.split('.').next().unwrap_or_default();
    let external = settings.external_url.as_ref().map(|url| url.host());
    let hosts = settings.hosts.iter().map(|host| host.as_str());
    ["localhost", machine, short]
        .into_iter()
        .chain(external)
        .chain(hosts)
        .any(|ours| !ours.is_empty() && ours.eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_an_address_or_a_name() {
        for (authority, host) in [
            ("127.0.0.1", Some(Host::Address)),
            ("192.0.2.7:9090", Some(Host::Address)),
            ("[::1]", Some(Host::Address)),
            ("[2001:db8::1]:9090", Some(Host::Address)),
            ("localhost:9090", Some(Host::Name("localhost"))),
            ("monitor.example.", Some(Host::Name("monitor.example"))),
            ("a_b:", Some(Host::Name("a_b"))),
            // Not addresses, whatever some browsers think of them.
            ("127.1", Some(Host::Name("127.1"))),
            ("0x7f000001", Some(Host::Name("0x7f000001"))),
            ("::1", None),
            ("[::1", None),
            ("[::1]x", None),
            ("[127.0.0.1]", None),
            ("", None),
            (":9090", None),
            (".", None),
            ("a..b", None),
            ("a:b", None),
            ("a:999999", None),
            ("a:1:2", None),
            ("user@localhost", None),
            ("localhost/", None),
            ("localhost, evil.example", None),
            ("loc alhost", None),
            ("löcalhost", None),
        ] {
            assert_eq!(Host::of(authority), host, "{authority}");
        }
        assert_eq!(Host::of(&"a".repeat(254)), None);
    }

    #[test]
    fn ours_are_addresses_and_the_names_we_know() {
        let settings = Server {
            external_url: "https://Monitor.Example/vitals".parse().ok(),
            hosts: vec!["Other.Example".parse().unwrap()],
            ..Server::default()
        };
        let machine = "Node7.cluster.example";
        for ours in [
            "127.0.0.1:9090",
            "[::1]:1",
            "192.0.2.1",
            "LOCALHOST:9090",
            "localhost.",
            "node7",
            "node7.cluster.example:80",
            "monitor.example",
            "other.example:443",
        ] {
            assert!(is_ours(ours, &settings, machine), "{ours}");
        }
        for foreign in [
            "",
            "evil.example",
            "evil.example:9090",
            "localhost.evil.example",
            "127.0.0.1.evil.example",
            "127.0.0.1.nip.io",
            "evillocalhost",
            "cluster.example",
            "node8",
        ] {
            assert!(!is_ours(foreign, &settings, machine), "{foreign}");
        }
        assert!(!is_ours("", &Server::default(), ""));
    }
}

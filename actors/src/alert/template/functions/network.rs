//! Addresses: of hosts, and of this Vitals.

use std::net::IpAddr;

use super::escape::query_escaped;
use super::{Answer, Call};

pub(super) fn external_url(call: &Call) -> Answer {
    let [] = call.exactly()?;
    Ok(call.with.external_url.to_owned().into())
}

pub(super) fn path_prefix(call: &Call) -> Answer {
    let [] = call.exactly()?;
    let after_scheme = call
        .with
        .external_url
        .split_once("://")
        .map_or("", |(_, rest)| rest);
    let path = after_scheme.find('/').map_or("", |at| &after_scheme[at..]);
    Ok(path.to_owned().into())
}

pub(super) fn graph_link(call: &Call) -> Answer {
    link(call, 0)
}

pub(super) fn table_link(call: &Call) -> Answer {
    link(call, 1)
}

fn link(call: &Call, tab: u8) -> Answer {
    let [expression] = call.exactly()?;
    let expression = query_escaped(call.text(expression)?);
    Ok(format!("/graph?g0.expr={expression}&g0.tab={tab}").into())
}

pub(super) fn strip_port(call: &Call) -> Answer {
    let [address] = call.exactly()?;
    let address = call.text(address)?;
    Ok(split(address)
        .map_or(address, |(host, _)| host)
        .to_owned()
        .into())
}

pub(super) fn strip_domain(call: &Call) -> Answer {
    let [address] = call.exactly()?;
    let address = call.text(address)?;
    let (host, port) = match split(address) {
        Some((host, port)) => (host, Some(port)),
        None => (address, None),
    };
    let name = match host.parse::<IpAddr>() {
        Ok(_) => return Ok(address.to_owned().into()),
        Err(_) => host.split('.').next().unwrap_or(host),
    };
    Ok(match port {
        Some(port) => format!("{name}:{port}").into(),
        None => name.to_owned().into(),
    })
}

/// Host and port, where there is a port.
fn split(address: &str) -> Option<(&str, &str)> {
    if let Some(rest) = address.strip_prefix('[') {
        let (host, after) = rest.split_once(']')?;
        return Some((host, after.strip_prefix(':')?));
    }
    let (host, port) = address.rsplit_once(':')?;
    (!host.contains(':')).then_some((host, port))
}

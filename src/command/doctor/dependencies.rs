//! What Vitals depends on: whether it is reached from here, and what the service found of it.

use std::{
    net::{SocketAddr, TcpStream, ToSocketAddrs},
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use serde_json::Value;
use vitals_actors::net::Endpoint;

use super::Finding;
use crate::{collectors::connections, command::running, settings::Settings};

/// To look a name up, and to connect.
const DEADLINE: Duration = Duration::from_secs(5);
/// Of `/health`.
const LONGEST: usize = 4 << 20;

pub(super) fn examine(settings: &Settings) -> Vec<Finding> {
    let endpoints = connections(settings);
    if endpoints.is_empty() {
        let detail = "none is configured";
        let remedy = "set IRIS_HOST, REDIS_HOST, GRAFANA_HOST, or sections of the settings file";
        return vec![Finding::warn("dependencies", detail, remedy)];
    }
    let mut findings = reached(endpoints);
    findings.extend(found(settings));
    findings
}

/// All at once: each may take its whole deadline.
fn reached(endpoints: Vec<Endpoint>) -> Vec<Finding> {
    let (tell, told) = mpsc::channel();
    let mut asked: Vec<(Endpoint, Option<Finding>)> = Vec::new();
    for (at, endpoint) in endpoints.into_iter().enumerate() {
        let (tell, to) = (tell.clone(), endpoint.to_string());
        // A thread of its own: a resolver may take half a minute.
        thread::spawn(move || tell.send((at, connect(&to))));
        asked.push((endpoint, None));
    }
    drop(tell);
    let until = Instant::now() + DEADLINE + Duration::from_secs(1);
    while let Ok((at, finding)) = told.recv_timeout(until.saturating_duration_since(Instant::now()))
    {
        if let Some((_, slot)) = asked.get_mut(at) {
            *slot = Some(finding);
        }
    }
    let late = |endpoint: Endpoint| {
        let remedy = "the name server does not answer: see /etc/resolv.conf";
        Finding::fail(
            format!("connect {endpoint}"),
            "its name is not known in time",
            remedy,
        )
    };
    let all = asked.into_iter();
    all.map(|(endpoint, finding)| finding.unwrap_or_else(|| late(endpoint)))
        .collect()
}

fn connect(to: &str) -> Finding {
    let check = format!("connect {to}");
    let addresses: Vec<SocketAddr> = match to.to_socket_addrs() {
        Ok(addresses) => addresses.collect(),
        Err(_) => {
            let remedy = "correct the name, or the name server";
            return Finding::fail(check, "the name is not known", remedy);
        }
    };
    let mut why = "the name has no address".to_owned();
    for address in addresses {
        let began = Instant::now();
        match TcpStream::connect_timeout(&address, DEADLINE) {
            Ok(_) => {
                let ms = began.elapsed().as_secs_f64() * 1e3;
                return Finding::ok(check, format!("{ms:.1} ms"));
            }
            Err(error) => why = format!("{address}: {error}"),
        }
    }
    Finding::fail(
        check,
        why,
        "start it, correct host and port, or open the firewall",
    )
}

/// What the service says of each collector.
fn found(settings: &Settings) -> Vec<Finding> {
    let address = running::reachable(settings.server.address);
    let Ok(answer) = running::get(address, "/health", LONGEST) else {
        return Vec::new(); // said already
    };
    let health: Value = serde_json::from_str(&answer.body).unwrap_or_default();
    let mut findings = Vec::new();
    for (name, checks) in health["checks"].as_object().into_iter().flatten() {
        let Some(collector) = name.strip_suffix(":up") else {
            continue;
        };
        for check in checks.as_array().into_iter().flatten() {
            let output = check["output"].as_str();
            let is_up = check["observedValue"].as_f64() == Some(1.0);
            findings.push(match (output, is_up) {
                (None, _) => Finding::ok(collector, "measured"),
                (Some(output), true) => Finding::warn(collector, output, remedy(output)),
                (Some(output), false) => Finding::fail(collector, output, remedy(output)),
            });
        }
    }
    for note in health["notes"].as_array().into_iter().flatten() {
        let note = note.as_str().unwrap_or_default();
        findings.push(Finding::warn(
            "simulated",
            note,
            "it is a demo; else correct the URL",
        ));
    }
    findings
}

/// By the reason, which stands in brackets behind what happened.
fn remedy(output: &str) -> &'static str {
    let reasons = output.rsplit('(').filter_map(|part| part.split(')').next());
    let known = reasons.filter_map(|reason| {
        Some(match reason {
            "dns" => "correct the name, or the name server",
            "connect" => "start it, correct host and port, or open the firewall",
            "timeout" => "it hangs or is overloaded; else give it more time: [collect] timeout",
            "tls" => "renew its certificate, or name who has signed it: ca_file",
            "auth" => "correct username and password of this source, or the files they are in",
            "forbidden" | "low_privilege" => "give the account the rights the text names",
            "licence" => "end sessions that nobody uses, or get more licence units",
            "unavailable" => "look into its own log",
            "http" | "redirect" | "not_prometheus" | "parse" => "look what is behind the URL",
            "truncated" | "too_large" => "look what is behind the URL, and between here and there",
            "disabled" | "not_enabled" => "switch it on there",
            "sql" => "look into its own log; the code in the text says why",
            _ => return None,
        })
    });
    known
        .into_iter()
        .next()
        .unwrap_or("the text says which part is missing")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reason_says_what_to_do() {
        let output = "redis://r:6379: name or password (or both) is wrong (auth), since 2026-11-25T18:00:00Z";
        assert!(remedy(output).contains("username and password"));
        assert!(remedy("127.0.0.1:1: Connection refused (connect)").starts_with("start it"));
        assert_eq!(remedy("?"), "the text says which part is missing");
    }
}

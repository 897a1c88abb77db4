//! What the running service answers on its routes.

use std::{io, net::SocketAddr};

use exposition::read::{Limits, read};
use serde_json::Value;

use super::{Finding, Verdict};
use crate::{
    command::running::{self, Answer},
    settings::Settings,
};

/// Of an answer.
const LONGEST: usize = 64 << 20;
/// An answer that takes longer is worth a word.
const SLOW_MS: u128 = 500;
const NOT_THERE: &str = "start it (vitals serve), or name its address: --listen, --config";
const LOG: &str = "look into the log of Vitals";

/// The page of metrics too, if there is one.
pub(super) fn examine(settings: &Settings) -> (Vec<Finding>, Option<String>) {
    let address = running::reachable(settings.server.address);
    let prefix = settings.server.prefix();
    let get = |path: &str| running::get(address, path, LONGEST);

    let health = match get("/health") {
        Ok(answer) => answer,
        Err(error) => return (vec![silent(address, &error)], None),
    };
    let mut findings = vec![of_health(&health)];
    let readiness = get("/readyz");
    findings.push(plain(
        "/readyz",
        readiness,
        "text/plain",
        "it is starting, or stopping: wait",
    ));
    let metrics = get(&format!("{prefix}/metrics"));
    let page = metrics.as_ref().ok().filter(|answer| answer.is_good());
    let page = page.map(|answer| answer.body.clone());
    findings.push(of_metrics(metrics));
    findings.push(of_summary(get(&format!("{prefix}/summary"))));
    findings.push(of_tree(get(&format!("{prefix}/vitals/v1/tree"))));
    let federate = get(&format!("{prefix}/federate?match[]=up"));
    findings.push(plain("/federate", federate, "text/plain", LOG));
    let query = get(&format!("{prefix}/api/v1/query?query=1"));
    findings.push(plain("/api/v1/query", query, "application/json", LOG));
    let openapi = get(&format!("{prefix}/openapi.json"));
    findings.push(plain("/openapi.json", openapi, "application/json", LOG));
    (findings, page)
}

fn silent(address: SocketAddr, error: &io::Error) -> Finding {
    let detail = format!("{address} does not answer: {error}");
    Finding::fail("service", detail, NOT_THERE)
}

/// An answer of 200 and of this type.
fn good(path: &str, answer: io::Result<Answer>, kind: &str) -> Result<Answer, Box<Finding>> {
    let check = || format!("GET {path}");
    let fail = |detail: String| Box::new(Finding::fail(check(), detail, LOG));
    let answer = answer.map_err(|error| fail(error.to_string()))?;
    if !answer.is_good() {
        return Err(fail(format!("answers {}", answer.status)));
    }
    if answer.content_type != kind {
        return Err(fail(format!("is {}, not {kind}", answer.content_type)));
    }
    Ok(answer)
}

fn told(path: &str, answer: &Answer, what: &str) -> Finding {
    let ms = answer.took.as_millis();
    let (check, detail) = (format!("GET {path}"), format!("200 in {ms} ms{what}"));
    if ms > SLOW_MS {
        let remedy = "the machine is overloaded, or the container has too little CPU";
        return Finding::warn(check, detail, remedy);
    }
    Finding::ok(check, detail)
}

fn plain(path: &str, answer: io::Result<Answer>, kind: &str, remedy: &str) -> Finding {
    match good(path, answer, kind) {
        Ok(answer) => told(path, &answer, ""),
        Err(finding) => Finding {
            remedy: Some(remedy.to_owned()),
            ..*finding
        },
    }
}

fn of_health(answer: &Answer) -> Finding {
    let health: Value = serde_json::from_str(&answer.body).unwrap_or_default();
    let said = |key: &str| health[key].as_str().unwrap_or_default().to_owned();
    let output = said("output");
    match &*said("status") {
        "pass" => told("/health", answer, ", pass"),
        "warn" => {
            let remedy = "see the dependencies below";
            Finding::warn("GET /health", format!("warn: {output}"), remedy)
        }
        "fail" => Finding::fail("GET /health", format!("fail: {output}"), LOG),
        _ => {
            let remedy = "another program holds the address: see [server] address";
            let detail = format!("answers {}, and is not Vitals", answer.status);
            Finding::fail("GET /health", detail, remedy)
        }
    }
}

fn of_metrics(answer: io::Result<Answer>) -> Finding {
    let answer = match good("/metrics", answer, "text/plain") {
        Ok(answer) => answer,
        Err(finding) => return *finding,
    };
    let outcome = read(answer.body.as_bytes(), &Limits::default(), |_| {});
    if outcome.dropped.total() > 0 || outcome.samples == 0 {
        let detail = format!(
            "{} samples, {} bad lines",
            outcome.samples,
            outcome.dropped.total()
        );
        return Finding::fail("GET /metrics", detail, "report it: this should not be");
    }
    told(
        "/metrics",
        &answer,
        &format!(", {} samples", outcome.samples),
    )
}

fn of_summary(answer: io::Result<Answer>) -> Finding {
    let answer = match good("/summary", answer, "application/json") {
        Ok(answer) => answer,
        Err(finding) => return *finding,
    };
    let summary: Value = serde_json::from_str(&answer.body).unwrap_or_default();
    let coverage = &summary["coverage"];
    let count = |key: &str| coverage[key].as_u64().unwrap_or_default();
    let (known, of) = (count("known"), count("of"));
    let what = format!(", {known} of {of} targets known");
    if known == of {
        return told("/summary", &answer, &what);
    }
    let unknown = summary["targets"].as_array().into_iter().flatten();
    let unknown = unknown.filter(|target| target["status"] == "no_data");
    let why: Vec<_> = unknown
        .map(|target| {
            let text = |key: &str| target[key].as_str().unwrap_or_default();
            format!("{}: {}", text("id"), text("hint"))
        })
        .collect();
    Finding {
        verdict: Verdict::Warn,
        remedy: Some(why.join("; ")),
        ..told("/summary", &answer, &what)
    }
}

fn of_tree(answer: io::Result<Answer>) -> Finding {
    let path = "/vitals/v1/tree";
    let answer = match good(path, answer, "application/json") {
        Ok(answer) => answer,
        Err(finding) => return *finding,
    };
    let root: Value = serde_json::from_str(&answer.body).unwrap_or_default();
    let (mut all, mut not_running) = (0, Vec::new());
    let mut nodes = vec![&root];
    while let Some(node) = nodes.pop() {
        all += 1;
        let text = |key: &str| node[key].as_str().unwrap_or_default();
        if text("state") != "running" {
            not_running.push(format!("{} {}", text("name"), text("state")));
        }
        nodes.extend(node["children"].as_array().into_iter().flatten());
    }
    if not_running.is_empty() {
        return told(path, &answer, &format!(", {all} actors run"));
    }
    Finding::fail(format!("GET {path}"), not_running.join(", "), LOG)
}

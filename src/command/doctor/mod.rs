//! `vitals doctor`: examines a running Vitals and the place it runs at: its answers, what it depends on,
//! what it may read and write, the clock and the disk. A verdict per line, and what to do about it.

mod answers;
mod clock;
mod dependencies;
mod figures;
mod place;

use std::{fmt::Write, process::ExitCode};

use serde::Serialize;
use serde_json::json;

use super::print;
use crate::{cli::Output, exit_code, settings::Settings};

/// Ordered from good to bad.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
enum Verdict {
    Ok,
    Warn,
    Fail,
}

/// What was found of one thing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct Finding {
    /// What was looked at: `GET /metrics`, `iris/main`.
    check: String,
    verdict: Verdict,
    /// What was seen.
    detail: String,
    /// What to do, where something is wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    remedy: Option<String>,
}

impl Finding {
    fn new(
        verdict: Verdict,
        check: impl Into<String>,
        detail: impl Into<String>,
        remedy: Option<&str>,
    ) -> Self {
        Finding {
            check: check.into(),
            verdict,
            detail: detail.into(),
            remedy: remedy.map(str::to_owned),
        }
    }

    fn ok(check: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::new(Verdict::Ok, check, detail, None)
    }

    fn warn(check: impl Into<String>, detail: impl Into<String>, remedy: &str) -> Self {
        Self::new(Verdict::Warn, check, detail, Some(remedy))
    }

    fn fail(check: impl Into<String>, detail: impl Into<String>, remedy: &str) -> Self {
        Self::new(Verdict::Fail, check, detail, Some(remedy))
    }
}

/// Exit code 0 where nothing has failed, else 1. Warnings are no failures.
pub(crate) fn run(settings: &Settings, output: Output) -> ExitCode {
    let (mut findings, page) = answers::examine(settings);
    if let Some(page) = &page {
        findings.extend(figures::examine(settings, page));
    }
    findings.extend(dependencies::examine(settings));
    findings.extend(place::examine(settings));
    findings.push(clock::examine(settings));
    let worst = findings.iter().map(|finding| finding.verdict).max();
    let is_well = worst != Some(Verdict::Fail);
    match output {
        Output::Text => print(&text(&findings)),
        Output::Json => {
            let answer = json!({ "ok": is_well, "checks": findings });
            print(&format!("{answer:#}\n"));
        }
    }
    if is_well {
        ExitCode::SUCCESS
    } else {
        exit_code::FAILED.into()
    }
}

fn text(findings: &[Finding]) -> String {
    let mut text = String::new();
    // Writing to a string cannot fail.
    for finding in findings {
        let verdict = match finding.verdict {
            Verdict::Ok => "ok  ",
            Verdict::Warn => "warn",
            Verdict::Fail => "FAIL",
        };
        let _ = writeln!(text, "{verdict}  {:<24} {}", finding.check, finding.detail);
        if let Some(remedy) = &finding.remedy {
            let _ = writeln!(text, "      {:<24} -> {remedy}", "");
        }
    }
    let count = |verdict| {
        findings
            .iter()
            .filter(|finding| finding.verdict == verdict)
            .count()
    };
    let (ok, warn, fail) = (
        count(Verdict::Ok),
        count(Verdict::Warn),
        count(Verdict::Fail),
    );
    let _ = writeln!(text, "\n{ok} ok, {warn} warnings, {fail} failed");
    text
}

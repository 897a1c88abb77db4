//! What there is to say of the rules, and their unit tests.

use std::{
    fmt::Write as _,
    io::{self, Write as _},
    path::PathBuf,
    process::ExitCode,
};

use promql::Matcher;
use serde::Serialize;
use serde_json::json;
use vitals_actors::alert::{
    rules::RuleSet,
    unit_tests::{self, Outcome},
};

use crate::{alerting, cli::Output, command::print, exit_code, settings::Settings};

/// What runs, and what is hardly meant.
#[derive(Serialize)]
pub(super) struct Rules {
    pub(super) files: Vec<String>,
    pub(super) count: usize,
    pub(super) remarks: Vec<String>,
}

impl Rules {
    pub(super) fn of(settings: &Settings, set: &RuleSet) -> Self {
        let mut remarks: Vec<_> = set.remarks().iter().map(ToString::to_string).collect();
        let may_match = |selector: &[Matcher]| alerting::may_match(settings, selector);
        remarks.extend(
            set.dead_selectors(&may_match)
                .iter()
                .map(ToString::to_string),
        );
        Rules {
            files: set.files.clone(),
            count: set.rules().count(),
            remarks,
        }
    }
}

/// Exit code 0 if all is as expected, 1 if not, 2 where a file cannot be read.
pub(super) fn test(settings: &Settings, output: Output, files: &[PathBuf]) -> ExitCode {
    let engine = alerting::engine(settings);
    let mut code = ExitCode::SUCCESS;
    let mut told = Vec::new();
    let mut text = String::new();
    for file in files {
        let name = file.display();
        match unit_tests::run(file, &engine) {
            Ok(outcome) => {
                if !outcome.passed() && code == ExitCode::SUCCESS {
                    code = exit_code::FAILED.into();
                }
                let Outcome {
                    comparisons,
                    failures,
                    unmatched,
                } = outcome;
                let failures: Vec<_> = failures.iter().map(ToString::to_string).collect();
                let verdict = if failures.is_empty() { "ok" } else { "failed" };
                let _ = writeln!(text, "{verdict:<6} {name}: {comparisons} compared");
                for failure in &failures {
                    let _ = writeln!(text, "  {failure}");
                }
                for pattern in &unmatched {
                    let _ = writeln!(text, "  {pattern} matches no rule file");
                }
                told.push(json!({
                    "file": name.to_string(),
                    "ok": failures.is_empty(),
                    "compared": comparisons,
                    "failures": failures,
                    "unmatched": unmatched,
                }));
            }
            Err(error) => {
                code = exit_code::USAGE.into();
                let _ = writeln!(io::stderr(), "{error}");
            }
        }
    }
    match output {
        Output::Text => print(&text),
        Output::Json => print(&format!("{:#}\n", json!({ "tests": told }))),
    }
    code
}

//! What there is to say of the rules, and their unit tests.

use std::{
    fmt::Write as _,
    io::{self, Write as _},
    path::PathBuf,
    process::ExitCode,
};

use promql::{METRIC_NAME, Matcher, Test};
use serde::Serialize;
use serde_json::json;
use vitals_actors::alert::{
    built_in::RULES,
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
        let is_built_in = set.files.iter().any(|file| file == RULES[0].name);
        if !is_built_in {
            let dead = set.dead_selectors(&|selector| may_match(settings, selector));
            remarks.extend(dead.iter().map(ToString::to_string));
        }
        Rules {
            files: set.files.clone(),
            count: set.rules().count(),
            remarks,
        }
    }
}

/// Whether a selector may match something with these settings. Where others give the names, it may.
fn may_match(settings: &Settings, selector: &[Matcher]) -> bool {
    let name = selector.iter().find_map(|matcher| match matcher.test() {
        Test::Equal(name) if matcher.label() == METRIC_NAME => Some(name.as_str()),
        _ => None,
    });
    let Some(name) = name else { return true };
    let has_any = |prefix: &str, is_there: bool| name.starts_with(prefix).then_some(is_there);
    let of_source = [
        has_any("iris_", !settings.iris.is_empty()),
        has_any("vitals_iris_", !settings.iris.is_empty()),
        has_any("vitals_hl7_interface_", !settings.interface.is_empty()),
        has_any("vitals_hl7_", !settings.iris.is_empty()),
        has_any("vitals_redis_", settings.redis.url.is_some()),
        has_any("vitals_grafana_", settings.grafana.url.is_some()),
        has_any("vitals_postgres_", !settings.postgres.is_empty()),
        has_any("node_", settings.system.node_exporter),
        has_any("vitals_", true),
        has_any("process_", true),
    ];
    let known = of_source.into_iter().flatten().next();
    // What applications and other endpoints tell has any name.
    known.unwrap_or(!settings.scrape.is_empty() || ["up", "ALERTS"].contains(&name))
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

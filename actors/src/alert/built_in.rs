//! The rules and runbooks that come with Vitals, built in.

/// A file that comes with Vitals.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BuiltIn {
    /// Its path below `config/`, or the name of the alert whose runbook it is.
    pub name: &'static str,
    /// Its text.
    pub text: &'static str,
}

macro_rules! rules {
    ($($name:literal),+ $(,)?) => {
        [$(BuiltIn {
            name: concat!("rules/", $name, ".yml"),
            text: include_str!(concat!("../../../config/rules/", $name, ".yml")),
        }),+]
    };
}

macro_rules! runbooks {
    ($($name:literal),+ $(,)?) => {
        [$(BuiltIn {
            name: $name,
            text: include_str!(concat!("../../../docs/runbooks/", $name, ".md")),
        }),+]
    };
}

/// The rule files that are loaded where the settings name no others: `rules/*.yml`.
pub const RULES: [BuiltIn; 8] = rules![
    "application",
    "hl7",
    "host",
    "iris",
    "network",
    "targets",
    "vitals",
    "watchdog",
];

/// The rules of `vitals demo`.
pub const DEMO_RULES: [BuiltIn; 1] = rules!["demo/demo"];

/// What an operator is to check and to do, per alert; in Markdown.
pub const RUNBOOKS: [BuiltIn; 28] = runbooks![
    "TargetMissed",
    "VitalsActorRestarting",
    "VitalsApplicationErrors",
    "VitalsApplicationSlow",
    "VitalsCacheCold",
    "VitalsDependencyDown",
    "VitalsDiskFull",
    "VitalsDiskWillFill",
    "VitalsHistoryTrouble",
    "VitalsHl7Invalid",
    "VitalsHl7Nack",
    "VitalsHl7QueueOld",
    "VitalsHl7Silent",
    "VitalsHl7Stalled",
    "VitalsHostCpuHigh",
    "VitalsHostMemoryHigh",
    "VitalsIrisConnectionsHigh",
    "VitalsIrisDatabaseGrowth",
    "VitalsIrisJournalSpace",
    "VitalsIrisLicence",
    "VitalsIrisMirror",
    "VitalsIrisQuerySlow",
    "VitalsIrisState",
    "VitalsNetworkSlow",
    "VitalsNotificationsFailing",
    "VitalsRuleDead",
    "VitalsUptime",
    "Watchdog",
];

/// The runbook of an alert.
pub fn runbook(alert: &str) -> Option<&'static str> {
    let found = RUNBOOKS.iter().find(|runbook| runbook.name == alert);
    found.map(|runbook| runbook.text)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;
    use std::path::{Path, PathBuf};
    use std::sync::Arc;

    use promql::Engine;

    use super::*;
    use crate::alert::evaluator::RuleFigures;
    use crate::alert::rules::{Group, Kind, RuleSet, metric_name, parse};
    use crate::targets::TARGETS;

    fn root() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
    }

    fn set(files: &[BuiltIn]) -> RuleSet {
        let groups = |file: &BuiltIn| parse(file.name, file.text, &Engine::default()).unwrap();
        let groups: Vec<Arc<Group>> = files.iter().flat_map(groups).collect();
        RuleSet {
            groups,
            files: Vec::new(),
        }
    }

    #[test]
    fn every_file_there_is_is_built_in() {
        let names = |folder: &str, ending: &str| -> BTreeSet<String> {
            let files = fs::read_dir(root().join(folder)).unwrap();
            let names = files.map(|file| file.unwrap().file_name().into_string().unwrap());
            names
                .filter_map(|name| Some(name.strip_suffix(ending)?.to_owned()))
                .collect()
        };
        let built_in: BTreeSet<String> = RUNBOOKS.iter().map(|one| one.name.to_owned()).collect();
        assert_eq!(names("docs/runbooks", ".md"), built_in);
        let short = |one: &BuiltIn| {
            one.name
                .trim_start_matches("rules/")
                .trim_end_matches(".yml")
                .to_owned()
        };
        assert_eq!(
            names("config/rules", ".yml"),
            RULES.iter().map(short).collect()
        );
    }

    #[test]
    fn every_alert_has_what_an_operator_needs_and_every_runbook_an_alert() {
        let rules = set(&[&RULES[..], &DEMO_RULES].concat());
        let mut alerts = BTreeSet::new();
        for (file, rule) in rules.rules() {
            let Kind::Alerting(alerting) = &rule.kind else {
                continue;
            };
            let text = |wanted: &str| {
                let found = alerting
                    .annotations
                    .iter()
                    .find(|(name, _)| &**name == wanted);
                found
                    .unwrap_or_else(|| panic!("{file}: {} has no {wanted}", alerting.name))
                    .1
                    .text()
            };
            assert!(!text("summary").is_empty() && !text("description").is_empty());
            let runbook = text("runbook_url").strip_prefix("/runbooks/").unwrap();
            assert!(super::runbook(runbook).is_some(), "{runbook}");
            let severity = rule.labels();
            let severity = severity.get("severity").unwrap();
            assert!(
                ["none", "info", "warning", "critical"].contains(&severity),
                "{severity}"
            );
            if !file.contains("demo") {
                assert_eq!(runbook, &*alerting.name);
                alerts.insert(alerting.name.to_string());
            }
        }
        assert_eq!(
            alerts,
            RUNBOOKS.iter().map(|one| one.name.to_owned()).collect()
        );
        assert!(rules.remarks().is_empty(), "{:?}", rules.remarks());
    }

    #[test]
    fn every_runbook_has_the_same_parts_and_links_that_lead_somewhere() {
        for runbook in RUNBOOKS {
            let heads: Vec<_> = runbook
                .text
                .lines()
                .filter(|line| line.starts_with('#'))
                .collect();
            assert_eq!(heads[0], format!("# {}", runbook.name));
            let parts = [
                "## What it means",
                "## What to check",
                "## What to do",
                "## When it clears",
            ];
            assert_eq!(heads[1..5], parts, "{}", runbook.name);
            for link in runbook.text.split("](").skip(1) {
                let name = link.split(".md)").next().unwrap();
                assert!(super::runbook(name).is_some(), "{}: {name}", runbook.name);
            }
        }
    }

    #[test]
    fn every_target_has_its_rule_and_the_threshold_that_is_required() {
        let rules = set(&RULES);
        let missed: Vec<_> = rules
            .rules()
            .filter(|(_, rule)| **rule.name() == *"TargetMissed")
            .collect();
        for target in TARGETS {
            let of = |rule: &&(&str, &crate::alert::rules::Rule)| {
                rule.1.labels().get("objective") == Some(target.id)
            };
            let rule = missed
                .iter()
                .find(of)
                .unwrap_or_else(|| panic!("{}", target.id))
                .1;
            assert_eq!(
                rule.expression,
                format!("vitals_target_met{{objective=\"{}\"}} == 0", target.id)
            );
            let description = rule.alerting().unwrap().annotations[0].1.text();
            assert!(description.contains(target.series), "{description}");
            assert!(
                rule.labels()
                    .get("threshold")
                    .unwrap()
                    .parse::<f64>()
                    .is_ok()
            );
        }
        assert_eq!(missed.len(), TARGETS.len());
    }

    #[test]
    fn every_metric_a_rule_reads_is_told_by_somebody() {
        let mut source = String::new();
        let mut folders = vec![root().join("actors/src")];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() && !path.ends_with("alert") {
                    folders.push(path);
                } else if path.extension().is_some_and(|extension| extension == "rs") {
                    source += &fs::read_to_string(path).unwrap();
                }
            }
        }
        let of_rules = RuleFigures::default().families(0);
        let is_of_rules = |name: &str| of_rules.iter().any(|family| family.name == name);
        // `node_vmstat_` and what `/proc/vmstat` calls it are put together.
        let is_told = |name: &str| source.contains(name) || name.starts_with("node_vmstat_");
        let rules = set(&[&RULES[..], &DEMO_RULES].concat());
        for (file, rule) in rules.rules() {
            for selector in rule.query.selectors() {
                let name = metric_name(selector).unwrap();
                let is_known = name == "ALERTS" || is_of_rules(name) || is_told(name);
                assert!(is_known, "{file}: {} reads {name}", rule.name());
            }
        }
    }
}

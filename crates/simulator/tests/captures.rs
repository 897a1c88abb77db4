//! The catalogue beside recorded answers: names, labels, HELP, TYPE, UNIT, the form of numbers.
//!
//! The recordings are fixtures (`VITALS_FIXTURES`, `../shared` by default); where they are not,
//! these tests say what they skip.

use std::{
    collections::{BTreeMap, BTreeSet},
    env, fs,
    path::PathBuf,
    time::Duration,
};

use simulator::iris::{Options, Pace, Simulator, Version};

use crate::client::metrics;

fn fixture(name: &str) -> Option<String> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..");
    let folder = env::var_os("VITALS_FIXTURES").map_or("../shared".into(), PathBuf::from);
    let path = root.join(folder).join("iris").join(name);
    let text = fs::read_to_string(&path).ok();
    if text.is_none() {
        eprintln!("skipped: no {}", path.display());
    }
    text
}

/// What a body says of one family.
#[derive(Debug, Default)]
struct Family {
    /// Each set of label names that occurs.
    labels: BTreeSet<Vec<String>>,
    kind: Option<String>,
    unit: Option<String>,
    help: Option<String>,
    /// How its numbers are written.
    forms: BTreeSet<&'static str>,
}

fn families(body: &str) -> BTreeMap<String, Family> {
    let mut families: BTreeMap<String, Family> = BTreeMap::new();
    for line in body.lines() {
        if let Some(comment) = line.strip_prefix("# ") {
            let mut words = comment.splitn(3, ' ');
            let (what, name) = (words.next().unwrap(), words.next().unwrap_or_default());
            let rest = words.next().map(str::to_owned);
            match what {
                "HELP" => families.entry(name.to_owned()).or_default().help = rest,
                "TYPE" => families.entry(name.to_owned()).or_default().kind = rest,
                "UNIT" => families.entry(name.to_owned()).or_default().unit = rest,
                _ => {}
            }
            continue;
        }
        let (series, number) = line.rsplit_once(' ').unwrap();
        let name = series.split('{').next().unwrap();
        let family = families.entry(name.to_owned()).or_default();
        family.labels.insert(label_names(series));
        family.forms.insert(form(number));
    }
    families
}

fn label_names(series: &str) -> Vec<String> {
    let mut names = Vec::new();
    let (mut quoted, mut escaped, mut name) = (false, false, String::new());
    for character in series
        .split_once('{')
        .map_or("", |(_, labels)| labels)
        .chars()
    {
        match character {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            _ if quoted => {}
            '=' => names.push(std::mem::take(&mut name)),
            ',' | '}' => {}
            other => name.push(other),
        }
    }
    names
}

fn form(number: &str) -> &'static str {
    let number = number.trim_start_matches('-');
    match number.split_once('.') {
        None => "whole",
        Some(("", fraction)) if !fraction.ends_with('0') => "canonical",
        Some(("", _)) => "a zero at the end",
        Some(("0", fraction)) if fraction.len() == 3 => "three decimals",
        Some((_, fraction)) if fraction.len() == 3 => "canonical or three decimals",
        Some((whole, fraction)) if whole != "0" && !fraction.ends_with('0') => "canonical",
        Some(_) => "another",
    }
}

/// A server that has been up for a while; a steady one has had no trouble.
fn simulated(version: Version, steady: bool) -> Simulator {
    let simulator = Simulator::start(Options {
        version,
        steady,
        pace: Pace::Manual,
        start: Some(1_795_000_000),
        ..Options::default()
    })
    .unwrap();
    simulator.all().advance(Duration::from_secs(600)).unwrap();
    simulator
}

#[test]
fn every_recorded_family_is_there_with_the_same_labels_and_the_same_lines_about_it() {
    for (version, name) in [
        (
            Version::V2024,
            "metrics-irishealth-2024.1-windows-idle-production.txt",
        ),
        (
            Version::V2026,
            "metrics-irishealth-2026.1-linux-active-production.EXCERPT.txt",
        ),
        (
            Version::Community,
            "metrics-irishealth-2026.1-linux-active-production.EXCERPT.txt",
        ),
    ] {
        let Some(recorded) = fixture(name) else {
            continue;
        };
        let answer = metrics(&simulated(version, true));
        let simulated = families(&answer.text());
        for (name, recorded) in families(&recorded) {
            let Some(simulated) = simulated.get(&name) else {
                panic!("{version:?}: no {name}");
            };
            for labels in &recorded.labels {
                assert!(
                    simulated.labels.contains(labels),
                    "{version:?}: {name} has {:?}, recorded is {labels:?}",
                    simulated.labels
                );
            }
            assert_eq!(simulated.help, recorded.help, "{version:?}: HELP of {name}");
            assert_eq!(simulated.kind, recorded.kind, "{version:?}: TYPE of {name}");
            assert_eq!(simulated.unit, recorded.unit, "{version:?}: UNIT of {name}");
        }
    }
}

#[test]
fn numbers_are_written_as_recorded() {
    for (version, name) in [
        (
            Version::V2024,
            "metrics-irishealth-2024.1-windows-idle-production.txt",
        ),
        (
            Version::V2026,
            "metrics-irishealth-2026.1-linux-active-production.EXCERPT.txt",
        ),
    ] {
        let Some(recorded) = fixture(name) else {
            continue;
        };
        let answer = metrics(&simulated(version, false));
        let simulated = families(&answer.text());
        let usual: BTreeSet<_> = families(&recorded)
            .into_values()
            .flat_map(|f| f.forms)
            .collect();
        for (name, family) in &simulated {
            let odd: Vec<_> = family.forms.difference(&usual).collect();
            assert!(
                odd.is_empty(),
                "{version:?}: {name} has numbers of the form {odd:?}"
            );
        }
        for (name, recorded) in families(&recorded) {
            let three = |family: &Family| family.forms.contains("three decimals");
            if three(&recorded) {
                assert!(
                    three(&simulated[&name]),
                    "{version:?}: {name} is written {:?}",
                    simulated[&name].forms
                );
            } else {
                assert!(!three(&simulated[&name]), "{version:?}: {name}");
            }
        }
    }
}

#[test]
fn the_catalogue_of_2026_is_there() {
    let Some(catalogue) = fixture("catalogue-2026.1.tsv") else {
        return;
    };
    let simulator = simulated(Version::V2026, false);
    simulator.all().load(2.0, Duration::from_secs(600)).unwrap();
    let body = metrics(&simulator).text();
    let simulated = families(&body);
    // Not on this server, or not in this version: gates, topology, custom tasks.
    let absent = [
        "iris_db_file_limit_percent",
        "iris_ecps_",
        "iris_interop_avg_http",
        "iris_interop_http",
        "iris_interop_header",
        "iris_interop_namespace",
        "iris_interop_oldest",
        "iris_interop_session",
        "iris_mirror_",
        "iris_sql_current_connections",
    ];
    let mut missing = Vec::new();
    for line in catalogue.lines().skip(1) {
        let fields: Vec<_> = line.split('\t').collect();
        for name in names(fields[0]) {
            if absent.iter().any(|start| name.starts_with(start)) {
                continue;
            }
            match simulated.get(&name) {
                None => missing.push(name),
                Some(family) if matches!(fields[1], "gauge" | "counter" | "untyped") => {
                    assert_eq!(family.kind.as_deref(), Some(fields[1]), "{name}");
                    let unit = Some(fields[2]).filter(|unit| !unit.is_empty());
                    assert_eq!(family.unit.as_deref(), unit, "{name}");
                }
                Some(_) => {}
            }
        }
    }
    assert_eq!(missing, Vec::<String>::new());
}

/// `a_{b,c}_d`, `a / a_b` and `a_b / _c` as names.
fn names(field: &str) -> Vec<String> {
    let mut names = Vec::new();
    let mut stem = String::new();
    for part in field.split(" / ") {
        let part = match part.strip_prefix('_') {
            Some(rest) => format!("{stem}_{rest}"),
            None => {
                // What the abbreviated ones share.
                stem = part.splitn(3, '_').take(2).collect::<Vec<_>>().join("_");
                part.to_owned()
            }
        };
        let part = part.split('[').next().unwrap().to_owned();
        match (part.find('{'), part.find('}')) {
            (Some(open), Some(close)) => {
                for word in part[open + 1..close].split(',') {
                    names.push(format!("{}{word}{}", &part[..open], &part[close + 1..]));
                }
            }
            _ => names.push(part),
        }
    }
    names
}

#[test]
fn bodies_are_about_as_long_as_recorded_ones() {
    for (version, least, most) in [
        (Version::V2024, 14_000, 40_000),
        (Version::V2026, 55_000, 80_000),
        (Version::Community, 50_000, 80_000),
    ] {
        let length = metrics(&simulated(version, false)).body.len();
        assert!(
            (least..most).contains(&length),
            "{version:?}: {length} bytes"
        );
    }
}

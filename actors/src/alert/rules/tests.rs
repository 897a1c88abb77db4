//! Rule files that are good, and those that are not: what is said of them, and that Debian's promtool
//! agrees.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use promql::Engine;
use proptest::prelude::*;

use super::malformed::{MALFORMED, NEWER_THAN_PROMTOOL};
use super::{Kind, LoadError, RuleSet, load, metric_name, parse};

const GOOD: &str = r#"
# Comments, anchors and every key there is.
groups:
  - name: first
    interval: 30s
    query_offset: 10s
    limit: 5
    labels: {team: "ops", site: north}
    rules:
      - record: job:up:sum
        expr: sum by (job) (up)
        labels: {site: south}
      - alert: Down
        expr: >
          up{job="node"} == 0
        for: 1h30m
        keep_firing_for: 5m
        labels: &page
          severity: page
          level: 3
        annotations:
          summary: "{{ $labels.instance }} is down"
          description: 'at {{ $value }}'
  - name: second
    rules:
      - alert: Other
        expr: absent(up)
        labels: *page
  - name: empty
    rules:
"#;

fn read(text: &str) -> Result<RuleSet, LoadError> {
    let groups = parse("a.yml", text, &Engine::default())?;
    Ok(RuleSet {
        groups,
        files: vec!["a.yml".into()],
    })
}

#[test]
fn every_key_is_understood() {
    let rules = read(GOOD).unwrap();
    let names: Vec<_> = rules
        .groups
        .iter()
        .map(|group| group.name.as_str())
        .collect();
    assert_eq!(names, ["first", "second", "empty"]);
    let first = &rules.groups[0];
    assert_eq!(first.interval, Some(Duration::from_secs(30)));
    assert_eq!(
        (first.query_offset, first.limit),
        (Duration::from_secs(10), 5)
    );
    let Kind::Recording(recording) = &first.rules[0].kind else {
        panic!()
    };
    assert_eq!(&*recording.name, "job:up:sum");
    let labels = |rule: usize| {
        let labels = first.rules[rule].labels();
        labels
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect::<Vec<_>>()
    };
    assert_eq!(labels(0), ["site=south", "team=ops"]);
    let alerting = first.rules[1].alerting().unwrap();
    assert_eq!(alerting.hold, Duration::from_secs(5400));
    assert_eq!(alerting.keep_firing_for, Duration::from_secs(300));
    assert_eq!(
        labels(1),
        ["level=3", "severity=page", "site=north", "team=ops"]
    );
    let annotations: Vec<_> = alerting
        .annotations
        .iter()
        .map(|(name, _)| &**name)
        .collect();
    assert_eq!(annotations, ["description", "summary"]);
    assert_eq!(first.rules[1].expression, "up{job=\"node\"} == 0");
    assert_eq!(first.rules[1].line, 13);
    assert_eq!(
        rules.groups[1].rules[0].labels().get("severity"),
        Some("page")
    );
}

#[test]
fn nothing_is_a_rule_file_too() {
    for text in [
        "",
        "# nothing\n",
        "groups:\n",
        "groups: []\n",
        "{}\n",
        "---\n",
    ] {
        assert!(read(text).unwrap().groups.is_empty(), "{text:?}");
    }
}

#[test]
fn every_error_says_where_and_what() {
    assert!(MALFORMED.len() + NEWER_THAN_PROMTOOL.len() >= 50);
    for (text, line, reason) in MALFORMED.iter().chain(NEWER_THAN_PROMTOOL) {
        let LoadError(errors) = read(text).expect_err(text);
        assert_eq!(errors.len(), 1, "{text}\n{errors:?}");
        let said = errors[0].to_string();
        assert_eq!(errors[0].at.map(|(line, _)| line), *line, "{text}\n{said}");
        assert!(
            said.starts_with("a.yml:") && said.contains(reason),
            "{text}\n{said}"
        );
    }
}

#[test]
fn promtool_refuses_them_too() {
    let folder = Folder::new("malformed");
    for (at, (text, ..)) in MALFORMED.iter().enumerate() {
        let file = folder.write(&format!("{at}.yml"), text);
        assert!(!promtool_accepts(&file), "{text}");
    }
    let good = GOOD
        .replace("    query_offset: 10s\n", "")
        .replace("    labels: {team: \"ops\", site: north}\n", "");
    assert!(promtool_accepts(&folder.write("good.yml", &good)));
}

#[test]
fn all_errors_of_all_files_are_told() {
    let folder = Folder::new("several");
    folder.write(
        "a.yml",
        "groups:\n- name: a\n  rules:\n  - alert: A\n    expr: '('\n  - alert: B\n    expr: ')'\n",
    );
    folder.write("b.yml", "groups: 3\n");
    folder.write("c.yml", GOOD);
    folder.write("not.txt", "nonsense");
    let failed = load(&folder.0, &["*.yml".into()], &Engine::default()).unwrap_err();
    let lines: Vec<String> = failed.to_string().lines().map(str::to_owned).collect();
    assert_eq!(failed.0.len(), 3, "{lines:?}");
    assert!(
        lines[0].contains("a.yml:5:11: group \"a\", rule 1, \"A\": could not parse expression"),
        "{lines:?}"
    );
    assert!(lines[1].contains("a.yml:7:11"), "{lines:?}");

    let loaded = load(
        &folder.0,
        &["c.*".into(), "c.yml".into()],
        &Engine::default(),
    )
    .unwrap();
    assert_eq!((loaded.files.len(), loaded.groups.len()), (1, 3));
    let none = load(&folder.0, &["*.rules".into()], &Engine::default()).unwrap();
    assert!(none.files.is_empty());
    let missing = load(&folder.0, &["gone.yml".into()], &Engine::default()).unwrap_err();
    assert!(
        missing.to_string().contains("gone.yml: No such file"),
        "{missing}"
    );
    let glob = load(&folder.0, &["a[".into()], &Engine::default()).unwrap_err();
    assert!(glob.to_string().contains("not a glob"), "{glob}");
}

#[test]
fn selectors_that_match_nothing_are_named() {
    let text = "groups:\n- name: a\n  rules:\n  - record: mine\n    expr: sum(known)\n  \
        - alert: A\n    expr: mine > 1 and gone == 1 or ALERTS{alertname=\"B\"} > 0\n  \
        - alert: B\n    expr: '{job=\"x\"} == 0'\n";
    let rules = read(text).unwrap();
    let remarks = rules.dead_selectors(&|selector| metric_name(selector) == Some("known"));
    let said: Vec<_> = remarks.iter().map(ToString::to_string).collect();
    assert_eq!(
        said,
        [
            "a.yml:6: A: gone matches no series",
            "a.yml:8: B: a selector matches no series"
        ]
    );
}

#[test]
fn what_is_hardly_meant_is_remarked() {
    let text = "groups:\n- name: a\n  rules:\n  - {alert: A, expr: up == 0, labels: {b: c}}\n  \
        - {alert: A, expr: up == 1, labels: {b: c}}\n  - {alert: A, expr: up, labels: {b: d}}\n  \
        - {record: A, expr: '\"text\"', labels: {b: c}}\n  - {alert: M, expr: 'up[5m]'}\n";
    let said: Vec<_> = read(text)
        .unwrap()
        .remarks()
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(
        said,
        [
            "a.yml:5: A: has the same name and labels as the rule in line 4",
            "a.yml:7: A: its expression is a string: it can never be evaluated",
            "a.yml:8: M: its expression is a range vector: it can never be evaluated",
        ]
    );
}

proptest! {
    #[test]
    fn no_text_makes_it_panic(text in "[ \\-a-z:{}\\[\\]\"'|>&*#\n0-9]{0,200}") {
        let _ = read(&text);
        let _ = read(&format!("groups:\n- name: a\n  rules:\n  - alert: A\n    expr: {text}\n"));
    }

    #[test]
    fn a_file_cut_short_is_no_other_file(cut in 0..GOOD.len()) {
        if GOOD.is_char_boundary(cut)
            && let Ok(rules) = read(&GOOD[..cut])
        {
            prop_assert!(rules.groups.len() <= 3);
        }
    }
}

fn promtool_accepts(file: &Path) -> bool {
    let status = Command::new("promtool")
        .args(["check", "rules"])
        .arg(file)
        .output();
    status
        .expect("promtool of Debian's package prometheus: tests/run installs it")
        .status
        .success()
}

/// A folder of its own, gone with the test.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("vitals-rules-{name}-{}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Folder(path)
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.0.join(name);
        fs::write(&path, text).unwrap();
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

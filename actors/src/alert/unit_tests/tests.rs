//! The runner against Debian's promtool, and the rules of the product under both.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use promql::Engine;

use super::run;
use super::side_by_side::{FILES, HEAD, RULES};

fn rules() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../config/rules")
}

fn built_in_tests() -> Vec<PathBuf> {
    let files = fs::read_dir(rules().join("tests")).unwrap();
    let mut files: Vec<PathBuf> = files.map(|file| file.unwrap().path()).collect();
    files.sort();
    files
}

/// Whether promtool is content, and what it says.
fn promtool(files: &[PathBuf]) -> (bool, String) {
    let output = Command::new("promtool")
        .args(["test", "rules"])
        .args(files)
        .output()
        .expect("promtool of Debian's package prometheus: tests/run installs it");
    let text = [output.stdout, output.stderr].concat();
    (
        output.status.success(),
        String::from_utf8_lossy(&text).into_owned(),
    )
}

#[test]
fn the_rules_of_the_product_pass_their_tests() {
    let files = built_in_tests();
    assert!(files.len() >= 8, "{files:?}");
    for file in files {
        let outcome = run(&file, &Engine::default()).unwrap();
        let mut text = String::new();
        for failure in &outcome.failures {
            let _ = writeln!(text, "{failure}");
        }
        assert!(outcome.passed(), "{}\n{text}", file.display());
        assert!(
            outcome.unmatched.is_empty() && outcome.comparisons > 0,
            "{}",
            file.display()
        );
    }
}

#[test]
fn promtool_finds_the_same() {
    let (passed, text) = promtool(&built_in_tests());
    assert!(passed, "{text}");
}

#[test]
fn both_judge_alike() {
    let folder = std::env::temp_dir().join(format!("vitals-unit-tests-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("rules.yml"), RULES).unwrap();
    for (name, text, passes) in FILES {
        let file = folder.join(format!("{name}.yml"));
        fs::write(&file, format!("{HEAD}{}", text.trim_start_matches('\n'))).unwrap();
        let ours = run(&file, &Engine::default());
        let (theirs, said) = promtool(&[file]);
        assert_eq!(theirs, *passes, "{name}: promtool says {said}");
        let passed = ours.as_ref().is_ok_and(|outcome| outcome.passed());
        assert_eq!(passed, *passes, "{name}: {ours:#?}");
    }
    fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn a_test_file_that_cannot_be_run_says_where() {
    let folder = std::env::temp_dir().join(format!("vitals-test-files-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    let said = |text: &str| {
        let file = folder.join("t.yml");
        fs::write(&file, text).unwrap();
        let error = run(&file, &Engine::default()).unwrap_err().to_string();
        error.replace(&format!("{}/", folder.display()), "")
    };
    for (text, expected) in [
        ("tests: 3\n", "t.yml:1:8: expected sequence start"),
        (
            "tests:\n- nothing: here\n",
            "t.yml:2:3: unknown field `nothing`",
        ),
        (
            "tests:\n- input_series:\n  - series: up\n    values: 1 x\n",
            "t.yml:4:13: \"x\" is no value",
        ),
        (
            "tests:\n- input_series:\n  - series: 1up\n    values: 1\n",
            "t.yml:3:13: \"1up\" is no series",
        ),
        ("rule_files: [gone.yml]\n", "gone.yml: No such file"),
        (
            "group_eval_order: [a, a]\n",
            "t.yml: group name repeated in evaluation order: a",
        ),
        (
            "evaluation_interval: 1s\ntests:\n- alert_rule_test:\n  - {eval_time: 2d, alertname: A}\n",
            "t.yml: test 1: more than 100000 evaluations",
        ),
    ] {
        let error = said(text);
        assert!(error.starts_with(expected), "{text}\n{error}");
    }
    fs::write(folder.join("t.yml"), "rule_files: ['*.rules']\n").unwrap();
    let outcome = run(&folder.join("t.yml"), &Engine::default()).unwrap();
    assert_eq!(
        (outcome.unmatched, outcome.comparisons),
        (vec!["*.rules".to_owned()], 0)
    );
    fs::remove_dir_all(&folder).unwrap();
}

//! The runner against Debian's promtool, and the rules of the product under both.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use promql::Engine;

use super::run;

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
    (output.status.success(), String::from_utf8_lossy(&text).into_owned())
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
        assert!(outcome.unmatched.is_empty() && outcome.comparisons > 0, "{}", file.display());
    }
}

#[test]
fn promtool_finds_the_same() {
    let (passed, text) = promtool(&built_in_tests());
    assert!(passed, "{text}");
}

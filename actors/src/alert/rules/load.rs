//! Finds and reads rule files.

use std::collections::{BTreeSet, HashSet};
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use promql::Engine;

use super::check::Check;
use super::error::{LoadError, RuleError};
use super::file;
use super::model::{Group, RuleSet};

/// How long a rule file may be.
pub const MAX_FILE_BYTES: u64 = 4 * 1024 * 1024;

/// Reads every file that `patterns` name: paths, or globs such as `rules/*.yml`, relative ones
/// below `base`. A glob may match nothing; a path must be there.
///
/// # Errors
/// Every error in every file, where there is one at all.
pub fn load(base: &Path, patterns: &[String], engine: &Engine) -> Result<RuleSet, LoadError> {
    let mut errors = Vec::new();
    let mut paths = BTreeSet::new();
    for pattern in patterns {
        match matching(base, pattern) {
            Ok(found) => paths.extend(found),
            Err(reason) => errors.push(of_file(pattern, reason)),
        }
    }
    let mut rules = RuleSet::default();
    for path in paths {
        let name = path.display().to_string();
        match read(&path) {
            Ok(text) => match parse(&name, &text, engine) {
                Ok(groups) => rules.groups.extend(groups),
                Err(LoadError(found)) => errors.extend(found),
            },
            Err(reason) => errors.push(of_file(&name, reason)),
        }
        rules.files.push(name);
    }
    match errors.is_empty() {
        true => Ok(rules),
        false => Err(LoadError(errors)),
    }
}

/// Reads the text of one file, named `file` in errors.
///
/// # Errors
/// Every error in it.
pub fn parse(file: &str, text: &str, engine: &Engine) -> Result<Vec<Arc<Group>>, LoadError> {
    let entries: file::File = file::strict_yaml(text).map_err(|error| {
        let (at, reason) = file::yaml_error(&error);
        LoadError(vec![RuleError {
            at,
            ..of_file(file, reason)
        }])
    })?;
    let mut check = Check::new(file, engine);
    let mut names = HashSet::new();
    let groups = entries.groups.unwrap_or_default().into_iter();
    let groups: Vec<Arc<Group>> = groups
        .map(|group| Arc::new(check.group(group.value, group.referenced, &mut names)))
        .collect();
    match check.errors.is_empty() {
        true => Ok(groups),
        false => Err(LoadError(check.errors)),
    }
}

fn of_file(file: &str, reason: impl Into<String>) -> RuleError {
    RuleError {
        file: file.into(),
        at: None,
        rule: None,
        reason: reason.into(),
    }
}

/// The files a pattern names.
pub(crate) fn matching(base: &Path, pattern: &str) -> Result<Vec<PathBuf>, String> {
    let path = base.join(pattern);
    if !pattern.contains(['*', '?', '[']) {
        return Ok(vec![path]);
    }
    // The base is a folder that is there, whatever characters its name has.
    let pattern = match Path::new(pattern).is_absolute() {
        true => pattern.to_owned(),
        false => format!(
            "{}/{pattern}",
            glob::Pattern::escape(&base.display().to_string())
        ),
    };
    let found = glob::glob(&pattern).map_err(|error| format!("not a glob: {error}"))?;
    let files = found.filter(|path| path.as_ref().is_ok_and(|path| path.is_file()));
    Ok(files.flatten().collect())
}

/// The text of a file of reasonable length.
pub(crate) fn read(path: &Path) -> Result<String, String> {
    let mut text = String::new();
    let file = File::open(path).map_err(|error| error.to_string())?;
    let read = file.take(MAX_FILE_BYTES + 1).read_to_string(&mut text);
    read.map_err(|error| error.to_string())?;
    match text.len() as u64 > MAX_FILE_BYTES {
        true => Err(format!("longer than {MAX_FILE_BYTES} bytes")),
        false => Ok(text),
    }
}

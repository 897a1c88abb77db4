//! Tells the program which commit it is built from. The variable `VITALS_COMMIT` goes first, for builds
//! from an archive; without it and without git the commit is `unknown`.

use std::path::Path;
use std::process::Command;

pub(crate) fn built_from() -> String {
    println!("cargo:rerun-if-env-changed=VITALS_COMMIT");
    let given = std::env::var("VITALS_COMMIT")
        .ok()
        .filter(|commit| !commit.is_empty());
    given
        .or_else(commit)
        .unwrap_or_else(|| "unknown".to_owned())
}

/// The commit checked out here, where this folder is the top of a repository of its own.
fn commit() -> Option<String> {
    let here = std::env::var_os("CARGO_MANIFEST_DIR")?;
    let top = git(&["rev-parse", "--show-toplevel"])?;
    if Path::new(&top).canonicalize().ok()? != Path::new(&here).canonicalize().ok()? {
        return None;
    }
    watch();
    git(&["rev-parse", "--short=7", "HEAD"])
}

/// Asks Cargo to look again when the commit changes, and only then. A path that does not exist
/// would mean at every build.
fn watch() {
    let mut names = vec!["HEAD".to_owned()];
    if let Some(branch) = git(&["symbolic-ref", "--quiet", "HEAD"]) {
        let loose = git(&["rev-parse", "--git-path", &branch]);
        if loose.is_some_and(|path| Path::new(&path).exists()) {
            names.push(branch);
        } else {
            // Packed: the next commit makes the loose file, or packs again.
            names.extend(["refs/heads".to_owned(), "packed-refs".to_owned()]);
        }
    }
    for name in names {
        if let Some(path) = git(&["rev-parse", "--git-path", &name])
            && Path::new(&path).exists()
        {
            println!("cargo:rerun-if-changed={path}");
        }
    }
}

/// What git answers, trimmed; nothing where it fails or is not there.
fn git(arguments: &[&str]) -> Option<String> {
    let output = Command::new("git").args(arguments).output().ok()?;
    let answer = output
        .status
        .success()
        .then(|| String::from_utf8(output.stdout).ok())??;
    Some(answer.trim().to_owned()).filter(|answer| !answer.is_empty())
}

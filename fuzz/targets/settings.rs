//! Any file and any variables are settings or an error, and the error can be printed.
#![no_main]
#![allow(dead_code, unused_imports, reason = "only a part of the sources is called")]

#[path = "../../src/cli.rs"]
mod cli;
#[path = "../stubs/command.rs"]
mod command;
#[path = "../../src/settings/mod.rs"]
mod settings;

use std::{ffi::OsString, fs, os::unix::ffi::OsStrExt, path::PathBuf, sync::LazyLock};

use libfuzzer_sys::fuzz_target;

/// Separates the file from the variables, and these from each other.
const SEPARATOR: &[u8] = b"\n---\n";

/// In memory, where there is such a place.
static FILE: LazyLock<PathBuf> = LazyLock::new(|| {
    let memory = PathBuf::from("/dev/shm");
    let place = if memory.is_dir() { memory } else { std::env::temp_dir() };
    place.join(format!("vitals-fuzz-{}.toml", std::process::id()))
});

fuzz_target!(|data: &[u8]| {
    let mut parts = split(data).into_iter();
    let path = FILE.clone();
    fs::write(&path, parts.next().unwrap_or_default()).expect("a place for the file");
    let variable = |part: &[u8]| {
        let at = part.iter().position(|byte| *byte == b'=').unwrap_or(part.len());
        let (name, value) = part.split_at(at);
        let os = |bytes: &[u8]| OsString::from(std::ffi::OsStr::from_bytes(bytes));
        (os(name), os(value.strip_prefix(b"=").unwrap_or_default()))
    };
    let flags = cli::Flags {
        config: Some(path),
        ..cli::Flags::default()
    };
    match settings::Settings::load(&flags, parts.map(variable)) {
        Ok(settings) => assert!(toml::to_string(&settings).is_ok()),
        Err(error) => {
            let error = error.to_string();
            assert!(!error.is_empty() && error.lines().count() <= 51, "{error}");
            let obeyed = |shown: char| shown.is_control() && shown != '\n';
            assert!(!error.contains(obeyed), "{error:?}");
        }
    }
});

fn split(data: &[u8]) -> Vec<&[u8]> {
    let mut parts = Vec::new();
    let mut rest = data;
    while let Some(at) = rest.windows(SEPARATOR.len()).position(|part| part == SEPARATOR) {
        parts.push(&rest[..at]);
        rest = &rest[at + SEPARATOR.len()..];
    }
    parts.push(rest);
    parts
}

//! Commands that run to their end.

use std::{
    fs,
    path::Path,
    process::{Child, Command, Stdio},
};

use super::{
    until::{DEADLINE, until},
    vitals::command,
};

/// What a command has said and how it ended.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
    /// The most memory that was seen resident, bytes.
    pub(crate) peak: u64,
}

/// Runs `vitals` in a directory.
#[track_caller]
pub(crate) fn run(directory: &Path, args: &[&str]) -> Ran {
    finish(command().current_dir(directory).args(args), DEADLINE * 20)
}

/// The same, for what has to succeed and say nothing on standard error.
#[track_caller]
pub(crate) fn done(directory: &Path, args: &[&str]) -> Ran {
    let ran = run(directory, args);
    assert_eq!((ran.code, &*ran.err), (Some(0), ""), "{args:?}: {ran:?}");
    ran
}

/// Any other command.
#[track_caller]
pub(crate) fn finish(command: &mut Command, deadline: std::time::Duration) -> Ran {
    let name = format!("{command:?}");
    let piped = command.stdin(Stdio::null()).stdout(Stdio::piped());
    let mut child = piped
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{name}: {error}"));
    let (mut out, mut err) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
    let reading = std::thread::spawn(move || std::io::read_to_string(&mut out).unwrap());
    let reading_err = std::thread::spawn(move || std::io::read_to_string(&mut err).unwrap());
    let mut peak = 0;
    let status = until(&name, deadline, || {
        peak = peak.max(resident(&child).unwrap_or(0));
        child.try_wait().unwrap()
    });
    Ran {
        code: status.code(),
        out: reading.join().unwrap(),
        err: reading_err.join().unwrap(),
        peak,
    }
}

/// The high-water mark of resident memory.
fn resident(child: &Child) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{}/status", child.id())).ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kilobytes: u64 = line.trim().trim_end_matches(" kB").parse().ok()?;
    Some(kilobytes * 1024)
}

//! The place Vitals runs at: what it may read and write, and the disk.

use std::{fs, io::Write, path::Path};

use rustix::fs::statvfs;

use super::Finding;
use crate::settings::Settings;

/// What Vitals may need on disk (the budget of its history), in bytes.
const BUDGET: u64 = 2_000_000_000;
/// With less nothing can be kept.
const LEAST: u64 = 100_000_000;

pub(super) fn examine(settings: &Settings) -> Vec<Finding> {
    let data = &settings.server.data;
    let mut findings = vec![writable(data)];
    findings.extend(disk(data));
    findings.push(readable(&settings.system.procfs));
    findings
}

fn writable(data: &Path) -> Finding {
    let check = "data directory";
    let probe = data.join(format!(".doctor-{}", std::process::id()));
    let written = fs::create_dir_all(data).and_then(|()| {
        let mut file = fs::OpenOptions::new()
            .write(true)
            .create_new(true)
            .open(&probe)?;
        file.write_all(b"vitals doctor")?;
        file.sync_all()
    });
    let _ = fs::remove_file(&probe); // where it was not made there is none
    let shown = data.display();
    match written {
        Ok(()) => Finding::ok(check, format!("{shown} can be written")),
        Err(error) => {
            let remedy = "give the user Vitals runs as the right to write there, or choose another \
                          by --data";
            Finding::fail(check, format!("{shown}: {error}"), remedy)
        }
    }
}

fn disk(data: &Path) -> Option<Finding> {
    let status = statvfs(data).ok()?;
    let free = status.f_bavail.saturating_mul(status.f_frsize);
    let detail = format!("{:.1} GB free for {}", free as f64 / 1e9, data.display());
    let remedy = "free some: the history alone may take 1.5 GB";
    Some(match free {
        0..LEAST => Finding::fail("disk", detail, remedy),
        LEAST..BUDGET => Finding::warn("disk", detail, remedy),
        BUDGET.. => Finding::ok("disk", detail),
    })
}

fn readable(procfs: &Path) -> Finding {
    let files = ["stat", "meminfo", "diskstats", "net/dev", "self/mountinfo"];
    let unreadable = files.iter().filter_map(|file| {
        let error = fs::File::open(procfs.join(file)).err()?;
        Some(format!("{file}: {error}"))
    });
    let unreadable: Vec<_> = unreadable.collect();
    let shown = procfs.display();
    if unreadable.is_empty() {
        return Finding::ok("proc file system", format!("{shown} can be read"));
    }
    let remedy = "mount the host's /proc where [system] procfs says";
    Finding::fail(
        "proc file system",
        format!("{shown}: {}", unreadable.join(", ")),
        remedy,
    )
}

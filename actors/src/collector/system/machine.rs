//! What is asked of the kernel by system call rather than by file. Tests answer in its place.

use std::{io, path::Path, time::SystemTime};

use rustix::fs::StatVfsMountFlags;

/// The questions.
#[derive(Clone, Copy)]
pub(super) struct Machine {
    pub(super) now: fn() -> SystemTime,
    pub(super) uname: fn() -> Uname,
    /// Of the filesystem a path lies in.
    pub(super) space: fn(&Path) -> io::Result<Space>,
    pub(super) is_directory: fn(&Path) -> bool,
}

/// Names of the machine and its kernel.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Uname {
    pub(super) sysname: String,
    pub(super) release: String,
    pub(super) version: String,
    pub(super) machine: String,
    pub(super) nodename: String,
    pub(super) domainname: String,
}

/// The room in a filesystem: bytes, and file nodes.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Space {
    pub(super) size: f64,
    pub(super) free: f64,
    /// What of `free` is not reserved for root.
    pub(super) avail: f64,
    pub(super) files: f64,
    pub(super) files_free: f64,
    /// Whoever mounted it, or the kernel after an error, lets nobody write.
    pub(super) readonly: bool,
}

impl Machine {
    /// The one this process runs on.
    pub(super) fn this() -> Self {
        Machine {
            now: SystemTime::now,
            uname,
            space,
            is_directory: |path| path.is_dir(),
        }
    }
}

fn uname() -> Uname {
    let uname = rustix::system::uname();
    let text = |name: &std::ffi::CStr| name.to_string_lossy().into_owned();
    Uname {
        sysname: text(uname.sysname()),
        release: text(uname.release()),
        version: text(uname.version()),
        machine: text(uname.machine()),
        nodename: text(uname.nodename()),
        domainname: text(uname.domainname()),
    }
}

fn space(path: &Path) -> io::Result<Space> {
    let stat = rustix::fs::statvfs(path)?;
    let bytes = |blocks: u64| blocks as f64 * stat.f_frsize as f64;
    Ok(Space {
        size: bytes(stat.f_blocks),
        free: bytes(stat.f_bfree),
        avail: bytes(stat.f_bavail),
        files: stat.f_files as f64,
        files_free: stat.f_ffree as f64,
        readonly: stat.f_flag.contains(StatVfsMountFlags::RDONLY),
    })
}

//! Disks of a test's own, to be filled, frozen or made read-only. Mounting needs the right to.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use super::directory::Directory;

/// A mounted file system. Thawed and unmounted when it is dropped: after whoever uses it.
pub(crate) struct Disk {
    at: PathBuf,
    _directory: Directory,
}

impl Disk {
    /// In memory, of so many kilobytes; `None`, and a word, where nothing can be mounted.
    pub(crate) fn small(kilobytes: u32) -> Option<Self> {
        let size = format!("size={kilobytes}k");
        Self::mounted(|_, at| run("mount", &["-t", "tmpfs", "-o", &size, "tmpfs", at]))
    }

    /// One that can be frozen: ext4 on a loop device.
    pub(crate) fn freezable() -> Option<Self> {
        Self::mounted(|directory, at| {
            let image = directory.join("image");
            File::create(&image).unwrap().set_len(64 << 20).unwrap();
            let image = image.to_str().unwrap();
            run("mkfs.ext4", &["-q", image]) && run("mount", &["-o", "loop", image, at])
        })
    }

    fn mounted(mount: impl Fn(&Path, &str) -> bool) -> Option<Self> {
        let directory = Directory::new();
        let at = directory.join("mounted");
        fs::create_dir_all(&at).unwrap();
        let done = mount(directory.path(), at.to_str().unwrap());
        if !done {
            println!("skipped: nothing can be mounted here");
        }
        done.then_some(Disk {
            at,
            _directory: directory,
        })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.at
    }

    fn text(&self) -> &str {
        self.at.to_str().unwrap()
    }

    #[track_caller]
    pub(crate) fn make_read_only(&self) {
        assert!(run("mount", &["-o", "remount,ro", self.text()]));
    }

    #[track_caller]
    pub(crate) fn make_writable(&self) {
        assert!(run("mount", &["-o", "remount,rw", self.text()]));
    }

    /// From now on every write blocks in the kernel, as on a volume that is lost and may come back.
    #[track_caller]
    pub(crate) fn freeze(&self) -> Frozen<'_> {
        assert!(run("fsfreeze", &["--freeze", self.text()]));
        Frozen(self)
    }
}

/// Thawed when it is dropped: whoever hangs on it cannot even be killed.
pub(crate) struct Frozen<'d>(&'d Disk);

impl Drop for Frozen<'_> {
    fn drop(&mut self) {
        run("fsfreeze", &["--unfreeze", self.0.text()]);
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        run("umount", &[self.text()]);
    }
}

fn run(program: &str, args: &[&str]) -> bool {
    let mut command = Command::new(program);
    let quiet = command
        .args(args)
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    quiet.status().is_ok_and(|status| status.success())
}

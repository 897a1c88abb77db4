//! Where the files of our own cgroups are: `/proc/self/cgroup` tells their names, the table of
//! mounts where each hierarchy can be seen, and from where on.

use std::path::{Component, Path, PathBuf};

use crate::collector::system::{
    mounts::Mount,
    text::{Malformed, lines},
};

/// A line of `/proc/self/cgroup`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Membership {
    /// Of version 1; version 2 has one hierarchy, and names none.
    controllers: Vec<String>,
    /// As seen from the root of our cgroup namespace.
    path: PathBuf,
}

/// The two kinds of cgroups.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Version {
    One,
    Two,
}

/// A cgroup that can be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Cgroup {
    pub(super) version: Version,
    /// Its name within its hierarchy, as our namespace has it.
    pub(super) name: PathBuf,
    /// Where its files are.
    pub(super) folder: PathBuf,
}

/// All that is known of where we are.
pub(super) struct Hierarchies<'a> {
    pub(super) own: Vec<Membership>,
    pub(super) mounts: &'a [Mount],
    /// What mountpoints are below.
    pub(super) root: &'a Path,
}

/// `4:memory:/docker/2f1a` or, of version 2, `0::/user.slice`.
pub(super) fn parse(text: &[u8]) -> Result<Vec<Membership>, Malformed> {
    let membership = |(line, content): (usize, &[u8])| {
        let problem = "not a cgroup";
        let text = String::from_utf8_lossy(content);
        let mut fields = text.splitn(3, ':').skip(1);
        let (Some(controllers), Some(path)) = (fields.next(), fields.next()) else {
            return Err(Malformed::Line { line, problem });
        };
        let controllers = controllers.split(',').filter(|name| !name.is_empty());
        Ok(Membership {
            controllers: controllers.map(str::to_owned).collect(),
            path: path.into(),
        })
    };
    lines(text).map(membership).collect()
}

impl Hierarchies<'_> {
    /// Our cgroup in the hierarchy of a controller, and those above it as far as they can be seen,
    /// but for the machine's, which has no limits and counts everything. Empty where there is none, or where it cannot be seen.
    pub(super) fn of(&self, controller: &str) -> Vec<Cgroup> {
        let one = |own: &&Membership| own.controllers.iter().any(|name| name == controller);
        let two = |own: &&Membership| own.controllers.is_empty();
        let chain = |version, own: &Membership| {
            let has = |mount: &&Mount| match version {
                Version::One => mount.fstype == "cgroup" && mount.has(controller),
                Version::Two => mount.fstype == "cgroup2",
            };
            let mounts: Vec<_> = self.mounts.iter().rev().filter(has).collect();
            self.chain(version, &own.path, &mounts)
        };
        // A controller is in one of the two.
        let mut chain = match (self.own.iter().find(one), self.own.iter().find(two)) {
            (Some(own), _) => chain(Version::One, own),
            (None, Some(own)) => chain(Version::Two, own),
            (None, None) => Vec::new(),
        };
        chain.retain(|cgroup| !cgroup.is_top());
        chain
    }

    fn chain(&self, version: Version, name: &Path, mounts: &[&Mount]) -> Vec<Cgroup> {
        let of = |mount: &Mount, name: &Path| {
            let inner = name.strip_prefix(&mount.root).ok()?;
            // A name like `/../x` is outside of our namespace, and here outside of what is mounted.
            let inside = !inner.components().any(|part| part == Component::ParentDir);
            inside.then(|| Cgroup {
                version,
                name: name.to_owned(),
                folder: self.folder(mount).join(inner),
            })
        };
        for mount in mounts {
            if of(mount, name).is_some_and(|cgroup| is_cgroup(&cgroup.folder)) {
                return name.ancestors().map_while(|name| of(mount, name)).collect();
            }
        }
        // The name is of another namespace than the mount, which is our own cgroup.
        if name.starts_with("/..") {
            return Vec::new();
        }
        let cgroup = |mount: &&Mount| Cgroup {
            version,
            name: name.to_owned(),
            folder: self.folder(mount),
        };
        let mut own = mounts.iter().map(cgroup);
        let own = own.find(|cgroup| is_cgroup(&cgroup.folder) && !cgroup.is_top());
        own.into_iter().collect()
    }

    fn folder(&self, mount: &Mount) -> PathBuf {
        let inner = mount.mountpoint.strip_prefix("/");
        self.root.join(inner.unwrap_or(&mount.mountpoint))
    }
}

impl Cgroup {
    /// Whether it is the machine's.
    fn is_top(&self) -> bool {
        match self.version {
            Version::One => self.folder.join("release_agent").exists(),
            Version::Two => !self.folder.join("cgroup.events").exists(),
        }
    }
}

fn is_cgroup(folder: &Path) -> bool {
    folder.join("cgroup.procs").exists()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Linux 6.18, shortened.
    const RECORDED: &[u8] =
        b"9:name=systemd:/\n4:memory:/process_api/4864\n2:cpu,cpuacct:/a:b\n0::/x\n";

    #[test]
    fn a_recorded_file() {
        let of = |controllers: &[&str], path: &str| Membership {
            controllers: controllers.iter().map(|name| (*name).to_owned()).collect(),
            path: path.into(),
        };
        assert_eq!(
            parse(RECORDED).unwrap(),
            [
                of(&["name=systemd"], "/"),
                of(&["memory"], "/process_api/4864"),
                of(&["cpu", "cpuacct"], "/a:b"),
                of(&[], "/x"),
            ]
        );
        let error = parse(b"0::/\n4:memory\n").unwrap_err();
        assert_eq!(error.to_string(), "line 2: not a cgroup");
    }

    proptest! {
        #[test]
        fn garbage_never_panics(garbage: Vec<u8>, close in "([0-9]:[a-z,]{0,9}:[/.a-z]{0,12}\n?){0,4}") {
            for text in [garbage.as_slice(), close.as_bytes()] {
                let Ok(own) = parse(text) else { continue };
                let mounts = Vec::new();
                let root = Path::new("/nowhere");
                Hierarchies { own, mounts: &mounts, root }.of("memory");
            }
        }
    }
}

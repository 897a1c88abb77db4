//! Which mounts are told of, and under which names.

use std::{
    collections::HashSet,
    ffi::OsString,
    os::unix::ffi::{OsStrExt, OsStringExt},
    path::{Path, PathBuf},
};

use exposition::Labels;

use super::{
    LOCAL,
    fstype::{is_memory, is_remote, is_virtual},
    machine::Machine,
    mounts::{Mount, is_unjudged, is_untold},
};

/// A mount that is told of.
#[derive(Debug)]
pub(super) struct Watched {
    /// Where we reach it.
    pub(super) path: PathBuf,
    pub(super) readonly: bool,
    /// Somebody else has to answer before the kernel can, and may never do.
    pub(super) remote: bool,
    /// Its labels in `node_filesystem_*`; `None`: not told there.
    pub(super) node: Option<Labels>,
    /// Its labels in `vitals_host_filesystem_used_ratio`; `None`: not told there.
    pub(super) judged: Option<Labels>,
}

/// A mount, and what has been found out about it.
struct Candidate<'a> {
    mount: &'a Mount,
    /// As the host calls it.
    mountpoint: String,
    path: PathBuf,
    /// Nothing is mounted over it.
    visible: bool,
    remote: bool,
}

/// Chooses from the host's table, whose `/` we reach as `rootfs`; of those that could keep us
/// waiting only where `remote` ones are wanted.
pub(super) fn choose(
    mounts: &[Mount],
    rootfs: &Path,
    remote: bool,
    machine: &Machine,
) -> Vec<Watched> {
    let mut candidates = candidates(mounts, rootfs);
    candidates.retain(|candidate| remote || !candidate.remote);
    let judged = judged(&candidates, machine);
    let mut told = HashSet::new();
    let watched = candidates
        .into_iter()
        .enumerate()
        .filter_map(|(index, candidate)| {
            let Candidate {
                mount,
                mountpoint,
                path,
                remote,
                ..
            } = candidate;
            // Mounted twice at the same place it would be the same series twice.
            let node = (!is_virtual(&mount.fstype) && !is_untold(&mountpoint))
                .then(|| {
                    Labels::new([
                        ("device", mount.source.as_str()),
                        ("fstype", &mount.fstype),
                        ("mountpoint", &mountpoint),
                    ])
                })
                .filter(|labels| told.insert(labels.clone()));
            let judged = judged
                .contains(&index)
                .then(|| Labels::new([("host", LOCAL), ("mountpoint", &mountpoint)]));
            let wanted = node.is_some() || judged.is_some();
            wanted.then_some(Watched {
                path,
                readonly: mount.readonly,
                remote,
                node,
                judged,
            })
        });
    watched.collect()
}

/// What is mounted. Remote is also what a remote filesystem covers, and what is reached through it.
/// A remote root covers nothing but itself: where that one hangs, so do we.
fn candidates<'a>(mounts: &'a [Mount], rootfs: &Path) -> Vec<Candidate<'a>> {
    let ours = is_ours(mounts, rootfs);
    let remote: Vec<&Path> = mounts
        .iter()
        .filter(|mount| is_remote(&mount.fstype))
        .map(|mount| mount.mountpoint.as_path())
        .collect();
    let waits = |path: &Path| {
        let behind = |remote: &Path| remote != Path::new("/") && path.starts_with(remote);
        remote
            .iter()
            .any(|&remote| path == remote || behind(remote))
    };
    let mut covered = HashSet::new();
    let mut candidates = Vec::new();
    for mount in mounts.iter().rev() {
        let Some(on_host) = on_host(&mount.mountpoint, rootfs, ours) else {
            continue;
        };
        let mountpoint = on_host.to_string_lossy().into_owned();
        let visible = covered.insert(mountpoint.clone());
        candidates.push(Candidate {
            mount,
            mountpoint,
            path: reached(&on_host, rootfs),
            visible,
            remote: waits(&mount.mountpoint),
        });
    }
    candidates.reverse();
    candidates
}

/// Whether the table is written from where we stand, not by the host's first process: then the
/// host's root is one of the mounts.
fn is_ours(mounts: &[Mount], rootfs: &Path) -> bool {
    mounts.iter().any(|mount| mount.mountpoint == rootfs)
}

/// As the host calls it; `None` for what is ours and not the host's.
fn on_host(mountpoint: &Path, rootfs: &Path, ours: bool) -> Option<PathBuf> {
    if ours {
        let inner = mountpoint.strip_prefix(rootfs).ok()?;
        return Some(Path::new("/").join(inner));
    }
    Some(mountpoint.to_owned())
}

fn reached(mountpoint: &Path, rootfs: &Path) -> PathBuf {
    // `join` would take an absolute path for the whole answer.
    let inner = mountpoint.as_os_str().as_bytes();
    let inner = inner.strip_prefix(b"/").unwrap_or(inner);
    rootfs.join(OsString::from_vec(inner.to_vec()))
}

/// The indices of those whose filling up would hurt, one per device; in a container, where there
/// are none, its root.
fn judged(candidates: &[Candidate<'_>], machine: &Machine) -> Vec<usize> {
    let mut best: Vec<usize> = Vec::new();
    for (index, candidate) in candidates.iter().enumerate() {
        if !could_fill_up(candidate, machine) {
            continue;
        }
        let same = |other: &&mut usize| candidates[**other].mount.number == candidate.mount.number;
        match best.iter_mut().find(same) {
            None => best.push(index),
            Some(known) if rank(candidate) < rank(&candidates[*known]) => *known = index,
            Some(_) => {}
        }
    }
    if best.is_empty() {
        let root = |candidate: &Candidate<'_>| candidate.visible && candidate.mountpoint == "/";
        best.extend(candidates.iter().rposition(root));
    }
    best
}

/// Of a device mounted at several places the one where all of it is, then the shortest name.
fn rank(candidate: &Candidate<'_>) -> (bool, usize) {
    (!candidate.mount.is_whole(), candidate.mountpoint.len())
}

fn could_fill_up(candidate: &Candidate<'_>, machine: &Machine) -> bool {
    let Candidate {
        mount,
        mountpoint,
        path,
        visible,
        remote,
    } = candidate;
    *visible
        && !mount.readonly
        && !is_virtual(&mount.fstype)
        && !is_memory(&mount.fstype)
        && !is_unjudged(mountpoint)
        && (*remote || is_folder_with_room(path, machine))
}

/// Container runtimes mount single files (`/etc/hosts`) out of the host's filesystem.
fn is_folder_with_room(path: &Path, machine: &Machine) -> bool {
    (machine.is_directory)(path) && !(machine.space)(path).is_ok_and(|space| space.size == 0.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::collector::system::{machine::Space, mounts};

    /// A machine on which `/etc/hosts` is the only file and `/nothing` has no size.
    fn machine() -> Machine {
        Machine {
            space: |path| {
                let size = if path.ends_with("nothing") { 0.0 } else { 1.0 };
                Ok(Space {
                    size,
                    ..Space::default()
                })
            },
            is_directory: |path| !path.ends_with("etc/hosts"),
            ..Machine::this()
        }
    }

    /// Lines of number (and folder), mountpoint, type, options.
    fn chosen(rootfs: &str, table: &[(&str, &str, &str, &str)]) -> Vec<Watched> {
        chosen_of(rootfs, table, false)
    }

    fn chosen_of(rootfs: &str, table: &[(&str, &str, &str, &str)], remote: bool) -> Vec<Watched> {
        let line = |(number, mountpoint, fstype, options): &(&str, &str, &str, &str)| {
            let (number, root) = number.split_once('/').unwrap_or((number, ""));
            format!("1 1 {number} /{root} {mountpoint} {options} - {fstype} {fstype}{number} rw\n")
        };
        let table: String = table.iter().map(line).collect();
        let mounts = mounts::parse(table.as_bytes()).unwrap();
        choose(&mounts, Path::new(rootfs), remote, &machine())
    }

    fn node(watched: &[Watched]) -> Vec<&str> {
        let labels = watched.iter().filter_map(|w| w.node.as_ref());
        labels
            .filter_map(|labels| labels.get("mountpoint"))
            .collect()
    }

    fn judged(watched: &[Watched]) -> Vec<&str> {
        let labels = watched.iter().filter_map(|w| w.judged.as_ref());
        labels
            .filter_map(|labels| labels.get("mountpoint"))
            .collect()
    }

    #[test]
    fn one_per_device_is_judged_and_all_are_told() {
        let watched = chosen(
            "/",
            &[
                ("0:21", "/proc", "proc", "rw"),
                ("8:1/folder", "/srv/a", "ext4", "rw"),
                ("8:1", "/", "ext4", "rw"),
                ("8:2/folder", "/b", "xfs", "rw"),
                ("8:2", "/data", "xfs", "rw"),
                ("8:2", "/data", "xfs", "rw"),
                ("8:3", "/backup", "xfs", "ro,noatime"),
                ("0:30", "/run", "tmpfs", "rw"),
                ("7:1", "/snap/core", "squashfs", "ro"),
                ("0:31", "/nothing", "ramfs", "rw"),
                ("0:32", "/a/nothing", "strangefs", "rw"),
            ],
        );
        assert_eq!(judged(&watched), ["/", "/data"]);
        assert_eq!(
            node(&watched),
            [
                "/srv/a",
                "/",
                "/b",
                "/data",
                "/backup",
                "/nothing",
                "/a/nothing"
            ]
        );
    }

    const WITH_REMOTE: [(&str, &str, &str, &str); 6] = [
        ("8:1", "/", "ext4", "rw"),
        ("0:40", "/home", "nfs4", "rw"),
        ("8:2", "/home/me/scratch", "ext4", "rw"),
        ("8:3", "/srv", "ext4", "rw"),
        ("0:41", "/srv", "fuse.sshfs", "rw"),
        ("8:4", "/homework", "ext4", "rw"),
    ];

    #[test]
    fn what_could_keep_us_waiting_is_left_alone() {
        let watched = chosen("/", &WITH_REMOTE);
        assert_eq!(node(&watched), ["/", "/homework"]);
        let watched = chosen(
            "/",
            &[
                ("0:2", "/", "rootfs", "rw"),
                ("0:40", "/", "nfs", "rw"),
                ("8:4", "/data", "ext4", "rw"),
            ],
        );
        assert_eq!(node(&watched), ["/data"]);
    }

    #[test]
    fn where_it_is_wanted_it_is_marked() {
        let watched = chosen_of("/", &WITH_REMOTE, true);
        let remote = watched.iter().filter(|watched| watched.remote);
        let remote: Vec<_> = remote.map(|watched| watched.path.as_path()).collect();
        let expected = ["/home", "/home/me/scratch", "/srv", "/srv"].map(Path::new);
        assert_eq!(remote, expected);
        assert_eq!(
            judged(&watched),
            ["/", "/home", "/home/me/scratch", "/srv", "/homework"]
        );
    }

    #[test]
    fn what_is_ours_is_not_the_hosts() {
        let watched = chosen(
            "/host",
            &[
                ("0:50", "/", "overlay", "rw"),
                ("8:9", "/data", "ext4", "rw"),
                ("8:1", "/host", "ext4", "rw"),
                ("8:2", "/host/data", "xfs", "rw"),
            ],
        );
        assert_eq!(node(&watched), ["/", "/data"]);
        assert_eq!(watched[1].path, Path::new("/host/data"));
    }

    #[test]
    fn disks_below_mnt_are_judged_though_node_exporter_as_debian_has_it_hides_them() {
        let table = [
            ("8:1", "/", "ext4", "rw"),
            ("8:2", "/mnt/iris", "xfs", "rw"),
        ];
        let watched = chosen("/", &table);
        assert_eq!(judged(&watched), ["/", "/mnt/iris"]);
        assert_eq!(node(&watched), ["/"]);
    }

    #[test]
    fn in_a_container_its_root_is_judged() {
        let mut table = vec![
            ("0:50", "/", "overlay", "rw"),
            ("8:1", "/etc/hosts", "ext4", "rw"),
            ("0:51", "/run/secrets", "tmpfs", "rw"),
        ];
        assert_eq!(judged(&chosen("/", &table)), ["/"]);
        assert_eq!(node(&chosen("/", &table)), ["/etc/hosts"]);
        table.push(("8:1", "/data", "ext4", "rw"));
        assert_eq!(judged(&chosen("/", &table)), ["/data"]);
    }

    #[test]
    fn only_what_is_mounted_last_is_seen() {
        let watched = chosen(
            "/",
            &[
                ("8:1", "/", "ext4", "rw"),
                ("8:2", "/data", "xfs", "rw"),
                ("0:30", "/data", "tmpfs", "rw"),
            ],
        );
        assert_eq!(judged(&watched), ["/"]);
        assert_eq!(node(&watched), ["/", "/data", "/data"]);
    }

    #[test]
    fn the_hosts_root_may_be_elsewhere() {
        // The table of the host's first process, and our own.
        for table in [
            [("8:1", "/", "ext4", "rw"), ("8:2", "/data", "xfs", "rw")],
            [
                ("8:1", "/host", "ext4", "rw"),
                ("8:2", "/host/data", "xfs", "rw"),
            ],
        ] {
            let watched = chosen("/host", &table);
            assert_eq!(judged(&watched), ["/", "/data"]);
            let paths: Vec<_> = watched.iter().map(|w| w.path.as_path()).collect();
            assert_eq!(paths, [Path::new("/host"), Path::new("/host/data")]);
        }
    }
}

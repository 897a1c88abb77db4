//! The table of mounts, from `/proc/<pid>/mountinfo`.

use std::{
    ffi::OsString,
    os::unix::ffi::OsStringExt,
    path::{Path, PathBuf},
};

use super::text::{Malformed, lines};

/// One line of the table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Mount {
    /// `major:minor` of what is mounted: the same for all places it is mounted at.
    pub(super) number: String,
    /// The folder of it that is mounted; `/` is all of it.
    pub(super) root: PathBuf,
    pub(super) mountpoint: PathBuf,
    /// Usually a device file.
    pub(super) source: String,
    pub(super) fstype: String,
    pub(super) readonly: bool,
    /// The filesystem's own, wherever it is mounted.
    pub(super) super_options: String,
}

impl Mount {
    /// All of it is mounted, not one of its folders.
    pub(super) fn is_whole(&self) -> bool {
        self.root == Path::new("/")
    }

    /// Whether the filesystem has this option.
    pub(super) fn has(&self, option: &str) -> bool {
        self.super_options.split(',').any(|known| known == option)
    }
}

pub(super) fn parse(text: &[u8]) -> Result<Vec<Mount>, Malformed> {
    lines(text)
        .map(|(line, content)| {
            let problem = "not a mount";
            mount(content).ok_or(Malformed::Line { line, problem })
        })
        .collect()
}

/// `36 35 98:0 /root /mountpoint options optional… - fstype source super-options`
fn mount(line: &[u8]) -> Option<Mount> {
    // Not by words: a source can be empty.
    let mut fields = line.split(|&c| c == b' ');
    let number = fields.nth(2)?;
    let root = fields.next()?;
    let mountpoint = fields.next()?;
    let options = fields.next()?;
    fields.find(|field| *field == b"-")?;
    let fstype = fields.next()?;
    let source = fields.next()?;
    let super_options = fields.next().unwrap_or_default();

    let says = |options: &[u8], wanted: &[u8]| options.split(|&c| c == b',').any(|o| o == wanted);
    let path = |field| PathBuf::from(OsString::from_vec(unescaped(field)));
    let text = |field| String::from_utf8_lossy(field).into_owned();
    Some(Mount {
        number: text(number),
        root: path(root),
        mountpoint: path(mountpoint),
        source: text(source),
        fstype: text(fstype),
        readonly: says(options, b"ro")
            || says(super_options, b"ro")
            || says(super_options, b"emergency_ro"),
        super_options: text(super_options),
    })
}

/// Blanks, line feeds and backslashes stand in the table as `\040` and the like.
fn unescaped(field: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(field.len());
    let mut rest = field;
    while let Some((&first, after)) = rest.split_first() {
        let octal = match (first, after) {
            (b'\\', [a @ b'0'..=b'3', b @ b'0'..=b'7', c @ b'0'..=b'7', ..]) => {
                Some((a - b'0') << 6 | (b - b'0') << 3 | (c - b'0'))
            }
            _ => None,
        };
        out.push(octal.unwrap_or(first));
        rest = if octal.is_some() { &after[3..] } else { after };
    }
    out
}

/// What node_exporter as Debian builds it leaves out: its default
/// `--collector.filesystem.mount-points-exclude`.
pub(super) fn is_untold(mountpoint: &str) -> bool {
    ["/dev", "/proc", "/run", "/sys", "/mnt", "/media"]
        .iter()
        .any(|folder| mountpoint == *folder || is_below(folder, mountpoint))
        || is_of_containers(mountpoint)
}

/// What fills up without hurting, or is counted elsewhere. Disks below `/mnt` are not.
pub(super) fn is_unjudged(mountpoint: &str) -> bool {
    ["/dev", "/proc", "/sys"]
        .iter()
        .any(|folder| mountpoint == *folder || is_below(folder, mountpoint))
        || is_below("/run/credentials", mountpoint)
        || is_of_containers(mountpoint)
}

fn is_of_containers(mountpoint: &str) -> bool {
    is_below("/var/lib/docker", mountpoint) || is_below("/var/lib/containers/storage", mountpoint)
}

fn is_below(folder: &str, mountpoint: &str) -> bool {
    let inner = mountpoint.strip_prefix(folder);
    inner.is_some_and(|inner| inner.len() > 1 && inner.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use std::{ffi::OsStr, os::unix::ffi::OsStrExt};

    use proptest::prelude::*;

    use super::*;

    /// The second line recorded on Linux 6.18, the others by hand after proc(5).
    const TABLE: &[u8] =
        br"36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue
27 1 254:0 / / rw,relatime - ext4 /dev/vda rw,discard,resv_strict,resuid=65534,resgid=65534
40 27 8:1 / /mnt/my\040disk\134 ro,relatime shared:5 master:7 - xfs /dev/sda1 rw
41 27 0:44 / /empty rw - tmpfs  ro,size=4k
";

    #[test]
    fn a_table() {
        let mounts = parse(TABLE).unwrap();
        let told = mounts.iter().map(|mount| {
            let Mount { source, fstype, .. } = mount;
            let (root, mountpoint) = (mount.root.to_str(), mount.mountpoint.to_str());
            (
                mount.number.as_str(),
                root,
                mountpoint,
                source.as_str(),
                fstype.as_str(),
            )
        });
        assert_eq!(
            told.collect::<Vec<_>>(),
            [
                ("98:0", Some("/mnt1"), Some("/mnt2"), "/dev/root", "ext3"),
                ("254:0", Some("/"), Some("/"), "/dev/vda", "ext4"),
                ("8:1", Some("/"), Some(r"/mnt/my disk\"), "/dev/sda1", "xfs"),
                ("0:44", Some("/"), Some("/empty"), "", "tmpfs"),
            ]
        );
        let readonly: Vec<_> = mounts.iter().map(|mount| mount.readonly).collect();
        assert_eq!(readonly, [false, false, true, true]);
        assert!(mounts[1].is_whole() && mounts[1].has("discard"));
        assert!(!mounts[0].is_whole() && !mounts[0].has("continue"));
    }

    #[test]
    fn what_is_wrong_is_named() {
        for bad in ["36 35 98:0 / /", "36 35 98:0 / / rw - ext4", "garbage"] {
            let text = format!("27 1 254:0 / / rw - ext4 /dev/vda rw\n{bad}\n");
            let error = parse(text.as_bytes()).unwrap_err();
            assert_eq!(error.to_string(), "line 2: not a mount", "{bad}");
        }
    }

    #[test]
    fn mountpoints_need_not_be_text() {
        assert_eq!(unescaped(br"/a\377\400\01"), b"/a\xff\\400\\01");
        let table = parse(br"27 1 8:0 / /\377 rw - ext4 /dev/vda rw").unwrap();
        assert_eq!(table[0].mountpoint.as_os_str(), OsStr::from_bytes(b"/\xff"));
    }

    #[test]
    fn exclusions_are_node_exporters() {
        for excluded in [
            "/dev",
            "/dev/shm",
            "/proc/fs/nfsd",
            "/sys",
            "/run/credentials/systemd-resolved.service",
            "/var/lib/docker/overlay2/x/merged",
            "/var/lib/containers/storage/overlay",
        ] {
            assert!(is_untold(excluded) && is_unjudged(excluded), "{excluded}");
        }
        for untold in [
            "/run",
            "/run/user/0",
            "/mnt/data",
            "/media/usb",
            "/run/credentials",
        ] {
            assert!(is_untold(untold) && !is_unjudged(untold), "{untold}");
        }
        for kept in [
            "/",
            "/device",
            "/var/lib/docker",
            "/var/lib/docker/",
            "/srv/mnt/dev",
        ] {
            assert!(!is_untold(kept) && !is_unjudged(kept), "{kept}");
        }
    }

    proptest! {
        #[test]
        fn garbage_never_panics(
            garbage: Vec<u8>,
            close in r"[0-9a-z:/ \\\n-]{0,100}",
            at in 0..TABLE.len(),
            byte in any::<u8>(),
        ) {
            let mut text = TABLE.to_vec();
            text[at] = byte;
            for text in [garbage.as_slice(), close.as_bytes(), &text, &TABLE[..at]] {
                let _ = parse(text);
            }
        }
    }
}

//! What kinds of filesystems there are: virtual ones, remote ones, those in memory.

/// Not storage, or storage that is always full: node_exporter's default
/// `--collector.filesystem.fs-types-exclude`.
pub(super) fn is_virtual(fstype: &str) -> bool {
    matches!(
        fstype,
        "autofs"
            | "binfmt_misc"
            | "bpf"
            | "cgroup"
            | "cgroup2"
            | "configfs"
            | "debugfs"
            | "devpts"
            | "devtmpfs"
            | "fusectl"
            | "hugetlbfs"
            | "iso9660"
            | "mqueue"
            | "nsfs"
            | "overlay"
            | "proc"
            | "procfs"
            | "pstore"
            | "rpc_pipefs"
            | "securityfs"
            | "selinuxfs"
            | "squashfs"
            | "sysfs"
            | "tracefs"
    )
}

/// Somebody else has to answer before the kernel can: over a network, from another cluster node,
/// from the hypervisor, or, with FUSE, from a program. All of them can keep `statvfs` waiting for
/// ever.
pub(super) fn is_remote(fstype: &str) -> bool {
    let listed = matches!(
        fstype,
        "9p" | "acfs"
            | "afs"
            | "beegfs"
            | "ceph"
            | "cifs"
            | "coda"
            | "fuse"
            | "gfs"
            | "gfs2"
            | "glusterfs"
            | "gpfs"
            | "lustre"
            | "ncpfs"
            | "nfs"
            | "nfs4"
            | "ocfs2"
            | "orangefs"
            | "panfs"
            | "prl_fs"
            | "pvfs2"
            | "smb3"
            | "smbfs"
            | "vboxsf"
            | "virtiofs"
            | "vmhgfs"
    );
    listed || fstype.starts_with("fuse.")
}

/// Lives in memory, and is counted there.
pub(super) fn is_memory(fstype: &str) -> bool {
    matches!(fstype, "tmpfs" | "ramfs")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_hang_is_remote() {
        for fstype in ["nfs", "nfs4", "cifs", "9p", "fuse.sshfs", "fuse.anything"] {
            assert!(is_remote(fstype), "{fstype}");
        }
        for fstype in ["ext4", "xfs", "btrfs", "zfs", "tmpfs", "fuseblk", "overlay"] {
            assert!(!is_remote(fstype), "{fstype}");
        }
    }
}

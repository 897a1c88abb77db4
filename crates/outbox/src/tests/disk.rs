//! Disks that are full, that refuse, that hang: nobody waits, nothing live is lost.
//!
//! Real ones, mounted in a namespace of their own. Where that is not permitted the story is left out.

use std::{env, fs::File, io::ErrorKind, os::fd::AsRawFd, path::PathBuf, process::Command};

use rustix::mount::{MountFlags, UnmountFlags, mount, unmount};

use super::*;

/// Set where the story goes on in the namespace.
const INSIDE: &str = "OUTBOX_TEST_MOUNTPOINT";

/// Runs a test of this file by its name where it may mount.
fn in_a_namespace(test: &str) {
    let folder = Folder::new(test);
    let isolated = |program: &Path| {
        let mut command = Command::new("unshare");
        command.args(["--mount", "--pid", "--fork", "--mount-proc"]);
        command.arg(program).env(INSIDE, &folder.0);
        command
    };
    let permitted = isolated(Path::new("/bin/true")).status();
    if !permitted.is_ok_and(|status| status.success()) {
        println!("{test}: left out, not permitted to mount here");
        return;
    }
    let test = format!("tests::disk::{test}");
    let story = isolated(&env::current_exe().unwrap())
        .args(["--ignored", "--exact", &test, "--nocapture"])
        .status();
    assert!(story.unwrap().success());
}

/// 64 KiB, and an outbox on it in small segments.
struct SmallDisk {
    mountpoint: PathBuf,
    directory: PathBuf,
    options: Options,
    outbox: Outbox,
}

impl SmallDisk {
    /// `None` outside of the namespace.
    fn mount() -> Option<SmallDisk> {
        let mountpoint = PathBuf::from(env::var_os(INSIDE)?);
        let flags = MountFlags::NODEV | MountFlags::NOSUID;
        mount("tmpfs", &mountpoint, "tmpfs", flags, c"size=65536").unwrap();
        let options = Options {
            segment_bytes: 16_000,
            ..Options::default()
        };
        let directory = mountpoint.join("outbox");
        let (outbox, _) = Outbox::open(&directory, options).unwrap();
        outbox.consumers(&["redis"]);
        Some(SmallDisk {
            mountpoint,
            directory,
            options,
            outbox,
        })
    }
}

#[test]
fn a_full_disk() {
    in_a_namespace("full");
}

#[test]
#[ignore = "the other test calls it in a namespace of its own"]
fn full() {
    let Some(SmallDisk {
        mountpoint,
        directory,
        options,
        outbox,
    }) = SmallDisk::mount()
    else {
        return;
    };
    // Twice what the disk holds.
    let mut last = 0;
    for _ in 0..120 {
        last = append(&outbox, [7; 1_000]);
    }
    until(|| outbox.durable().borrow().trouble == Some(ErrorKind::StorageFull));
    let behind = outbox.durable().borrow().up_to;
    assert!(behind < last);
    // Everybody is served from memory.
    assert_eq!(outbox.read("redis", 0, 1_000).len(), 120);
    // What is taken makes room, and the rest is written.
    outbox.acknowledge("redis", 100);
    durable(&outbox, last);
    until(|| outbox.durable().borrow().trouble.is_none());
    let more = append(&outbox, "more");
    assert!(outbox.close(LONG));
    let (outbox, recovery) = Outbox::open(&directory, options).unwrap();
    assert!(recovery.damaged.is_empty(), "{recovery:?}");
    let expected: Vec<u64> = (101..=more).collect();
    assert_eq!(seqs(&outbox.live()), expected);
    drop(outbox);
    unmount(&mountpoint, UnmountFlags::DETACH).unwrap();
}

#[test]
fn a_disk_full_of_what_may_go() {
    in_a_namespace("full_of_what_may_go");
}

/// The cursors are where the disk is full of, and there is room for little else.
#[test]
#[ignore = "the other test calls it in a namespace of its own"]
fn full_of_what_may_go() {
    let Some(SmallDisk {
        mountpoint,
        directory,
        options,
        outbox,
    }) = SmallDisk::mount()
    else {
        return;
    };
    let large = append(&outbox, [7; 57_000]);
    durable(&outbox, large);
    let last = append(&outbox, [7; 20_000]);
    until(|| outbox.durable().borrow().trouble == Some(ErrorKind::StorageFull));
    outbox.acknowledge("redis", large);
    durable(&outbox, last);
    assert_eq!(outbox.durable().borrow().trouble, None);
    assert!(outbox.close(LONG));
    let (outbox, recovery) = Outbox::open(&directory, options).unwrap();
    assert!(recovery.damaged.is_empty(), "{recovery:?}");
    assert_eq!(seqs(&outbox.live()), [last]);
    assert_eq!(outbox.cursor("redis"), Some(large));
    drop(outbox);
    unmount(&mountpoint, UnmountFlags::DETACH).unwrap();
}

#[test]
fn a_disk_that_hangs() {
    if Path::new("/dev/fuse").exists() {
        in_a_namespace("hung");
    } else {
        println!("hung: left out, there is no FUSE here");
    }
}

#[test]
#[ignore = "the other test calls it in a namespace of its own"]
fn hung() {
    let Some(mountpoint) = env::var_os(INSIDE) else {
        return;
    };
    let mountpoint = Path::new(&mountpoint);
    let options = Options {
        segment_bytes: 1_000,
        ..Options::default()
    };
    let (outbox, _) = Outbox::open(mountpoint, options).unwrap();
    outbox.consumers(&["redis"]);
    let durable_before = append(&outbox, "before");
    durable(&outbox, durable_before);
    // From now on no file is opened there: a filesystem whose program reads no requests.
    let device = File::options()
        .read(true)
        .write(true)
        .open("/dev/fuse")
        .unwrap();
    let data = format!(
        "fd={},rootmode=40000,user_id=0,group_id=0",
        device.as_raw_fd()
    );
    let data = std::ffi::CString::new(data).unwrap();
    mount("hung", mountpoint, "fuse", MountFlags::empty(), &*data).unwrap();
    let mut last = append(&outbox, [7; 100]);
    until(|| {
        // Until the writer comes to its next segment, however many it takes at once.
        for _ in 0..20 {
            last = append(&outbox, [7; 100]);
        }
        outbox.acknowledge("redis", last.saturating_sub(10));
        outbox
            .depth()
            .busy
            .is_some_and(|busy| busy > Duration::from_millis(50))
    });
    assert_eq!(outbox.read("redis", 0, 1_000).len(), 10);
    assert!(outbox.durable().borrow().up_to < last);
    assert!(
        !outbox.close(Duration::from_millis(50)),
        "it does not wait for ever"
    );
    assert_eq!(append(&outbox, "after"), last + 1);
    // The program ends: every call fails now.
    drop(device);
    until(|| outbox.depth().busy.is_none());
    let _ = unmount(mountpoint, UnmountFlags::DETACH);
}

//! A disk that hangs under the outbox: alerts are delivered all the same.

use std::{env, fs::File, os::fd::AsRawFd, path::Path, process::Command};

use outbox::{Options, Outbox};
use rustix::mount::{MountFlags, UnmountFlags, mount, unmount};

use super::stage::*;

/// Set where the story goes on in a namespace of its own.
const INSIDE: &str = "VITALS_TEST_OUTBOX";

#[test]
fn alerts_do_not_wait_for_a_disk_that_hangs() {
    let folder = Folder::new("hung-outbox");
    let isolated = |program: &Path| {
        let mut command = Command::new("unshare");
        command.args(["--mount", "--pid", "--fork", "--mount-proc"]);
        command.arg(program).env(INSIDE, &folder.0);
        command
    };
    let permitted = isolated(Path::new("/bin/true")).status();
    if !Path::new("/dev/fuse").exists() || !permitted.is_ok_and(|status| status.success()) {
        println!("left out: not permitted to mount here");
        return;
    }
    let story = isolated(&env::current_exe().unwrap())
        .args(["--ignored", "--exact", "disk::inside", "--nocapture"])
        .status();
    assert!(story.unwrap().success());
}

#[test]
#[ignore = "the other test calls it in a namespace of its own"]
fn inside() {
    // Among all ignored tests it is nobody's story.
    let Some(mountpoint) = env::var_os(INSIDE) else {
        return;
    };
    let mountpoint = Path::new(&mountpoint);
    story(async {
        let server = Server::redis(&[]);
        let options = Options {
            segment_bytes: 1_000,
            ..Options::default()
        };
        let (outbox, _) = Outbox::open(mountpoint, options).unwrap();
        let vitals = Vitals::start(settings(&server.url()), outbox.clone());
        vitals.tell(alert("CPU", 1)).await;
        vitals.delivered().await;
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
        for number in 2..=100 {
            vitals.tell(alert("CPU", number)).await;
        }
        vitals.delivered().await;
        vitals.tell(alert("CPU", 101)).await;
        vitals.delivered().await;
        assert!(outbox.depth().busy.is_some(), "it hangs");
        let numbers: Vec<u64> = server.log().iter().map(n).collect();
        assert_eq!(numbers, (1..=101).collect::<Vec<_>>());
        vitals.end().await;
        drop(device);
        let _ = unmount(mountpoint, UnmountFlags::DETACH);
    });
}

//! A real filesystem that answers nobody: FUSE, mounted by a program that never reads its requests.
//! `statvfs` on it does not return; the host is measured all the same.
//!
//! The mount stays in a namespace of its own, where nobody else can hang on it. Where making one is
//! not permitted the story ends there; `system/tests.rs` tells it with a machine that is made up.

use std::{
    env, fs,
    fs::File,
    os::fd::AsRawFd,
    path::Path,
    process::Command,
    time::{Duration, Instant},
};

use exposition::Value;
use rustix::mount::{MountFlags, UnmountFlags, mount, unmount};
use vitals_actors::collector::{
    Collected, Collector, Reason,
    system::{SystemCollector, SystemSettings},
};

/// Set where the story goes on in the namespace.
const INSIDE: &str = "VITALS_TEST_MOUNTPOINT";
const DEADLINE: Duration = Duration::from_secs(5);
/// Far more than a measurement takes, far less than it would hang.
const DELAYED: Duration = Duration::from_secs(2);

#[test]
fn a_filesystem_that_answers_nobody_does_not_delay_a_tick() {
    let mountpoint = env::temp_dir().join(format!("vitals-fuse-{}", std::process::id()));
    fs::create_dir_all(&mountpoint).unwrap();
    let isolated = |program: &Path| {
        let mut command = Command::new("unshare");
        command.args(["--mount", "--pid", "--fork", "--mount-proc"]);
        command.arg(program).env(INSIDE, &mountpoint);
        command
    };
    let permitted = isolated(Path::new("/bin/true")).status();
    if !Path::new("/dev/fuse").exists() || !permitted.is_ok_and(|status| status.success()) {
        println!("not permitted to mount here: left to the machine that is made up");
    } else {
        let story = isolated(&env::current_exe().unwrap())
            .args(["--ignored", "--exact", "inside", "--nocapture"])
            .status();
        assert!(story.unwrap().success());
    }
    fs::remove_dir(&mountpoint).unwrap();
}

#[tokio::test]
#[ignore = "the other test calls it in a namespace of its own"]
async fn inside() {
    // Among all ignored tests it is nobody's story.
    let Some(mountpoint) = env::var_os(INSIDE) else {
        return;
    };
    let mountpoint = Path::new(&mountpoint);
    let device = File::options()
        .read(true)
        .write(true)
        .open("/dev/fuse")
        .unwrap();
    let options = format!(
        "fd={},rootmode=40000,user_id=0,group_id=0",
        device.as_raw_fd()
    );
    let options = std::ffi::CString::new(options).unwrap();
    mount(
        "vitals-test",
        mountpoint,
        "fuse",
        MountFlags::empty(),
        &*options,
    )
    .unwrap();

    let mut collector = SystemCollector::new(SystemSettings {
        network_filesystems: true,
        ..SystemSettings::default()
    });
    let told = |collected: &Collected| -> Option<Value> {
        let errors = collected
            .told()
            .find(|f| f.name == "node_filesystem_device_error");
        let of = |metric: &&exposition::Metric| {
            metric.labels.get("mountpoint").map(Path::new) == Some(mountpoint)
        };
        errors?
            .metrics
            .iter()
            .find(of)
            .map(|metric| metric.value.clone())
    };
    let began = Instant::now();
    let mut late = false;
    while !late {
        let tick = Instant::now();
        collector.collect(DEADLINE).await.unwrap();
        assert!(tick.elapsed() < DELAYED, "{:?}", tick.elapsed());
        let collected = collector.refresh(DEADLINE).await.unwrap();
        late = collected
            .failed
            .iter()
            .any(|failed| failed.reason == Reason::Timeout);
        let expected = late.then_some(Value::Number(1.0));
        assert_eq!(told(&collected), expected);
        let memory = "vitals_host_memory_used_ratio";
        assert!(
            collected
                .families
                .iter()
                .any(|family| family.name == memory)
        );
        assert!(
            began.elapsed() < Duration::from_secs(30),
            "never told to be late"
        );
        tokio::time::sleep(Duration::from_millis(100)).await;
    }

    // The program ends: whoever waits is sent away.
    drop(device);
    while !collector.collect(DEADLINE).await.unwrap().failed.is_empty() {
        assert!(
            began.elapsed() < Duration::from_secs(60),
            "the thread does not come back"
        );
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    unmount(mountpoint, UnmountFlags::DETACH).unwrap();
}

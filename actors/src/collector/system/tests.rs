//! The whole collector: a page from recorded files, missing and malformed files, the window of
//! the CPU ratio, and the machine the tests run on.

use std::{
    collections::HashSet,
    env, fs, io,
    path::{Path, PathBuf},
    process,
    sync::atomic::{AtomicUsize, Ordering},
    time::{Duration, SystemTime},
};

use exposition::{
    Value,
    text::{self, Format},
};
use proptest::prelude::*;

use super::{
    machine::{Space, Uname},
    *,
};
use crate::collector::Reason;

/// Files of `/proc`, typed by hand after those of two Debian machines; 14 mounts that show every
/// case.
const PROCFS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/procfs");
/// The page they give. `UPDATE_GOLDEN=1 cargo test` writes it anew.
const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/system.prom");

/// A machine whose answers do not change.
fn recorded_machine() -> Machine {
    Machine {
        now: || SystemTime::UNIX_EPOCH + Duration::from_millis(1_760_086_400_250),
        uname: || Uname {
            sysname: "Linux".into(),
            release: "6.1.0-18-amd64".into(),
            version: "#1 SMP PREEMPT_DYNAMIC Debian 6.1.76-1 (2024-02-01)".into(),
            machine: "x86_64".into(),
            nodename: "iris-host".into(),
            domainname: "(none)".into(),
        },
        space: |path| {
            const GIB: f64 = (1u64 << 30) as f64;
            let (size, free, avail, files) = match path.to_str() {
                Some("/") => (100.0, 60.0, 40.0, 6_553_600.0),
                Some("/boot/efi") => (0.5, 0.25, 0.25, 0.0),
                Some("/run") => (1.5, 1.25, 1.25, 2_037_880.0),
                Some("/var/lib/iris data" | "/srv/backup") => (1024.0, 64.0, 64.0, 5e8),
                Some("/mnt/archive") => (10.0, 0.0, 0.0, 1000.0),
                Some("/mnt/broken") => return Err(io::Error::from_raw_os_error(5)),
                // The remote ones, and what lies behind them, must not even be asked.
                path => panic!("asked for {path:?}"),
            };
            Ok(Space {
                size: size * GIB,
                free: free * GIB,
                avail: avail * GIB,
                files,
                files_free: files / 2.0,
            })
        },
        is_directory: |_| true,
    }
}

fn settings(procfs: impl Into<PathBuf>, node_exporter: bool) -> SystemSettings {
    SystemSettings {
        node_exporter,
        procfs: procfs.into(),
        ..SystemSettings::default()
    }
}

fn number(collected: &Collected, name: &str) -> Option<f64> {
    let family = collected.families.iter().find(|f| f.name == name)?;
    match family.metrics[0].value {
        Value::Number(number) => Some(number),
        _ => None,
    }
}

fn names(collected: &Collected, prefix: &str) -> Vec<String> {
    let names = collected.families.iter().map(|family| family.name.clone());
    names.filter(|name| name.starts_with(prefix)).collect()
}

#[test]
fn the_page_of_recorded_files() {
    let mut collector = SystemCollector::on(recorded_machine(), settings(PROCFS, true));
    let collected = collector.tick().unwrap();
    assert_eq!(collected.failed, []);
    let mut page = String::new();
    text::write(&collected.families, Format::Prometheus004, &mut page);
    if env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(PAGE, &page).unwrap();
    }
    assert_eq!(page, fs::read_to_string(PAGE).unwrap());
    // The second time everything comes from what was kept.
    assert_eq!(collector.tick().unwrap().families, collected.families);
}

#[test]
fn without_node_exporter_only_our_own_names_are_told() {
    let mut collector = SystemCollector::on(recorded_machine(), settings(PROCFS, false));
    let collected = collector.tick().unwrap();
    assert_eq!(
        names(&collected, ""),
        [
            "vitals_host_memory_used_ratio",
            "vitals_host_network_receive_bytes_total",
            "vitals_host_network_transmit_bytes_total",
            "vitals_host_filesystem_used_ratio",
        ]
    );
}

/// A `/proc` that can be changed, gone when dropped.
struct Scratch(PathBuf);

impl Scratch {
    fn new() -> Self {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("vitals-procfs-{}-{number}", process::id());
        let scratch = Scratch(env::temp_dir().join(name));
        for file in ["stat", "meminfo", "loadavg", "net/dev", "1/mountinfo"] {
            scratch.write(file, fs::read(Path::new(PROCFS).join(file)).unwrap());
        }
        scratch
    }

    fn write(&self, file: &str, content: impl AsRef<[u8]>) {
        let path = self.0.join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    fn collector(&self) -> SystemCollector {
        SystemCollector::on(recorded_machine(), settings(&self.0, true))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[test]
fn a_bad_file_costs_its_own_part_only() {
    for (file, content, reason, lost, kept) in [
        ("stat", None, Reason::Unavailable, "node_cpu", "node_load1"),
        ("stat", Some(""), Reason::Parse, "node_boot", "node_load1"),
        (
            "meminfo",
            Some("MemTotal: x kB"),
            Reason::Parse,
            "node_memory",
            "node_load1",
        ),
        (
            "loadavg",
            Some("busy"),
            Reason::Parse,
            "node_load",
            "node_procs_running",
        ),
        (
            "net/dev",
            Some("||\n||\neth0"),
            Reason::Parse,
            "node_network",
            "node_load1",
        ),
        (
            "1/mountinfo",
            Some("1 2 3"),
            Reason::Parse,
            "node_filesystem",
            "node_load1",
        ),
        (
            "1/mountinfo",
            None,
            Reason::Unavailable,
            "vitals_host_file",
            "node_load1",
        ),
    ] {
        let scratch = Scratch::new();
        let mut collector = scratch.collector();
        let before = collector.tick().unwrap();
        let path = scratch.0.join(file);
        match content {
            Some(content) => fs::write(&path, content).unwrap(),
            None => fs::remove_file(&path).unwrap(),
        }

        let collected = collector.tick().unwrap();
        let [failed] = collected.failed.as_slice() else {
            panic!("{file}: {:?}", collected.failed);
        };
        assert_eq!(failed.reason, reason, "{file}");
        if content.is_some() {
            assert_eq!(failed.part, path.display().to_string());
        }
        assert!(!names(&before, lost).is_empty(), "{file}");
        assert_eq!(names(&collected, lost), [""; 0], "{file}");
        assert!(!names(&collected, kept).is_empty(), "{file}");
    }
}

#[test]
fn a_file_without_an_end_is_too_large() {
    let scratch = Scratch::new();
    scratch.write("meminfo", vec![b'\n'; (1 << 20) + 1]);
    let collected = scratch.collector().tick().unwrap();
    assert_eq!(collected.failed[0].reason, Reason::TooLarge);
}

#[test]
fn nothing_at_all_is_an_error() {
    let mut collector = SystemCollector::new(settings("/nowhere", true));
    let error = collector.tick().unwrap_err();
    assert_eq!(error.part, "/nowhere");
    assert_eq!(error.reason, Reason::Unavailable);
    assert!(error.detail.contains("/nowhere/stat"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn only_ticks_move_the_window_of_the_cpu_ratio() {
    const RATIO: &str = "vitals_host_cpu_used_ratio";
    const FORKS: &str = "node_forks_total";
    let scratch = Scratch::new();
    let spent = |busy: u64, idle: u64| {
        scratch.write("stat", format!("cpu {busy} 0 0 {idle}\nprocesses {busy}\n"));
    };
    let second = || tokio::time::advance(Duration::from_secs(1));
    let deadline = Duration::from_secs(5);
    spent(100, 100);
    let mut collector = scratch.collector();
    assert_eq!(collector.name(), "system");
    assert_eq!(number(&collector.tick().unwrap(), RATIO), None);

    second().await;
    spent(125, 175);
    let refreshed = Collector::refresh(&mut collector, deadline).await.unwrap();
    assert_eq!(number(&refreshed, RATIO), None);
    assert_eq!(number(&refreshed, FORKS), Some(125.0));
    let ticked = collector.collect(deadline).await.unwrap();
    assert_eq!(number(&ticked, RATIO), Some(0.25));

    second().await;
    spent(200, 200);
    let refreshed = collector.refresh().unwrap();
    assert_eq!(number(&refreshed, RATIO), Some(0.25));
    assert_eq!(number(&refreshed, FORKS), Some(200.0));
    assert_eq!(number(&collector.tick().unwrap(), RATIO), Some(0.5));

    scratch.write("stat", "");
    assert_eq!(number(&collector.tick().unwrap(), RATIO), None);
    spent(200, 200);
    assert_eq!(number(&collector.refresh().unwrap(), RATIO), None);
}

/// Between two readings of our own every counter must lie where it was read.
#[test]
fn this_machine_agrees_with_itself() {
    fn mem_total() -> f64 {
        let text = fs::read_to_string("/proc/meminfo").unwrap();
        let word = text.split_whitespace().nth(1).unwrap();
        word.parse::<f64>().unwrap() * 1024.0
    }
    fn cpu_seconds() -> f64 {
        let text = fs::read_to_string("/proc/stat").unwrap();
        let line = text.lines().next().unwrap();
        let ticks = line.split_whitespace().skip(1).take(8);
        ticks.map(|t| t.parse::<f64>().unwrap()).sum::<f64>() / 100.0
    }

    let mut collector = SystemCollector::new(SystemSettings::default());
    let before = cpu_seconds();
    let collected = collector.tick().unwrap();
    let after = cpu_seconds();
    assert_eq!(collected.failed, []);

    assert_eq!(
        number(&collected, "node_memory_MemTotal_bytes"),
        Some(mem_total())
    );
    let cpu = collected
        .families
        .iter()
        .find(|f| f.name == "node_cpu_seconds_total");
    let seconds: f64 = cpu
        .unwrap()
        .metrics
        .iter()
        .map(|m| match m.value {
            Value::Number(seconds) => seconds,
            _ => unreachable!(),
        })
        .sum();
    // The line of all CPUs and those of each are rounded apart.
    assert!(
        seconds >= before - 1.0 && seconds <= after + 1.0,
        "{before} {seconds} {after}"
    );
    let memory = number(&collected, "vitals_host_memory_used_ratio").unwrap();
    assert!(memory > 0.0 && memory < 1.0, "{memory}");
    let disk = number(&collected, "vitals_host_filesystem_used_ratio");
    assert!(
        disk.is_none_or(|used| (0.0..=1.0).contains(&used)),
        "{disk:?}"
    );
    let now = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap()
        .as_secs_f64();
    let told = number(&collected, "node_time_seconds").unwrap();
    assert!((now - told).abs() < 1.0, "{now} {told}");
    assert!(number(&collected, "node_boot_time_seconds").unwrap() < now);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn whatever_the_files_say_the_page_can_be_written(
        files in proptest::collection::vec((0..5usize, any::<prop::sample::Index>(), any::<u8>()), 1..20),
    ) {
        const FILES: [&str; 5] = ["stat", "meminfo", "loadavg", "net/dev", "1/mountinfo"];
        let scratch = Scratch::new();
        let machine = Machine {
            space: |_| Ok(Space::default()),
            ..recorded_machine()
        };
        let mut collector = SystemCollector::on(machine, settings(&scratch.0, true));
        for (file, at, byte) in files {
            let path = scratch.0.join(FILES[file]);
            let mut content = fs::read(&path).unwrap();
            let at = at.index(content.len());
            content[at] = byte;
            fs::write(&path, content).unwrap();
            if let Ok(collected) = collector.tick() {
                let mut page = String::new();
                text::write(&collected.families, Format::OpenMetrics1, &mut page);
                let mut series = HashSet::new();
                for line in page.lines() {
                    let id = line.rsplit_once(' ').map_or(line, |(id, _)| id);
                    prop_assert!(series.insert(id.to_owned()), "twice: {line}");
                }
            }
        }
    }
}

//! The whole collector: a page from recorded files, missing and malformed files, the window of
//! the CPU ratio, and the machine the tests run on.

use std::{
    cell::Cell,
    collections::HashSet,
    env, fs, io,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use exposition::{
    Value,
    text::{self, Format},
};
use proptest::prelude::*;

use super::{
    machine::{Space, Uname},
    tree::Tree,
    *,
};
use crate::collector::Reason;

/// What `tests/fixtures/README.md` tells of.
const PROCFS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/procfs");
const ROOTFS: &str = include_str!(concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/tests/fixtures/rootfs.tree"
));
const CONTAINER: &str = include_str!(concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/tests/fixtures/cgroup/v2-pod.tree"
));
const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/system.prom");

const DEADLINE: Duration = Duration::from_secs(5);

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
            // Where the root is unpacked: `/tmp/vitals-tree-1-2`.
            let unpacked: PathBuf = path.components().take(3).collect();
            let inner = path.strip_prefix(unpacked).unwrap();
            let (size, free, avail, files) = match inner.to_str() {
                Some("") => (100.0, 60.0, 40.0, 6_553_600.0),
                Some("boot/efi") => (0.5, 0.25, 0.25, 0.0),
                Some("run") => (1.5, 1.25, 1.25, 2_037_880.0),
                Some("var/lib/iris data" | "srv/backup") => (1024.0, 64.0, 64.0, 5e8),
                Some("mnt/archive") => (10.0, 0.0, 0.0, 1000.0),
                Some("srv/broken") => return Err(io::Error::from_raw_os_error(5)),
                // The remote ones, and what lies behind them, must not even be asked.
                path => panic!("asked for {path:?}"),
            };
            Ok(Space {
                size: size * GIB,
                free: free * GIB,
                avail: avail * GIB,
                files,
                files_free: files / 2.0,
                readonly: false,
            })
        },
        is_directory: |_| true,
    }
}

/// The recorded host, as a container sees it that watches it.
struct Host {
    procfs: Tree,
    rootfs: Tree,
    container: Tree,
}

impl Host {
    fn recorded() -> Self {
        fn copy(from: &Path, inner: &Path, to: &Tree) {
            for entry in fs::read_dir(from.join(inner)).unwrap() {
                let entry = entry.unwrap();
                let inner = inner.join(entry.file_name());
                match entry.file_type().unwrap().is_dir() {
                    true => copy(from, &inner, to),
                    false => {
                        let content = fs::read(entry.path()).unwrap();
                        to.write(inner.to_str().unwrap(), content);
                    }
                }
            }
        }
        let procfs = Tree::new();
        copy(Path::new(PROCFS), Path::new(""), &procfs);
        Host {
            procfs,
            rootfs: Tree::of(ROOTFS),
            container: Tree::of(CONTAINER),
        }
    }

    fn collector(&self) -> SystemCollector {
        self.collector_on(recorded_machine(), true)
    }

    fn collector_on(&self, machine: Machine, node_exporter: bool) -> SystemCollector {
        let container = self.container.path();
        let container = Container::seen_by(container.join("proc"), container.to_owned());
        let settings = SystemSettings {
            node_exporter,
            procfs: self.procfs.path().to_owned(),
            rootfs: self.rootfs.path().to_owned(),
            network_filesystems: false,
            job: "hosts".to_owned(),
            ..SystemSettings::default()
        };
        SystemCollector::on(machine, container, settings)
    }
}

/// Ticks until what is asked beside the measurement has been answered.
async fn complete(collector: &mut SystemCollector) -> Collected {
    loop {
        let collected = collector.collect(DEADLINE).await.unwrap();
        if number(&collected, "node_network_up").is_some() {
            return collected;
        }
        tokio::task::yield_now().await;
    }
}

fn number(collected: &Collected, name: &str) -> Option<f64> {
    let family = collected.told().find(|f| f.name == name)?;
    match family.metrics[0].value {
        Value::Number(number) => Some(number),
        _ => None,
    }
}

fn names(collected: &Collected, prefix: &str) -> Vec<String> {
    let names = collected.told().map(|family| family.name.to_string());
    names.filter(|name| name.starts_with(prefix)).collect()
}

#[tokio::test]
async fn the_page_of_recorded_files() {
    let host = Host::recorded();
    let mut collector = host.collector();
    let collected = complete(&mut collector).await;
    assert_eq!(collected.failed, []);
    let mut page = String::new();
    text::write(collected.told(), Format::Prometheus004, &mut page);
    if env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(PAGE, &page).unwrap();
    }
    assert_eq!(page, fs::read_to_string(PAGE).unwrap());
    // The second time everything comes from what was kept.
    let refreshed = collector.refresh(DEADLINE).await.unwrap();
    assert!(refreshed.told().eq(collected.told()));
}

#[test]
fn without_node_exporter_only_our_own_names_are_told() {
    let host = Host::recorded();
    let mut collector = host.collector_on(recorded_machine(), false);
    let collected = collector.measure(Occasion::Tick).unwrap();
    let ours = names(&collected, "");
    let of_the_host: Vec<_> = ours.iter().filter(|name| name.contains("_host_")).collect();
    assert_eq!(
        of_the_host,
        [
            "vitals_host_memory_used_ratio",
            "vitals_host_hugepages_bytes",
            "vitals_host_network_receive_bytes_total",
            "vitals_host_network_transmit_bytes_total",
            "vitals_host_filesystem_used_ratio",
        ]
    );
    let of_the_container = names(&collected, "vitals_container_").len();
    assert_eq!(of_the_host.len() + of_the_container, ours.len());
    assert!(of_the_container > 0);
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
            "1/net/dev",
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
        (
            "diskstats",
            Some("8 0 sda"),
            Reason::Parse,
            "node_disk_io",
            "node_vmstat",
        ),
        (
            "1/net/snmp",
            Some("Tcp: InSegs"),
            Reason::Parse,
            "node_netstat_Tcp_",
            "node_netstat_TcpExt_",
        ),
    ] {
        let host = Host::recorded();
        let mut collector = host.collector();
        let before = collector.measure(Occasion::Tick).unwrap();
        let path = host.procfs.path().join(file);
        match content {
            Some(content) => fs::write(&path, content).unwrap(),
            None => fs::remove_file(&path).unwrap(),
        }

        collector.grid = Grid::new(SystemSettings::default().grid);
        let collected = collector.measure(Occasion::Tick).unwrap();
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
fn what_a_kernel_does_not_have_is_no_failure() {
    for (file, lost) in [
        ("diskstats", "node_disk_"),
        ("pressure/io", "node_pressure_io"),
        ("vmstat", "node_vmstat"),
        ("sys/fs/file-nr", "node_filefd"),
        ("1/net/snmp6", "node_netstat_Ip6"),
        ("1/net/sockstat6", "node_sockstat_TCP6"),
        ("1/net/softnet_stat", "node_softnet"),
        ("1/net/arp", "node_arp"),
    ] {
        let host = Host::recorded();
        let mut collector = host.collector();
        let before = collector.measure(Occasion::Tick).unwrap();
        assert!(!names(&before, lost).is_empty(), "{file}");
        fs::remove_file(host.procfs.path().join(file)).unwrap();
        collector.grid = Grid::new(SystemSettings::default().grid);
        let collected = collector.measure(Occasion::Tick).unwrap();
        assert_eq!(names(&collected, lost), [""; 0], "{file}");
        assert_eq!(collected.failed, []);
    }
}

#[test]
fn a_file_without_an_end_is_too_large() {
    let host = Host::recorded();
    host.procfs.write("meminfo", vec![b'\n'; (1 << 20) + 1]);
    let collected = host.collector().measure(Occasion::Tick).unwrap();
    assert_eq!(collected.failed[0].reason, Reason::TooLarge);
}

#[test]
fn it_is_known_by_the_job_of_the_settings_and_the_name_of_the_machine() {
    let host = Host::recorded();
    let mut machine = recorded_machine();
    machine.uname = || Uname {
        nodename: "node7.example.".to_owned(),
        ..Uname::default()
    };
    let known = Labels::new([("job", "hosts"), ("instance", "node7.example")]);
    assert_eq!(host.collector_on(machine, true).identity(), known);
    assert_eq!(host.collector_on(machine, false).identity(), Labels::none());
}

#[test]
fn nothing_at_all_is_an_error() {
    let mut collector = SystemCollector::new(SystemSettings {
        procfs: "/nowhere".into(),
        ..SystemSettings::default()
    });
    let error = collector.measure(Occasion::Tick).unwrap_err();
    assert_eq!(error.part, "/nowhere");
    assert_eq!(error.reason, Reason::Unavailable);
    assert!(error.detail.contains("/nowhere/stat"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn only_ticks_move_the_window_of_the_cpu_ratio() {
    const RATIO: &str = "vitals_host_cpu_used_ratio";
    const FORKS: &str = "node_forks_total";
    let host = Host::recorded();
    let spent = |busy: u64, idle: u64| {
        let stat = format!("cpu {busy} 0 0 {idle}\nprocesses {busy}\n");
        host.procfs.write("stat", stat);
    };
    let second = || tokio::time::advance(Duration::from_secs(1));
    spent(100, 100);
    let mut collector = host.collector();
    assert_eq!(collector.name(), "system");
    let mut measure = |occasion, name| number(&collector.measure(occasion).unwrap(), name);
    assert_eq!(measure(Occasion::Tick, RATIO), None);

    second().await;
    spent(125, 175);
    assert_eq!(measure(Occasion::Refresh, RATIO), None);
    assert_eq!(measure(Occasion::Refresh, FORKS), Some(125.0));
    assert_eq!(measure(Occasion::Tick, RATIO), Some(0.25));

    second().await;
    spent(200, 200);
    assert_eq!(measure(Occasion::Refresh, RATIO), Some(0.25));
    assert_eq!(measure(Occasion::Refresh, FORKS), Some(200.0));
    assert_eq!(measure(Occasion::Tick, RATIO), Some(0.5));

    host.procfs.write("stat", "");
    assert_eq!(measure(Occasion::Tick, RATIO), None);
    spent(200, 200);
    assert_eq!(measure(Occasion::Refresh, RATIO), None);
}

#[tokio::test(start_paused = true)]
async fn everything_is_measured_when_the_history_keeps_it_and_for_a_scrape() {
    thread_local! {
        static NOW: Cell<Duration> = const { Cell::new(Duration::from_millis(1_760_086_407_001)) };
    }
    let second = async || {
        NOW.set(NOW.get() + Duration::from_secs(1));
        tokio::time::advance(Duration::from_secs(1)).await;
    };
    let machine = Machine {
        now: || SystemTime::UNIX_EPOCH + NOW.get(),
        ..recorded_machine()
    };
    let host = Host::recorded();
    let mut collector = host.collector_on(machine, true);
    let mut measure = |occasion, number_told: u32| {
        host.procfs
            .write("vmstat", format!("pgpgin {number_told}\n"));
        let memory = format!("MemTotal: {number_told} kB\nMemAvailable: 1 kB\n");
        host.procfs.write("meminfo", memory);
        let collected = collector.measure(occasion).unwrap();
        let of = |name| number(&collected, name).unwrap();
        let ratio = 1.0 - 1.0 / f64::from(number_told);
        assert_eq!(
            of("vitals_host_memory_used_ratio"),
            ratio,
            "of now at any rate"
        );
        let total = of("node_memory_MemTotal_bytes") / 1024.0;
        (of("node_vmstat_pgpgin"), total, collected.in_part)
    };
    assert_eq!(
        measure(Occasion::Tick, 11),
        (11.0, 11.0, false),
        "the first"
    );
    assert_eq!(
        measure(Occasion::Refresh, 12),
        (11.0, 12.0, false),
        "a young one"
    );
    second().await;
    assert_eq!(measure(Occasion::Tick, 13), (11.0, 12.0, true));
    assert_eq!(measure(Occasion::Refresh, 14), (14.0, 14.0, false));
    second().await;
    assert_eq!(measure(Occasion::Tick, 15), (14.0, 14.0, true));
    second().await;
    assert_eq!(measure(Occasion::Tick, 16), (16.0, 16.0, false), "ten past");
    NOW.set(NOW.get() + Duration::from_millis(9_959));
    assert_eq!(
        measure(Occasion::Tick, 17),
        (17.0, 17.0, false),
        "a little early"
    );
    second().await;
    assert_eq!(measure(Occasion::Tick, 18), (17.0, 17.0, true));
    NOW.set(NOW.get() - Duration::from_secs(3_600));
    assert_eq!(measure(Occasion::Tick, 19), (19.0, 19.0, false), "set back");
}

/// A file server that is gone keeps whoever asks for its space.
#[tokio::test]
async fn a_filesystem_that_hangs_does_not_delay_a_tick() {
    let host = Host::recorded();
    let machine = Machine {
        space: |path| match path.ends_with("home") {
            true => loop {
                std::thread::park();
            },
            false => Ok(Space {
                size: 4.0,
                free: 1.0,
                avail: 1.0,
                ..Space::default()
            }),
        },
        ..recorded_machine()
    };
    let mut collector = host.collector_on(machine, true);
    collector.filesystems = Filesystems::new(host.rootfs.path().to_owned(), true);
    complete(&mut collector).await;
    let before = Instant::now();
    for _ in 0..10 {
        collector.collect(DEADLINE).await.unwrap();
    }
    assert!(
        before.elapsed() < Duration::from_secs(1),
        "{:?}",
        before.elapsed()
    );
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(6)).await;
    let collected = collector.refresh(DEADLINE).await.unwrap();
    let [failed] = collected.failed.as_slice() else {
        panic!("{:?}", collected.failed);
    };
    assert!(failed.part.ends_with("/home"));
    assert_eq!(failed.reason, Reason::Timeout);
    let of = |name: &str| {
        let family = collected.told().find(|f| f.name == name).unwrap();
        let mountpoint = |metric: &exposition::Metric| {
            let stuck = metric.value == Value::Number(1.0);
            (metric.labels.get("mountpoint").unwrap().to_owned(), stuck)
        };
        family.metrics.iter().map(mountpoint).collect::<Vec<_>>()
    };
    let errors = of("node_filesystem_device_error");
    assert!(errors.contains(&("/home".to_owned(), true)), "{errors:?}");
    assert!(
        errors.contains(&("/home/scratch".to_owned(), false)),
        "{errors:?}"
    );
    let judged = of("vitals_host_filesystem_used_ratio");
    assert!(judged.iter().all(|(mountpoint, _)| mountpoint != "/home"));
    assert!(
        judged
            .iter()
            .any(|(mountpoint, _)| mountpoint == "/home/scratch")
    );
}

/// Between two readings of our own every counter must lie where it was read.
#[tokio::test]
async fn this_machine_agrees_with_itself() {
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
    let collected = collector.collect(DEADLINE).await.unwrap();
    let after = cpu_seconds();
    assert_eq!(collected.failed, []);

    assert_eq!(
        number(&collected, "node_memory_MemTotal_bytes"),
        Some(mem_total())
    );
    let cpu = collected
        .told()
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
        files in proptest::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>(), any::<u8>()), 1..20),
    ) {
        const FILES: [&str; 15] = [
            "stat", "meminfo", "loadavg", "1/net/dev", "1/mountinfo", "diskstats", "pressure/io",
            "vmstat", "sys/fs/file-nr", "1/net/netstat", "1/net/snmp", "1/net/snmp6",
            "1/net/sockstat", "1/net/softnet_stat", "1/net/arp",
        ];
        let host = Host::recorded();
        let machine = Machine {
            space: |_| Ok(Space::default()),
            ..recorded_machine()
        };
        let mut collector = host.collector_on(machine, true);
        for (file, at, byte) in files {
            let path = host.procfs.path().join(file.get(&FILES));
            let mut content = fs::read(&path).unwrap();
            let at = at.index(content.len());
            content[at] = byte;
            fs::write(&path, content).unwrap();
            collector.grid = Grid::new(SystemSettings::default().grid);
            if let Ok(collected) = collector.measure(Occasion::Tick) {
                let mut page = String::new();
                text::write(collected.told(), Format::OpenMetrics1, &mut page);
                let mut series = HashSet::new();
                for line in page.lines() {
                    let id = line.rsplit_once(' ').map_or(line, |(id, _)| id);
                    prop_assert!(series.insert(id.to_owned()), "twice: {line}");
                }
            }
        }
    }
}

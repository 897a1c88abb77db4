//! Cgroups recorded on Debian's Linux 6.1 (`tests/fixtures/cgroup`), and those of this machine.

use std::time::Duration;

use exposition::Value;
use proptest::prelude::*;

use super::*;
use crate::collector::{Reason, system::tree::Tree};

/// What is told of a recorded tree, less the prefix all names have.
fn told(tree: &Tree) -> Vec<(String, f64)> {
    let mut container = container(tree);
    let mut families = Vec::new();
    container.families(Occasion::Tick, &mut families).unwrap();
    values(&families)
}

fn container(tree: &Tree) -> Container {
    Container::seen_by(tree.path().join("proc"), tree.path().to_owned())
}

fn values(families: &[MetricFamily]) -> Vec<(String, f64)> {
    let told = families.iter().map(|family| match family.metrics[0].value {
        Value::Number(number) => {
            let name = family.name.strip_prefix("vitals_container_");
            (name.unwrap().to_owned(), number)
        }
        _ => unreachable!(),
    });
    told.collect()
}

fn expected<const N: usize>(told: [(&str, f64); N]) -> Vec<(String, f64)> {
    told.map(|(name, number)| (name.to_owned(), number)).into()
}

macro_rules! recorded {
    ($name:literal) => {
        Tree::of(include_str!(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/tests/fixtures/cgroup/",
            $name,
            ".tree"
        )))
    };
}

#[test]
fn docker_of_version_2() {
    assert_eq!(
        told(&recorded!("v2-docker")),
        expected([
            ("memory_usage_bytes", 720_896.0),
            ("memory_working_set_bytes", 720_896.0),
            ("memory_limit_bytes", 67_108_864.0),
            ("memory_used_ratio", 720_896.0 / 67_108_864.0),
            ("oom_events_total", 1.0),
            ("cpu_usage_seconds_total", 22.768_443),
            ("cpu_quota_cores", 0.5),
            ("cpu_cfs_periods_total", 455.0),
            ("cpu_cfs_throttled_periods_total", 453.0),
            ("cpu_cfs_throttled_seconds_total", 35.727_162),
        ])
    );
}

#[test]
fn docker_of_version_1() {
    assert_eq!(
        told(&recorded!("v1-docker")),
        expected([
            ("memory_usage_bytes", 581_632.0),
            ("memory_working_set_bytes", 581_632.0),
            ("memory_limit_bytes", 67_108_864.0),
            ("memory_used_ratio", 581_632.0 / 67_108_864.0),
            ("oom_events_total", 1.0),
            ("cpu_usage_seconds_total", 30.943_287_226),
            ("cpu_quota_cores", 0.5),
            ("cpu_cfs_periods_total", 619.0),
            ("cpu_cfs_throttled_periods_total", 611.0),
            ("cpu_cfs_throttled_seconds_total", 58.170_041_085),
        ])
    );
}

#[test]
fn the_tightest_limit_counts_whoever_sets_it() {
    // The container limits its memory, the pod above it its CPUs.
    assert_eq!(
        told(&recorded!("v2-pod")),
        expected([
            ("memory_usage_bytes", 25_841_664.0),
            // Less what was read once, and can go: 24 MiB.
            ("memory_working_set_bytes", 675_840.0),
            ("memory_limit_bytes", 134_217_728.0),
            ("memory_used_ratio", 675_840.0 / 134_217_728.0),
            ("oom_events_total", 0.0),
            ("cpu_usage_seconds_total", 7.692_938),
            ("cpu_quota_cores", 1.0),
            ("cpu_cfs_periods_total", 77.0),
            ("cpu_cfs_throttled_periods_total", 25.0),
            ("cpu_cfs_throttled_seconds_total", 0.459_961),
        ])
    );
    // All limits are the pod's.
    let pod = told(&recorded!("v1-pod"));
    assert_eq!(pod[0], ("memory_usage_bytes".to_owned(), 25_886_720.0));
    assert_eq!(pod[2], ("memory_limit_bytes".to_owned(), 268_435_456.0));
    assert_eq!(
        pod[5],
        ("cpu_usage_seconds_total".to_owned(), 8.144_112_792)
    );
    assert_eq!(pod[6], ("cpu_quota_cores".to_owned(), 1.0));
    // A cgroup within the container, without controllers of its own.
    let nested = told(&recorded!("v2-nested"));
    assert_eq!(nested[2], ("memory_limit_bytes".to_owned(), 67_108_864.0));
    assert_eq!(nested[6], ("cpu_quota_cores".to_owned(), 0.5));
}

#[test]
fn a_limit_above_what_can_be_seen_is_inherited() {
    assert_eq!(
        told(&recorded!("v1-hidden")),
        expected([
            ("memory_usage_bytes", 25_833_472.0),
            ("memory_working_set_bytes", 667_648.0),
            ("memory_limit_bytes", 268_435_456.0),
            ("memory_used_ratio", 667_648.0 / 268_435_456.0),
            ("oom_events_total", 0.0),
            ("cpu_usage_seconds_total", 11.690_618_024),
        ])
    );
}

#[test]
fn a_name_of_the_hosts_namespace_is_found_below_the_mount() {
    let told = told(&recorded!("v2-bind"));
    assert_eq!(told[2], ("memory_limit_bytes".to_owned(), 67_108_864.0));
}

#[test]
fn without_a_limit_nothing_is_told() {
    for tree in [
        recorded!("v1-host"),
        recorded!("v2-host"),
        recorded!("v2-service"),
        recorded!("v2-ns"),
        recorded!("v2-outside"),
        Tree::new(),
    ] {
        assert_eq!(told(&tree), []);
    }
}

/// A cgroup outside of our namespace can be seen where what is mounted is, too.
#[test]
fn outside_of_the_namespace_is_found_where_the_mount_reaches() {
    let tree = recorded!("v2-outside");
    tree.write("sys/fs/cgroup/system.slice/memory.max", "1000000\n");
    let told = told(&tree);
    assert_eq!(told[0], ("memory_usage_bytes".to_owned(), 401_408.0));
    assert_eq!(told[2], ("memory_limit_bytes".to_owned(), 1e6));
}

#[tokio::test(start_paused = true)]
async fn the_share_of_the_quota_is_over_ten_seconds() {
    let tree = recorded!("v2-docker");
    let spent = |usec: u64| {
        let stat = format!("usage_usec {usec}\nnr_periods 7\n");
        tree.write("sys/fs/cgroup/cpu.stat", stat);
    };
    let second = || tokio::time::advance(Duration::from_secs(1));
    let ratio = |container: &mut Container, occasion| {
        let mut families = Vec::new();
        container.families(occasion, &mut families).unwrap();
        let of = |(name, value): &(String, f64)| (name == "cpu_used_ratio").then_some(*value);
        values(&families).iter().find_map(of)
    };
    let mut container = container(&tree);
    spent(1_000_000);
    assert_eq!(ratio(&mut container, Occasion::Tick), None);
    second().await;
    spent(1_250_000);
    assert_eq!(ratio(&mut container, Occasion::Refresh), None);
    // A quarter of a second of the half that is allowed.
    assert_eq!(ratio(&mut container, Occasion::Tick), Some(0.5));
    // Limits are looked for anew meanwhile; the window goes on.
    for _ in 0..10 {
        second().await;
        ratio(&mut container, Occasion::Tick);
    }
    assert_eq!(ratio(&mut container, Occasion::Refresh), Some(0.0));
    tree.write("sys/fs/cgroup/cpu.max", "100000 100000\n");
    for _ in 0..10 {
        second().await;
        ratio(&mut container, Occasion::Tick);
    }
    second().await;
    spent(2_250_000);
    assert_eq!(ratio(&mut container, Occasion::Tick), Some(0.1));
    // Counted anew: nothing to compare with.
    spent(5);
    second().await;
    assert_eq!(ratio(&mut container, Occasion::Tick), None);
}

#[test]
fn what_is_malformed_is_named() {
    for (file, content) in [
        ("memory.current", "much\n"),
        ("memory.stat", "anon 1\n"),
        ("cpu.max", "50000\n"),
        ("cpu.max", "50000 0\n"),
        ("cpu.stat", "user_usec 1\n"),
    ] {
        let tree = recorded!("v2-docker");
        tree.write(&format!("sys/fs/cgroup/{file}"), content);
        let error = container(&tree).families(Occasion::Tick, &mut Vec::new());
        let error = error.unwrap_err();
        assert_eq!(error.reason, Reason::Parse, "{file}");
        assert!(error.part.ends_with(file), "{error}");
    }
}

/// Whatever limits this machine has: what is told is what its files say.
#[test]
fn this_machine_is_read_without_trouble() {
    let mut container = Container::own();
    let mut families = Vec::new();
    container.families(Occasion::Tick, &mut families).unwrap();
    let limited = container.memory.as_ref().is_some_and(Memory::is_limited)
        || container.cpu.as_ref().is_some_and(Cpu::is_limited);
    assert_eq!(limited, !families.is_empty());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn garbage_never_panics(file in 0..6usize, garbage in "[a-z_0-9 \n/:-]{0,60}") {
        const FILES: [&str; 6] = [
            "proc/self/cgroup",
            "sys/fs/cgroup/memory.max",
            "sys/fs/cgroup/memory.current",
            "sys/fs/cgroup/memory.stat",
            "sys/fs/cgroup/cpu.max",
            "sys/fs/cgroup/cpu.stat",
        ];
        let tree = recorded!("v2-docker");
        tree.write(FILES[file], garbage);
        let _ = container(&tree).families(Occasion::Tick, &mut Vec::new());
    }
}

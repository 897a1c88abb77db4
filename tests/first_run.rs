//! No settings, no dependency: it starts, and shows the machine it runs on.

use std::{collections::BTreeMap, fs, path::PathBuf, time::Duration};

use crate::stage::{Setup, command, pause};

#[test]
fn it_watches_this_machine_and_itself() {
    let vitals = Setup::new().ready();
    let page = vitals.page();
    for family in [
        "node_cpu_seconds_total",
        "node_memory_MemAvailable_bytes",
        "node_filesystem_avail_bytes",
        "node_network_receive_bytes_total",
        "node_load1",
        "vitals_host_memory_used_ratio",
        "vitals_actor_up",
        "vitals_collector_up",
        "vitals_build_info",
        "process_resident_memory_bytes",
    ] {
        assert!(page.find(family).is_some(), "{family}");
    }
    assert_eq!(
        page.value(r#"vitals_collector_up{collector="system"}"#),
        1.0
    );
    assert_eq!(
        page.value(r#"vitals_actor_up{actor="pipeline/aggregator"}"#),
        1.0
    );
    for family in &page.families {
        assert!(
            family.help.as_ref().is_some_and(|help| !help.is_empty()),
            "{family:?}"
        );
        assert!(family.kind.is_some(), "{family:?}");
    }
}

/// They are read when the start is over.
#[test]
fn whoever_asks_for_rules_first_waits_for_them() {
    let vitals = Setup::new().start();
    let rules = vitals.get("/api/v1/rules").json();
    let groups = rules["data"]["groups"].as_array().unwrap();
    let is_there = groups.iter().any(|group| group["name"] == "host");
    assert!(is_there, "{rules}");
}

/// A thread that wakes ten times a second more would not be seen in any other test, nor soon by a user.
#[test]
fn while_nothing_happens_hardly_anybody_wakes() {
    let vitals = Setup::new().ready();
    // By thread: some end meanwhile, and others begin.
    let wakes = || -> BTreeMap<PathBuf, u64> {
        let threads = fs::read_dir(format!("/proc/{}/task", vitals.process.id())).unwrap();
        let wakes = threads.filter_map(|thread| {
            let thread = thread.unwrap().path();
            let status = fs::read_to_string(thread.join("status")).ok()?;
            let mut lines = status.lines();
            let wakes = lines.find_map(|line| line.strip_prefix("voluntary_ctxt_switches:"));
            Some((thread, wakes?.trim().parse().unwrap()))
        });
        wakes.collect()
    };
    // The start is over, and the history has kept everything once.
    pause(Duration::from_secs(12));
    let looked = Duration::from_secs(20);
    let a_second = || {
        let before = wakes();
        pause(looked);
        let since = |(thread, wakes): (PathBuf, u64)| wakes - before.get(&thread).unwrap_or(&0);
        wakes().into_iter().map(since).sum::<u64>() / looked.as_secs()
    };
    // It is eight; each second the host is measured, which wakes four threads. On a busy machine they wait
    // for each other, too: then one quiet look is enough.
    let mut looks = Vec::new();
    while !looks.last().is_some_and(|look| (4..16).contains(look)) {
        assert!(looks.len() < 3, "{looks:?}");
        looks.push(a_second());
    }
}

/// What would be made later keeps whoever needs it waiting, the start first of all.
#[test]
fn the_table_of_files_has_room_from_the_start() {
    let vitals = Setup::new().start();
    let process =
        |file| fs::read_to_string(format!("/proc/{}/{file}", vitals.process.id())).unwrap();
    let status = process("status");
    let room = status.lines().find_map(|line| line.strip_prefix("FDSize:"));
    let room: u64 = room.unwrap().trim().parse().unwrap();
    assert!(room >= 1_024, "{room}\n{}", process("limits"));
}

#[test]
fn a_first_start_needs_nobody_and_warns_of_nothing() {
    let vitals = Setup::new().ready();
    let log = vitals.process.log();
    assert!(
        log.iter()
            .all(|line| !line.contains("WARN") && !line.contains("ERROR")),
        "{log:#?}"
    );
    assert!(vitals.directory.join("data").join("lock").exists());
}

#[test]
fn the_version_names_the_commit() {
    let output = command().arg("--version").output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success());
    let (version, commit) = (env!("CARGO_PKG_VERSION"), env!("VITALS_COMMIT"));
    assert_eq!(text, format!("vitals {version} ({commit})\n"));
}

//! No settings, no dependency: it starts, and shows the machine it runs on.

use crate::stage::{Setup, command};

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

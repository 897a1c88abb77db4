//! When the core fails too often the process ends with 70, for the platform to restart it.

use std::time::Duration;

use crate::stage::{Setup, request, until};

/// The limits that hold unless settings say otherwise; only the waits are short.
const SETTINGS: &str = "[supervision]\nbackoff_max = \"10ms\"\n";
/// Sixty-six panics, on a busy machine.
const ALL: Duration = Duration::from_secs(120);

#[test]
fn an_aggregator_that_keeps_failing_takes_its_branch_and_at_last_the_process() {
    let mut vitals = Setup::new().settings(SETTINGS).flag("--chaos").ready();
    let strike = vitals.url("/vitals/v1/chaos/pipeline%2Faggregator/panic");
    until("its end", ALL, || {
        // Refused while there is none, and once it is on its way down.
        let _ = request("POST", &strike, &[]);
        (!vitals.process.is_running()).then_some(())
    });
    assert_eq!(vitals.ends().code(), Some(70));

    let log = vitals.process.log();
    let times = |part: &str| log.iter().filter(|line| line.contains(part)).count();
    let gave_up = "pipeline: gave up: 11 restarts within 60s; its supervisor decides";
    assert_eq!(times(gave_up), 6, "{log:#?}");
    assert_eq!(times("pipeline/aggregator: panic: induced"), 66, "{log:#?}");
    let end = "vitals: gave up: 6 restarts within 60s; ending the process";
    assert!(log.last().unwrap().contains(end), "{log:#?}");
    vitals.nothing_panicked_unguarded();
}

#[test]
fn more_hung_threads_than_it_bears_end_the_process() {
    let settings = "[supervision]\nabandoned_threads = 1\n";
    let mut vitals = Setup::new().settings(settings).flag("--chaos").ready();
    for actor in ["health", "pipeline/aggregator"] {
        vitals.strike(actor, "hang?seconds=60");
    }
    assert_eq!(vitals.ends().code(), Some(70));
    let log = vitals.process.log();
    let end = "vitals: gave up: 2 hung threads, 1 allowed; ending the process";
    assert!(log.last().unwrap().contains(end), "{log:#?}");
}

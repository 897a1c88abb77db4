//! When the core fails too often the process ends with 70, for the platform to restart it.

use crate::stage::{DEADLINE, Setup, Vitals, until};

fn strike_until_it_ends(vitals: &mut Vitals, actor: &str) -> Option<i32> {
    let path = format!("/vitals/v1/chaos/{}/panic", actor.replace('/', "%2F"));
    let url = vitals.url(&path);
    until("its end", DEADLINE, || {
        // Refused, once it is on its way down.
        let _ = crate::stage::request("POST", &url, &[]);
        (!vitals.process.is_running()).then_some(())
    });
    vitals.ends().code()
}

#[test]
fn an_aggregator_that_keeps_failing_takes_its_branch_and_at_last_the_process() {
    let settings =
        "[supervision]\nroot = \"1 in 60s\"\npipeline = \"2 in 60s\"\nbackoff_max = \"10ms\"\n";
    let mut vitals = Setup::new().settings(settings).flag("--chaos").ready();
    assert_eq!(
        strike_until_it_ends(&mut vitals, "pipeline/aggregator"),
        Some(70)
    );
    let log = vitals.process.log().join("\n");
    assert!(
        log.contains("pipeline: gave up: 3 restarts within 60s; its supervisor decides"),
        "{log}"
    );
    assert!(
        log.contains("vitals: gave up: 2 restarts within 60s; ending the process"),
        "{log}"
    );
}

#[test]
fn more_hung_threads_than_it_bears_end_the_process() {
    let settings = "[supervision]\nabandoned_threads = 0\n";
    let mut vitals = Setup::new().settings(settings).flag("--chaos").ready();
    vitals.strike("health", "hang?seconds=30");
    assert_eq!(vitals.ends().code(), Some(70));
    let log = vitals.process.log().join("\n");
    assert!(
        log.contains("vitals: gave up: 1 hung threads, 0 allowed; ending the process"),
        "{log}"
    );
}

//! Fifty IRIS on one Vitals: what that costs.

use std::time::{Duration, Instant};

use crate::stage::{DEADLINE, Setup, Simulated, Vitals, pause, resident_bytes, until};

const INSTANCES: usize = 50;
const MINUTE: Duration = Duration::from_secs(60);
/// What there should be: a share of a core, bytes, and ms of CPU for a body.
const BARS: (f64, u64, f64) = (0.03, 40_000_000, 2.0);
/// What even a machine that is busy with something else stays within.
const BOUNDS: (f64, u64, f64) = (0.06, 60_000_000, 4.0);

/// Seconds of processor time.
fn cpu_seconds(vitals: &Vitals) -> f64 {
    let stat = vitals.proc("stat");
    let (_, fields) = stat.rsplit_once(") ").unwrap();
    let ticks = fields.split(' ').skip(11).take(2); // utime, stime
    let ticks: f64 = ticks.map(|ticks| ticks.parse::<f64>().unwrap()).sum();
    // USER_HZ is 100 everywhere.
    ticks / 100.0
}

/// Of the release profile only: the other one says nothing.
#[test]
#[ignore = "takes more than a minute, and needs a release build (VITALS_PROFILE=release)"]
fn fifty_at_ten_seconds_are_cheap() {
    let instances = INSTANCES.to_string();
    let iris = Simulated::start(&["--instances", &instances]);
    let mut settings = String::new();
    for (number, url) in iris.urls().iter().enumerate() {
        settings += &format!("[[iris]]\nname = \"i{number}\"\nurl = \"{url}\"\n");
    }
    let vitals = Setup::new().settings(&settings).ready();
    until("all fifty", DEADLINE, || {
        let page = vitals.page();
        let family = page.find("vitals_iris_query_seconds")?;
        (family.series.len() == INSTANCES).then_some(())
    });
    let asked = || -> u64 {
        let states = (1..=INSTANCES).map(|number| iris.state_of(number));
        states
            .map(|state| state["requests"]["metrics"].as_u64().unwrap())
            .sum()
    };
    let asked_before = asked();
    let (began, before) = (Instant::now(), cpu_seconds(&vitals));
    let mut resident = 0;
    while began.elapsed() < MINUTE {
        resident = resident.max(resident_bytes(&vitals));
        pause(Duration::from_secs(1));
    }
    let spent = cpu_seconds(&vitals) - before;
    let share = spent / began.elapsed().as_secs_f64();
    // With all else that Vitals does in that time.
    let each = spent * 1e3 / (asked() - asked_before) as f64;
    eprintln!(
        "{INSTANCES} IRIS at 10 s: {:.1} % of a core (bar {:.0} %), {:.1} MB resident (bar {:.0} MB), \
         {each:.1} ms a body (bar {:.0} ms)",
        share * 100.0,
        BARS.0 * 100.0,
        resident as f64 / 1e6,
        BARS.1 as f64 / 1e6,
        BARS.2
    );
    let is_release = std::env::var("VITALS_PROFILE").is_ok_and(|profile| profile == "release");
    if is_release {
        assert!(
            share <= BOUNDS.0 && resident <= BOUNDS.1 && each <= BOUNDS.2,
            "{share} {resident} {each}"
        );
    }
    let page = vitals.page();
    let family = page.find("vitals_iris_query_seconds").unwrap();
    assert_eq!(family.series.len(), INSTANCES);
}

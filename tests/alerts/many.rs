//! Ten thousand alerts at once: what they take, and whether rules are still evaluated in time.

use std::time::{Duration, Instant};

use super::weather::{House, active, weather_to, with_rules};
use crate::stage::{DEADLINE, Redis, Vitals, resident_bytes, until};

const ALERTS: usize = 10_000;
/// What rules write of them are two series each.
const ROOM: &str = "[history]\nmax_series = 60000\nmax_series_per_source = 30000\n";
const INTERVAL: Duration = Duration::from_secs(10);
/// More resident memory than the series that are judged take without alerts. Two more series each are
/// in it, and what is told of each alert.
const MOST_BYTES: u64 = 45_000_000;

const RULES: &str = r#"
groups:
  - name: weather
    rules:
      - alert: Hot
        expr: temperature > 30
        labels: { severity: critical }
        annotations:
          summary: It is {{ $value }} degrees in {{ $labels.room }}
"#;

fn figure(vitals: &Vitals, series: &str) -> f64 {
    vitals.page().get(series).unwrap_or_default()
}

#[test]
#[ignore = "takes minutes: measures, with VITALS_PROFILE=release"]
fn ten_thousand_alerts_fit_and_are_evaluated_in_time() {
    let redis = Redis::start(&[]);
    let mut house = House::new(ALERTS);
    let url = format!("redis://{}", redis.host());
    let directory = with_rules(RULES);
    let setup = weather_to(directory, &house.thermometer, Some(&url), ROOM);
    let vitals = setup.variable("VITALS__SCRAPE__WEATHER__INTERVAL", "10s");
    let vitals = vitals.variable("VITALS__SCRAPE__WEATHER__MAX_SERIES", "20000");
    let vitals = vitals.ready();
    until("all series", 4 * DEADLINE, || {
        let query = "/api/v1/query?query=count(temperature)";
        let answer = vitals.get(query).json();
        let count = answer["data"]["result"][0]["value"][1].as_str()?.to_owned();
        (count == ALERTS.to_string()).then_some(())
    });
    let slowest = || figure(&vitals, "vitals_alert_slowest_rule_seconds");
    let settled = || settled_bytes(&vitals);
    let (before, without) = (settled(), slowest());

    house.change();
    let began = Instant::now();
    until("all fire", 20 * DEADLINE, || {
        (figure(&vitals, "vitals_alerts{state=\"firing\"}") == ALERTS as f64).then_some(())
    });
    let fire = began.elapsed();
    until("all told", 20 * DEADLINE, || {
        (active(&redis, "Hot").len() == ALERTS).then_some(())
    });
    let told = began.elapsed();
    let with = settled();
    let (most, worst) = watched(&vitals);
    println!(
        "{ALERTS} alerts: {:.1} MB resident before, {:.1} MB with them, {:.1} MB at most;\n\
         the rule took {:.0} ms without, {:.0} ms at most with them; all fired after {fire:.1?}, all told \
         after {told:.1?}",
        before as f64 / 1e6,
        with as f64 / 1e6,
        most as f64 / 1e6,
        without * 1e3,
        worst * 1e3,
    );
    assert!(worst < INTERVAL.as_secs_f64(), "{worst} s");
    let more = with.saturating_sub(before);
    assert!(more <= MOST_BYTES, "{more} bytes more");

    house.change();
    until("all are over", 20 * DEADLINE, || {
        active(&redis, "Hot").is_empty().then_some(())
    });
}

/// Resident memory, when it has not grown for three samples.
fn settled_bytes(vitals: &Vitals) -> u64 {
    let scrapes = || figure(vitals, "vitals_alert_slowest_rule_seconds").to_bits();
    let (mut last, mut same, mut bytes) = (scrapes(), 0, resident_bytes(vitals));
    until("memory that does not grow", 20 * DEADLINE, || {
        let now = scrapes();
        if now != last {
            last = now;
            let grown = resident_bytes(vitals);
            same = if grown > bytes + (1 << 20) {
                0
            } else {
                same + 1
            };
            bytes = grown;
        }
        (same >= 3).then_some(())
    });
    bytes
}

/// Over the next evaluations: the most memory, and the longest that the rule took.
fn watched(vitals: &Vitals) -> (u64, f64) {
    let (mut most, mut worst, mut seen) = (0, 0.0_f64, Vec::new());
    until("five evaluations", 20 * DEADLINE, || {
        let took = figure(vitals, "vitals_alert_slowest_rule_seconds");
        if !seen.contains(&took.to_bits()) {
            seen.push(took.to_bits());
        }
        worst = worst.max(took);
        most = most.max(resident_bytes(vitals));
        (seen.len() >= 5).then_some(())
    });
    (most, worst)
}

//! What rules cost: 200 rules over 2,000 series, and 10,000 active alerts. Run by hand:
//! `cargo test --release -p vitals-actors --test rules_cost -- --ignored --nocapture --test-threads 1`.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use exposition::Labels;
use promql::{Cancel, Engine, MemoryStore};
use vitals_actors::alert::rules::{RuleSet, parse};
use vitals_actors::alert::state::{Evaluator, Settings};

fn rules(text: &str) -> RuleSet {
    RuleSet {
        groups: parse("rules.yml", text, &Engine::default()).unwrap(),
        files: Vec::new(),
    }
}

fn resident_bytes() -> u64 {
    let text = std::fs::read_to_string("/proc/self/statm").unwrap();
    let pages: u64 = text.split_whitespace().nth(1).unwrap().parse().unwrap();
    pages * 4096
}

/// Metrics of ten series each, a sample every 10 s for 10 minutes.
fn store(metrics: usize) -> MemoryStore {
    let mut store = MemoryStore::new();
    for metric in 0..metrics {
        for series in 0..10 {
            let labels = Labels::new([
                ("__name__", format!("metric_{metric}")),
                ("host", format!("host-{series}")),
            ]);
            let samples = (0..=60).map(|at| (at * 10_000, f64::from(series) / 10.0));
            store.append(labels, samples);
        }
    }
    store
}

#[test]
#[ignore = "a measurement"]
fn two_hundred_rules_over_two_thousand_series() {
    let store = store(200);
    let mut text = String::from("groups:\n- name: g\n  rules:\n");
    for rule in 0..200 {
        let expression = match rule % 4 {
            0 => format!("metric_{rule} > 0.85"),
            1 => format!("avg_over_time(metric_{rule}[5m]) > 0.85"),
            2 => format!("max by (host) (metric_{rule}) > 2"),
            _ => format!("rate(metric_{rule}[5m]) > 1 or metric_{rule} > 2"),
        };
        let _ = writeln!(
            text,
            "  - alert: A{rule}\n    expr: {expression}\n    for: 1m\n    labels: {{severity: warning}}\n    \
             annotations: {{summary: '{{{{ $labels.host }}}} has {{{{ $value }}}}'}}"
        );
    }
    let mut evaluator = Evaluator::new(&rules(&text), Settings::default());
    let mut times = Vec::new();
    for round in 0..50 {
        let began = Instant::now();
        let evaluation = evaluator.evaluate_all(&store, 600_000 + round * 1_000, &Cancel::new());
        times.push(began.elapsed());
        assert_eq!((evaluation.runs, evaluation.failures), (200, 0));
    }
    times.sort();
    println!(
        "200 rules, 2,000 series: median {:?}, worst {:?}",
        times[25], times[49]
    );
}

#[test]
#[ignore = "a measurement"]
fn ten_thousand_active_alerts() {
    let mut store = MemoryStore::new();
    let before = resident_bytes();
    for series in 0..10_000 {
        let labels = Labels::new([
            ("__name__", "load".to_owned()),
            ("host", format!("host-{series}")),
            ("mountpoint", format!("/data/{series}")),
        ]);
        store.append(labels, [(0, 2.0)]);
    }
    let with_store = resident_bytes();
    let text = "groups:\n- name: g\n  rules:\n  - alert: Full\n    expr: load > 1\n    labels: {severity: warning}\n    \
                annotations:\n      summary: '{{ $labels.mountpoint }} of {{ $labels.host }} is full'\n      \
                description: '{{ $value | humanizePercentage }} of {{ $labels.mountpoint }} on {{ $labels.host }} is in use; it clears below 87 %.'\n      \
                runbook_url: /runbooks/Full\n";
    let mut evaluator = Evaluator::new(&rules(text), Settings::default());
    let mut times = Vec::new();
    for round in 0..20 {
        let began = Instant::now();
        let evaluation = evaluator.evaluate_all(&store, round * 10_000, &Cancel::new());
        times.push(began.elapsed());
        assert_eq!(evaluation.failures, 0);
    }
    let active = evaluator.rules().next().unwrap().active_alerts().count();
    assert_eq!(active, 10_000);
    let first = times.remove(0);
    times.sort();
    println!(
        "10,000 alerts: first {first:?}, then median {:?}; series {} kB, alerts {} kB more, process {} kB",
        times[times.len() / 2],
        (with_store - before) / 1024,
        resident_bytes().saturating_sub(with_store) / 1024,
        resident_bytes() / 1024,
    );
    let began = Instant::now();
    let text = serde_json::to_string(&evaluator.checkpoint()).unwrap();
    println!(
        "checkpoint: {} kB in {:?}",
        text.len() / 1024,
        began.elapsed()
    );
    assert!(first < Duration::from_secs(10));
}

//! `vitals_alerts`, `vitals_alert_rule_*`: how rules do.

use exposition::{Labels, MetricFamily};

use crate::alert::state::{AlertState, Evaluator, Health};

/// Of all rules. `now`: Unix milliseconds.
pub(super) fn families(evaluator: &Evaluator, now: i64) -> Vec<MetricFamily> {
    let mut alerts = MetricFamily::gauge("vitals_alerts", "Alerts that are pending or fire.");
    let mut count = [(AlertState::Pending, 0_u32), (AlertState::Firing, 0)];
    let mut rules = MetricFamily::gauge("vitals_alert_rules", "Rules, by how they do.");
    let mut health = [
        (Health::Good, 0_u32),
        (Health::Bad, 0),
        (Health::Unknown, 0),
    ];
    let mut unmatched = MetricFamily::gauge(
        "vitals_alert_rule_unmatched_seconds",
        "For how long the expression of a rule has matched no series at all.",
    );
    let mut slowest = 0.0_f64;
    for rule in evaluator.rules() {
        for alert in rule.active_alerts() {
            let states = count.iter_mut();
            states.for_each(|(state, count)| *count += u32::from(*state == alert.state));
        }
        let states = health.iter_mut();
        states.for_each(|(state, count)| *count += u32::from(*state == rule.health));
        slowest = slowest.max(rule.evaluation_time.as_secs_f64());
    }
    // Rules of one name share a series: what is longest unmatched counts.
    let mut by_rule = std::collections::BTreeMap::<_, i64>::new();
    for group in evaluator.groups() {
        for rule in &group.rules {
            if let Some(since) = rule.unmatched_since {
                let name = (group.group.name.clone(), rule.rule().name().clone());
                let longest = by_rule.entry(name).or_default();
                *longest = (*longest).max(now - since);
            }
        }
    }
    for ((group, rule), ms) in by_rule {
        let labels = Labels::new([("group", group.as_str()), ("rule", &*rule)]);
        unmatched.push(labels, ms as f64 / 1e3);
    }
    for (state, count) in count {
        alerts.push(Labels::new([("state", state.as_str())]), f64::from(count));
    }
    for (health, count) in health {
        rules.push(Labels::new([("health", health.as_str())]), f64::from(count));
    }
    let slowest = MetricFamily::gauge(
        "vitals_alert_slowest_rule_seconds",
        "How long the slowest rule took when it was last evaluated.",
    )
    .with(Labels::none(), slowest);
    vec![alerts, rules, slowest, unmatched]
}

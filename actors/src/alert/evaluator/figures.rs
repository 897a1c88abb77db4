//! `vitals_alerts`, `vitals_alert_rule_*`: how rules do.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use exposition::{Labels, MetricFamily};

use crate::alert::{
    rules::Group,
    state::{AlertState, Evaluator, Health},
};

/// How rules do, in numbers. Made after every evaluation, which may be every second, and so of no more
/// than that: families are made of it when somebody asks.
#[derive(Debug, Clone, Default)]
pub struct RuleFigures {
    pending: u32,
    firing: u32,
    good: u32,
    bad: u32,
    unknown: u32,
    slowest: Duration,
    unmatched: Vec<Unmatched>,
}

/// A rule whose expression matches no series.
#[derive(Debug, Clone)]
struct Unmatched {
    group: Arc<Group>,
    rule: Arc<str>,
    /// Unix milliseconds.
    since: i64,
}

impl RuleFigures {
    /// Of all rules, as they are now.
    pub(super) fn of(evaluator: &Evaluator) -> Self {
        let mut figures = RuleFigures::default();
        for group in evaluator.groups() {
            for rule in &group.rules {
                for alert in rule.active_alerts() {
                    match alert.state {
                        AlertState::Pending => figures.pending += 1,
                        AlertState::Firing => figures.firing += 1,
                        AlertState::Inactive => {}
                    }
                }
                match rule.health {
                    Health::Good => figures.good += 1,
                    Health::Bad => figures.bad += 1,
                    Health::Unknown => figures.unknown += 1,
                }
                figures.slowest = figures.slowest.max(rule.evaluation_time);
                if let Some(since) = rule.unmatched_since {
                    figures.unmatched.push(Unmatched {
                        group: group.group.clone(),
                        rule: rule.rule().name().clone(),
                        since,
                    });
                }
            }
        }
        figures
    }

    /// As they are told. `now`: Unix milliseconds.
    pub fn families(&self, now: i64) -> Vec<MetricFamily> {
        let mut alerts = MetricFamily::gauge("vitals_alerts", "Alerts that are pending or fire.");
        let states = [
            (AlertState::Pending, self.pending),
            (AlertState::Firing, self.firing),
        ];
        for (state, count) in states {
            alerts.push(Labels::new([("state", state.as_str())]), f64::from(count));
        }
        let mut rules = MetricFamily::gauge("vitals_alert_rules", "Rules, by how they do.");
        let healths = [
            (Health::Good, self.good),
            (Health::Bad, self.bad),
            (Health::Unknown, self.unknown),
        ];
        for (health, count) in healths {
            rules.push(Labels::new([("health", health.as_str())]), f64::from(count));
        }
        let slowest = MetricFamily::gauge(
            "vitals_alert_slowest_rule_seconds",
            "How long the slowest rule took when it was last evaluated.",
        )
        .with(Labels::none(), self.slowest.as_secs_f64());
        let mut unmatched = MetricFamily::gauge(
            "vitals_alert_rule_unmatched_seconds",
            "For how long the expression of a rule has matched no series at all.",
        );
        // Rules of one name share a series: what is longest unmatched counts.
        let mut by_rule = BTreeMap::<_, i64>::new();
        for Unmatched { group, rule, since } in &self.unmatched {
            let earliest = by_rule.entry((&*group.name, &**rule)).or_insert(*since);
            *earliest = (*earliest).min(*since);
        }
        for ((group, rule), since) in by_rule {
            let labels = Labels::new([("group", group), ("rule", rule)]);
            unmatched.push(labels, (now - since).max(0) as f64 / 1e3);
        }
        vec![alerts, rules, slowest, unmatched]
    }
}

#[cfg(test)]
mod tests {
    use exposition::{
        Labels,
        text::{self, Format},
    };
    use promql::{Cancel, Engine, MemoryStore};

    use super::*;
    use crate::alert::{
        rules::{RuleSet, parse},
        state::Settings,
    };

    #[test]
    fn they_are_what_rules_are_in_and_how_long_as_of_the_question() {
        let file = "groups:\n- name: g\n  rules:\n  - {alert: A, expr: load > 0}\n  \
                    - {alert: B, expr: load > 0, for: 1h}\n  - {alert: C, expr: nothing > 0}\n  \
                    - {alert: C, expr: nought > 0}\n  - {alert: D, expr: load * on () load}\n";
        let rules = RuleSet {
            groups: parse("rules.yml", file, &Engine::default()).unwrap(),
            files: Vec::new(),
        };
        let mut store = MemoryStore::new();
        for host in ["a", "b"] {
            let labels = Labels::new([("__name__", "load"), ("host", host)]);
            store.append(labels, [(1_000, 1.0)]);
        }
        let mut evaluator = Evaluator::new(&rules, Settings::default());
        evaluator.evaluate(&store, 1_000, &Cancel::new());
        let families = RuleFigures::of(&evaluator).families(61_000);
        let mut page = String::new();
        text::write(&families, Format::Prometheus004, &mut page);
        let told = page.lines().filter(|line| !line.starts_with('#'));
        let told: Vec<_> = told
            .filter(|line| !line.starts_with("vitals_alert_slowest"))
            .collect();
        assert_eq!(
            told,
            [
                "vitals_alerts{state=\"pending\"} 2",
                "vitals_alerts{state=\"firing\"} 2",
                "vitals_alert_rules{health=\"ok\"} 4",
                "vitals_alert_rules{health=\"err\"} 1",
                "vitals_alert_rules{health=\"unknown\"} 0",
                "vitals_alert_rule_unmatched_seconds{group=\"g\",rule=\"C\"} 60",
            ]
        );
    }
}

//! One source of a Vitals, by the name of its collector: how it is said to be.

use std::time::Duration;

use serde_json::Value;

use super::{until::until, vitals::Vitals};

/// Every second; whoever is slow for want of a processor is waited for.
pub(crate) const SOON: &str = r#"
collect.interval = "1s"
collect.timeout = "2s"
health.interval = "1s"
summary.interval = "1s"
"#;

/// For what takes several looks, of which those that fail are seldom: one that took its 2 s is followed
/// by the next in 10 s.
pub(crate) const LOOKS: Duration = Duration::from_secs(90);

/// `redis`, `postgres/main`.
#[derive(Clone, Copy)]
pub(crate) struct Source<'v> {
    pub(crate) vitals: &'v Vitals,
    pub(crate) name: &'static str,
}

impl<'v> Source<'v> {
    pub(crate) fn of(vitals: &'v Vitals, name: &'static str) -> Self {
        Source { vitals, name }
    }

    /// Its checks, one for each thing that is wrong with it.
    fn checks(&self) -> Vec<Value> {
        let health = self.vitals.get("/health").json();
        let checks = health["checks"][format!("{}:up", self.name)].as_array();
        checks.cloned().unwrap_or_default()
    }

    /// The first of them; null before there is one.
    pub(crate) fn check(&self) -> Value {
        self.checks().into_iter().next().unwrap_or_default()
    }

    /// Waits until nothing is wrong with it.
    #[track_caller]
    pub(crate) fn is_well(&self) {
        until(&format!("{} is well", self.name), LOOKS, || {
            let check = self.check();
            (check["status"] == "pass" && check["observedValue"] == 1.0).then_some(())
        });
    }

    /// Waits until it counts as down, for this reason and in these words.
    #[track_caller]
    pub(crate) fn is_down(&self, reason: &str, words: &str) {
        self.is(0.0, reason, words);
    }

    /// Waits until a part of it is missing, for this reason and in these words.
    #[track_caller]
    pub(crate) fn lacks(&self, reason: &str, words: &str) {
        self.is(1.0, reason, words);
    }

    #[track_caller]
    fn is(&self, up: f64, reason: &str, words: &str) {
        let told = format!("({reason})");
        until(&format!("{}: {words} {told}", self.name), LOOKS, || {
            let is = |check: &Value| {
                let output = check["output"].as_str().unwrap_or_default();
                let said = output.contains(&told) && output.contains(words);
                said && check["status"] == "warn" && check["observedValue"] == up
            };
            self.checks().iter().any(is).then_some(())
        });
        let labels = format!("collector=\"{}\",reason=\"{reason}\"", self.name);
        let counter = format!("vitals_collector_errors_total{{{labels}}}");
        assert!(self.vitals.page().value(&counter) >= 1.0);
    }

    /// Its own series, by the beginning of their names.
    pub(crate) fn series(&self, prefix: &str) -> Vec<String> {
        let page = self.vitals.page();
        let series = page.families.into_iter().flat_map(|family| family.series);
        series.filter(|series| series.starts_with(prefix)).collect()
    }

    /// Waits for a value.
    #[track_caller]
    pub(crate) fn value(&self, series: &str) -> f64 {
        until(series, LOOKS, || self.vitals.page().get(series))
    }

    /// Waits for a value to be this one.
    #[track_caller]
    pub(crate) fn becomes(&self, series: &str, value: f64) {
        until(&format!("{series} {value}"), LOOKS, || {
            (self.vitals.page().get(series) == Some(value)).then_some(())
        });
    }

    /// A row of the summary.
    pub(crate) fn target(&self, id: &str) -> Value {
        target(&self.vitals.get("/summary").json(), id)
    }
}

/// A row of a summary.
pub(crate) fn target(summary: &Value, id: &str) -> Value {
    let targets = summary["targets"].as_array().unwrap();
    let target = targets.iter().find(|target| target["id"] == id);
    target.unwrap().clone()
}

//! A Vitals that watches one IRIS, `iris/main`, every second.

use serde_json::Value;

use super::{
    iris::Simulated,
    until::{DEADLINE, until},
    vitals::{Setup, Vitals},
};

/// Every second, and no longer than half of one.
const SETTINGS: &str = r#"
collect.interval = "1s"
collect.timeout = "500ms"
health.interval = "1s"
summary.interval = "1s"
"#;

/// It, running. What it watches is left to the story.
pub(crate) struct Watched {
    pub(crate) vitals: Vitals,
}

impl Watched {
    /// With more settings: of the whole, and of `iris.main`.
    pub(crate) fn start(url: &str, whole: &str, of_iris: &str) -> Self {
        Self::set_up(Setup::new(), url, whole, of_iris)
    }

    /// In whatever environment the story has set up.
    pub(crate) fn set_up(setup: Setup, url: &str, whole: &str, of_iris: &str) -> Self {
        let iris = format!("[[iris]]\nname = \"main\"\nurl = \"{url}\"\n{of_iris}\n");
        let settings = format!("{SETTINGS}{whole}\n{iris}");
        let vitals = setup.settings(&settings).ready();
        Watched { vitals }
    }

    /// Watches an IRIS that wants to know who asks, and waits until there is data.
    pub(crate) fn by_account(iris: &Simulated) -> Self {
        Self::with_account(Setup::new(), iris)
    }

    /// The same, with time for bodies of megabytes on a busy machine.
    pub(crate) fn patiently(iris: &Simulated) -> Self {
        let setup = Setup::new().variable("VITALS__COLLECT__TIMEOUT", "10s");
        Self::with_account(setup, iris)
    }

    fn with_account(setup: Setup, iris: &Simulated) -> Self {
        let account = "username = \"_SYSTEM\"\npassword = \"SYS\"";
        let watched = Self::set_up(setup, iris.url(), "", account);
        watched.has_data();
        watched
    }

    /// What the page tells of this IRIS as it said itself: not how our requests to it fare.
    pub(crate) fn series(&self) -> Vec<String> {
        let page = self.vitals.page();
        let all = page.families.into_iter().flat_map(|family| family.series);
        let is_of_it = |series: &String| {
            [r#"iris="main""#, r#"host="main""#]
                .iter()
                .any(|label| series.contains(label))
                && !["vitals_iris_response_", "vitals_iris_request_"]
                    .iter()
                    .any(|own| series.starts_with(own))
        };
        all.filter(is_of_it).collect()
    }

    /// Waits for data, up to the messages of the production.
    #[track_caller]
    pub(crate) fn has_data(&self) {
        until("the data of IRIS", DEADLINE, || {
            let series = self.series();
            let has = |name: &str| series.iter().any(|series| series.starts_with(name));
            (has("vitals_hl7_messages_total") && has("vitals_iris_query_seconds")).then_some(())
        });
    }

    /// How often it has failed, for this reason.
    pub(crate) fn errors(&self, reason: &str) -> f64 {
        self.counted(&format!(r#"collector="iris/main",reason="{reason}""#))
    }

    /// How often it has failed, for whatever reason.
    pub(crate) fn failures(&self) -> f64 {
        self.counted(r#"collector="iris/main""#)
    }

    fn counted(&self, labels: &str) -> f64 {
        let page = self.vitals.page();
        let family = page.find("vitals_collector_errors_total");
        let series = family.into_iter().flat_map(|family| &family.series);
        let counted = series.filter(|series| series.contains(labels));
        counted.map(|series| page.value(series)).sum()
    }

    /// The check of this IRIS; null before the first.
    pub(crate) fn check(&self) -> Value {
        let health = self.vitals.get("/health").json();
        health["checks"]["iris/main:up"][0].clone()
    }

    /// A row of the summary.
    pub(crate) fn target(&self, id: &str) -> Value {
        let mut summary = self.vitals.get("/summary").json();
        let targets = summary["targets"].as_array_mut().unwrap();
        let target = targets.iter_mut().find(|target| target["id"] == id);
        target.unwrap().take()
    }

    /// Nobody was started anew, whatever became of IRIS.
    #[track_caller]
    pub(crate) fn nobody_was_touched(&self) {
        let tree = self.vitals.tree();
        for node in &tree.0 {
            let untouched = (node.generation, node.restarts, &*node.state);
            assert_eq!(untouched, (1, 0, "running"), "{node:?}");
        }
        for other in ["system", "network"] {
            let up = format!("vitals_collector_up{{collector=\"{other}\"}}");
            until(other, DEADLINE, || {
                (self.vitals.page().get(&up) == Some(1.0)).then_some(())
            });
        }
        self.vitals.nothing_panicked_unguarded();
    }
}

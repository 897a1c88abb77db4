//! The health checker: every 30 s it asks whether Vitals itself works, and whom it cannot see.
//!
//! *Fail* says that Vitals is broken: the pipeline does not carry a probe from one end to the other,
//! or part of the tree is down for good. *Warn* says that something Vitals watches, or one of its
//! actors, is in trouble.

use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, Instant},
};

use actix::{fut::wrap_future, prelude::*};
use futures::future::join_all;
use jiff::{Timestamp, Unit};
use serde::Serialize;
use supervision::{AskError, Checkpoint, Node, NodeKind, Ref, Start, State, Tree, later};
use utoipa::ToSchema;

use crate::{
    aggregator::Aggregator,
    last_known::LastKnown,
    messages::{Probe, Retuned, Verdict},
    standing::SourceStatus,
    tuning::Tunable,
};

/// The check after one that came before all collectors had been heard of.
const SOON: Duration = Duration::from_secs(1);
/// How long the pipeline may take to carry a probe.
const PROBE_DEADLINE: Duration = Duration::from_secs(2);
/// More of what is wrong with one source is not listed.
const MOST_ERRORS: usize = 20;
const SECOND: Unit = Unit::Second;
/// How long an actor may take to give a sign of life.
const PING_DEADLINE: Duration = Duration::from_secs(1);

/// The verdict of one check, in the words of draft-inadarei-api-health-check-06.
#[derive(Debug, Clone, Serialize)]
pub struct HealthReport {
    /// The worst of all checks.
    pub status: HealthStatus,
    /// What is not as it should be, worst first; `None` if nothing.
    pub output: Option<String>,
    /// What must be known of all this.
    pub notes: Vec<String>,
    /// By `component:measurement`.
    pub checks: BTreeMap<String, Vec<Check>>,
    /// When the check was made, by a clock that does not jump.
    #[serde(skip)]
    pub at: Instant,
}

/// Ordered from good to bad.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum HealthStatus {
    /// All is well.
    Pass,
    /// Vitals works; something it watches, or a part of it, does not.
    Warn,
    /// Vitals itself is broken.
    Fail,
}

/// One thing checked.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Check {
    /// How it is.
    pub status: HealthStatus,
    /// `component`, `datastore` or `system`.
    pub component_type: &'static str,
    /// What was measured.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub observed_value: Option<f64>,
    /// In what unit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub observed_unit: Option<&'static str>,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub time: Timestamp,
    /// What is wrong, if anything.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output: Option<String>,
}

/// What the health checker is given by whoever builds the tree.
#[derive(Clone)]
pub struct HealthSettings {
    /// How often it checks.
    pub tuning: Tunable,
    /// Whom the probe is sent to.
    pub aggregator: Ref<Aggregator>,
    /// Where the verdict is left, also for a front that gets no answer.
    pub last_known: Arc<LastKnown>,
    /// The tree it lives in, once it stands.
    pub tree: Arc<std::sync::OnceLock<Tree>>,
}

/// Checks at once when it starts, then on its cadence.
pub struct Health {
    settings: HealthSettings,
    checkpoint: Checkpoint,
    checking: bool,
    /// The next check.
    next: Option<SpawnHandle>,
}

impl Health {
    /// A checker that has not checked yet.
    pub fn new(start: &Start<Self>, settings: HealthSettings) -> Self {
        Health {
            settings,
            checkpoint: start.checkpoint(),
            checking: false,
            next: None,
        }
    }

    /// The next check is after `wait`, and then on the cadence.
    fn check_in(&mut self, wait: Duration, ctx: &mut Context<Self>) {
        let next = later(wait, ctx, Self::check_now);
        if let Some(before) = self.next.replace(next) {
            ctx.cancel_future(before);
        }
    }

    fn check_now(&mut self, ctx: &mut Context<Self>) {
        self.next = None; // it is this one
        self.check_in(self.settings.tuning.load().health_interval, ctx);
        self.check(ctx);
    }

    fn check(&mut self, ctx: &mut Context<Self>) {
        if std::mem::replace(&mut self.checking, true) {
            return; // every question has a deadline: the one under way will end
        }
        let settings = self.settings.clone();
        let report = async move { examine(&settings).await };
        ctx.spawn(wrap_future::<_, Self>(report).map(|report, me, ctx| {
            me.checking = false;
            if me.is_early(&report) {
                me.check_in(SOON, ctx);
            }
            me.publish(report);
        }));
    }

    /// Whether there is a collector that nothing has been heard of yet: it has just been started.
    fn is_early(&self, report: &HealthReport) -> bool {
        let Some(tree) = self.settings.tree.get() else {
            return true;
        };
        let unheard = |node: &Node| {
            let collector = node.path.strip_prefix("collectors/");
            collector.is_some_and(|name| !report.checks.contains_key(&format!("{name}:up")))
        };
        tree.snapshot().walk().any(unheard)
    }

    fn publish(&self, report: HealthReport) {
        let report = Arc::new(report);
        if !self.checkpoint.is_current() {
            return;
        }
        let health = &self.settings.last_known.health;
        let before = health.swap(Some(report.clone()));
        let before = before.as_deref().map(|before| &before.output);
        match (&report.output, before) {
            (Some(output), before) if before != Some(&report.output) => {
                log::warn!("health: {:?}: {output}", report.status);
            }
            (None, Some(Some(_))) => log::info!("health: all checks pass again"),
            _ => {}
        }
        // Were the aggregator full or gone, the front would find the verdict in the other place.
        let _ = self.settings.aggregator.tell(Verdict(report));
    }
}

impl Actor for Health {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        self.check_now(ctx);
    }
}

impl Handler<Retuned> for Health {
    type Result = ();

    fn handle(&mut self, _: Retuned, ctx: &mut Self::Context) {
        self.check_now(ctx);
    }
}

async fn examine(settings: &HealthSettings) -> HealthReport {
    let asked = Instant::now();
    let probe = settings.aggregator.ask(Probe, PROBE_DEADLINE).await;
    let took = asked.elapsed();
    let mut checks = BTreeMap::new();
    checks.insert("pipeline:latency".to_owned(), vec![pipeline(&probe, took)]);
    for source in probe.iter().flatten() {
        checks.insert(format!("{}:up", source.source), collector(source));
    }
    if let Some(tree) = settings.tree.get() {
        let root = tree.snapshot();
        let silent = silent(tree, &root).await;
        checks.insert("tree:state".to_owned(), vec![tree_state(&root, &silent)]);
        let abandoned = vec![abandoned(tree)];
        checks.insert("tree:abandoned_threads".to_owned(), abandoned);
    }
    let simulated = probe.iter().flatten().filter(|source| source.simulated);
    let note =
        |source: &SourceStatus| format!("{} is simulated: nothing of it is true", source.source);
    let notes = simulated.map(note).collect();
    HealthReport::of(checks, notes)
}

impl HealthReport {
    fn of(checks: BTreeMap<String, Vec<Check>>, notes: Vec<String>) -> Self {
        let mut troubles: Vec<_> = checks
            .iter()
            .flat_map(|(name, all)| all.iter().map(move |check| (name, check)))
            .filter(|(_, check)| check.status != HealthStatus::Pass)
            .collect();
        troubles.sort_by_key(|(_, check)| std::cmp::Reverse(check.status));
        let status = troubles
            .first()
            .map_or(HealthStatus::Pass, |(_, c)| c.status);
        let output: Vec<_> = troubles
            .iter()
            .map(|(name, check)| {
                let component = name.split(':').next().unwrap_or(name);
                format!("{component}: {}", check.output.as_deref().unwrap_or("?"))
            })
            .collect();
        HealthReport {
            status,
            output: (!output.is_empty()).then(|| output.join("; ")),
            notes,
            checks,
            at: Instant::now(),
        }
    }
}

fn check(status: HealthStatus, output: Option<String>) -> Check {
    Check {
        status,
        component_type: "component",
        observed_value: None,
        observed_unit: None,
        time: Timestamp::now(),
        output,
    }
}

fn pipeline(probe: &Result<Vec<SourceStatus>, AskError>, took: Duration) -> Check {
    match probe {
        Ok(_) => Check {
            observed_value: Some(took.as_secs_f64() * 1e3),
            observed_unit: Some("ms"),
            ..check(HealthStatus::Pass, None)
        },
        Err(error) => check(
            HealthStatus::Fail,
            Some(format!("the probe was lost: {error}")),
        ),
    }
}

/// A check for each thing that is wrong with it; one if nothing is.
fn collector(source: &SourceStatus) -> Vec<Check> {
    // By the draft's three kinds.
    let component_type = match source.source.split('/').next() {
        Some("iris" | "redis" | "postgres") => "datastore",
        Some("application" | "grafana" | "scrape") => "component",
        _ => "system",
    };
    let check = |status, output| Check {
        component_type,
        observed_value: Some(f64::from(source.up)),
        time: source.at,
        ..check(status, output)
    };
    let since = |what: String| {
        format!(
            "{what}, since {}",
            source.since.round(SECOND).unwrap_or(source.since)
        )
    };
    if source.errors.is_empty() {
        return vec![match source.up {
            true => check(HealthStatus::Pass, None),
            false => {
                let output = format!("no measurement since {}", source.at);
                check(HealthStatus::Warn, Some(output))
            }
        }];
    }
    let errors = source
        .errors
        .iter()
        .take(MOST_ERRORS)
        .enumerate()
        .map(|(at, error)| {
            // The first one is why it is down, if it is.
            let output = match source.up || at > 0 {
                true => error.to_string(),
                false => since(error.to_string()),
            };
            check(HealthStatus::Warn, Some(output))
        });
    errors.collect()
}

/// Overseers and collectors that give no sign of life, of those that are up.
async fn silent(tree: &Tree, root: &Node) -> Vec<Arc<str>> {
    let asked = root.walk().filter(|node| {
        let concerned = node.kind == NodeKind::Supervisor || node.path.starts_with("collectors/");
        concerned && node.up
    });
    let pings = asked.map(|node| async move {
        let pong = tree.ping(&node.path, PING_DEADLINE).await;
        let silent = matches!(pong, Err(AskError::Timeout));
        silent.then(|| node.path.clone())
    });
    join_all(pings).await.into_iter().flatten().collect()
}

fn tree_state(root: &Node, silent: &[Arc<str>]) -> Check {
    let mut troubles = Vec::new();
    let mut status = HealthStatus::Pass;
    for node in root.walk() {
        let name = if node.path.is_empty() {
            &node.name
        } else {
            &node.path
        };
        let trouble = match node.state {
            State::Failed => {
                status = HealthStatus::Fail;
                "failed"
            }
            _ if node.degraded => "degraded",
            State::Backoff => "waits for its restart",
            State::Starting | State::Running | State::Stopping | State::Stopped => continue,
        };
        troubles.push(format!("{name} {trouble}"));
    }
    troubles.extend(silent.iter().map(|path| format!("{path} gives no answer")));
    if !troubles.is_empty() {
        status = status.max(HealthStatus::Warn);
    }
    let output = (!troubles.is_empty()).then(|| troubles.join(", "));
    let running = root.walk().filter(|node| node.up).count();
    Check {
        observed_value: Some(running as f64),
        observed_unit: Some("actors"),
        ..check(status, output)
    }
}

fn abandoned(tree: &Tree) -> Check {
    let threads = tree.abandoned_threads();
    let status = if threads == 0 {
        HealthStatus::Pass
    } else {
        HealthStatus::Warn
    };
    let output = (threads > 0).then(|| format!("{threads} threads hang"));
    Check {
        observed_value: Some(threads as f64),
        observed_unit: Some("threads"),
        ..check(status, output)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::collector::{CollectError, Reason};

    fn source(up: bool, error: Option<&str>) -> SourceStatus {
        SourceStatus {
            source: "iris/main".into(),
            up,
            at: Timestamp::UNIX_EPOCH,
            since: Timestamp::UNIX_EPOCH,
            errors: Vec::from_iter(error.map(|detail| CollectError {
                part: "http://iris".into(),
                reason: Reason::Connect,
                detail: detail.into(),
            })),
            simulated: false,
        }
    }

    #[test]
    fn a_dependency_down_is_a_warning_and_a_lost_probe_a_failure() {
        let down = collector(&source(false, Some("refused")));
        let lost = pipeline(&Err(AskError::Timeout), Duration::ZERO);
        let report = HealthReport::of(
            BTreeMap::from([
                ("iris/main:up".into(), down.clone()),
                ("pipeline:latency".into(), vec![lost]),
            ]),
            Vec::new(),
        );
        assert_eq!(report.status, HealthStatus::Fail);
        assert_eq!(
            report.output.as_deref(),
            Some(
                "pipeline: the probe was lost: no answer in time; \
                 iris/main: http://iris: refused (connect), since 1970-01-01T00:00:00Z"
            )
        );
        let report = HealthReport::of(BTreeMap::from([("iris/main:up".into(), down)]), Vec::new());
        assert_eq!(report.status, HealthStatus::Warn);
    }

    #[test]
    fn a_part_that_failed_is_a_warning_and_silence_is_one_too() {
        assert_eq!(collector(&source(true, None))[0].status, HealthStatus::Pass);
        assert_eq!(
            collector(&source(true, Some("one file")))[0].status,
            HealthStatus::Warn
        );
        let silent = &collector(&source(false, None))[0];
        assert_eq!(silent.status, HealthStatus::Warn);
        assert_eq!(
            silent.output.as_deref(),
            Some("no measurement since 1970-01-01T00:00:00Z")
        );
    }
}

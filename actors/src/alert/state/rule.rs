//! A rule and what it is in.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use exposition::Labels;
use promql::{STALE_BITS, Sample, Value};

use super::alert::{Alert, AlertState, Transition};
use super::alerting::{ALERTS, ALERTS_FOR_STATE};
use super::context::{Context, Settings, millis};
use super::group::GroupState;
use super::index::has_queries;
use super::restore::Known;
use crate::alert::rules::{Alerting, Group, Kind, Rule};

/// How long a rule that [waits](RuleState::waits) may not hear of its metrics.
pub(crate) const HELD_BACK: Duration = Duration::from_secs(10);
/// A rule waits whose `for` is so many times as long: it is caught up long before that runs out.
const WAITING: u32 = 3;

/// How the last evaluation of a rule went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Health {
    /// There has been none.
    Unknown,
    /// Well.
    Good,
    /// It failed.
    Bad,
}

impl Health {
    /// As in Prometheus's API.
    pub fn as_str(self) -> &'static str {
        match self {
            Health::Unknown => "unknown",
            Health::Good => "ok",
            Health::Bad => "err",
        }
    }
}

/// A sample for the store.
#[derive(Debug, Clone)]
pub struct WrittenSample {
    /// The name among them.
    pub labels: Labels,
    /// Unix milliseconds.
    pub at: i64,
    /// The value, or [`STALE_BITS`]: the series ends.
    pub value: f64,
}

/// What does not change of a rule, and is asked for whenever one is due.
#[derive(Debug)]
struct Nature {
    /// How far back its expression reads, in milliseconds.
    reach_ms: Option<i64>,
    /// Its texts may ask for anything.
    has_queries: bool,
    /// It is news when its expression reads no series.
    is_to_match: bool,
    /// Its expression reads no metric.
    reads_nothing: bool,
    /// Its expression yields the same at any time at which the same can be read.
    is_of_now: bool,
    is_recording: bool,
}

impl Nature {
    fn of(group: &Group, rule: &Rule) -> Self {
        Nature {
            reach_ms: rule.query.reach_ms(),
            has_queries: rule.alerting().is_some_and(has_queries),
            is_to_match: rule.is_to_match(),
            reads_nothing: rule.query.selectors().len() == 0,
            is_of_now: rule.query.is_of_now() && group.query_offset.is_zero(),
            is_recording: matches!(rule.kind, Kind::Recording(_)),
        }
    }
}

/// A rule and what it is in.
#[derive(Debug)]
pub struct RuleState {
    /// The group it is of, and its place in it.
    group: Arc<Group>,
    place: usize,
    nature: Nature,
    /// How the last evaluation went.
    pub health: Health,
    /// Why it failed.
    pub last_error: Option<String>,
    /// When it was, in Unix milliseconds.
    pub last_evaluation: Option<i64>,
    /// How long it took.
    pub evaluation_time: Duration,
    /// Since when its expression has read no series at all, if that is news.
    pub unmatched_since: Option<i64>,
    pub(super) alerts: HashMap<Labels, Alert>,
    /// It read no series and yielded nothing, which only a sample can change.
    pub(super) is_idle: bool,
    /// What it recorded at the last evaluation.
    pub(super) recorded: HashSet<Labels>,
    /// A metric it reads has come.
    pub(super) is_marked: bool,
    /// When a `for` or `keep_firing_for` runs out next.
    pub(super) deadline: Option<i64>,
    /// When `ALERTS` was last written for all alerts.
    pub(super) written_at: Option<i64>,
    /// After a restart: the metrics that have not come yet, and until when they are waited for.
    pub(super) awaited: Option<(Vec<Arc<str>>, i64)>,
    /// What the store knows of alerts from before the restart, once it was asked.
    pub(super) known: Option<Known>,
    /// `for` states need not be looked for in the store: a checkpoint had them.
    pub(super) is_restored: bool,
    /// Annotations there are may be of other templates.
    pub(super) has_other_texts: bool,
    /// The first evaluation since the start.
    pub(super) first_evaluation: Option<i64>,
}

impl RuleState {
    pub(super) fn new(group: &Arc<Group>, place: usize) -> Self {
        RuleState {
            group: group.clone(),
            place,
            nature: Nature::of(group, &group.rules[place]),
            health: Health::Unknown,
            last_error: None,
            last_evaluation: None,
            unmatched_since: None,
            evaluation_time: Duration::ZERO,
            alerts: HashMap::new(),
            is_idle: false,
            recorded: HashSet::new(),
            is_marked: true,
            deadline: None,
            written_at: None,
            awaited: None,
            known: None,
            is_restored: false,
            has_other_texts: false,
            first_evaluation: None,
        }
    }

    /// The rule.
    pub fn rule(&self) -> &Rule {
        &self.group.rules[self.place]
    }

    /// Its alerts: pending, firing, and those resolved of late.
    pub fn alerts(&self) -> impl Iterator<Item = &Alert> {
        self.alerts.values()
    }

    pub(super) fn is_recording(&self) -> bool {
        self.nature.is_recording
    }

    pub(super) fn reads_nothing(&self) -> bool {
        self.nature.reads_nothing
    }

    /// Whether an alert with these labels is one of its.
    pub fn has(&self, labels: &Labels) -> bool {
        self.alerts.contains_key(labels)
    }

    /// Its pending and firing alerts.
    pub fn active_alerts(&self) -> impl Iterator<Item = &Alert> {
        self.alerts.values().filter(|alert| alert.is_active())
    }

    /// The gravest state of its alerts.
    pub fn state(&self) -> AlertState {
        let states = self.alerts.values().map(|alert| alert.state);
        states.max().unwrap_or(AlertState::Inactive)
    }

    /// Evaluates it, and tells how that went.
    pub(super) fn run(
        &mut self,
        context: &Context,
        transitions: &mut Vec<Transition>,
        samples: &mut Vec<WrittenSample>,
    ) {
        let began = Instant::now();
        let group = self.group.clone();
        let rule = &group.rules[self.place];
        self.first_evaluation.get_or_insert(context.at);
        let known = transitions.len();
        let yielded = self.yielded(rule, context);
        let outcome = yielded.and_then(|yielded| match &rule.kind {
            Kind::Alerting(alerting) => {
                if !yielded.is_empty() && self.waits() {
                    self.catch_up(rule, alerting, context, transitions, samples);
                }
                self.alert(alerting, yielded, context, transitions, samples)
            }
            Kind::Recording(recording) => self.record(recording, yielded, context, samples),
        });
        transitions[known..].sort_by(|a, b| a.labels.cmp(&b.labels));
        self.is_marked = false;
        self.evaluation_time = began.elapsed();
        self.last_evaluation = Some(context.at);
        self.health = if outcome.is_ok() {
            Health::Good
        } else {
            Health::Bad
        };
        self.last_error = outcome.err();
    }

    /// From when on it reads, run at `at`, in Unix milliseconds; `None` where nobody knows: `@` says when,
    /// a text may ask for anything, or the store is yet to be asked since when alerts have been active.
    pub(super) fn reads_since(
        &self,
        group: &GroupState,
        settings: &Settings,
        at: i64,
    ) -> Option<i64> {
        let alerting = self.rule().alerting();
        if self.nature.has_queries || alerting.is_some_and(|one| self.seeks(one, settings, at)) {
            return None;
        }
        let reach = self.nature.reach_ms?;
        Some(at.saturating_sub(reach.saturating_add(millis(group.group.query_offset))))
    }

    /// The names of what it writes.
    pub(super) fn writes(&self) -> Vec<&str> {
        match &self.rule().kind {
            Kind::Alerting(_) => vec![ALERTS, ALERTS_FOR_STATE],
            Kind::Recording(recording) => vec![&recording.name],
        }
    }

    /// Whether it is no matter that it hears of its metrics up to [`HELD_BACK`] later: nothing of it is
    /// active, and whatever becomes so is pending for longer.
    pub(super) fn waits(&self) -> bool {
        let is_long = |alerting: &Alerting| alerting.hold >= WAITING * HELD_BACK;
        self.health == Health::Good
            && self.group.interval.is_none()
            && self.rule().alerting().is_some_and(is_long)
            && self.active_alerts().next().is_none()
    }

    /// Runs it at the times it has missed, so that what it yields now is dated to when it began.
    fn catch_up(
        &mut self,
        rule: &Rule,
        alerting: &Alerting,
        context: &Context,
        transitions: &mut Vec<Transition>,
        samples: &mut Vec<WrittenSample>,
    ) {
        let last = self.last_evaluation.unwrap_or(i64::MAX);
        let missed = context.missed.iter();
        for at in missed.filter(|at| last < **at && **at < context.at) {
            let then = context.then(*at);
            if let Ok((yielded, _)) = answer(rule, &then) {
                // What is wrong with it is wrong now, too, and told then.
                let _ = self.alert(alerting, yielded, &then, transitions, samples);
            }
        }
    }

    /// The result of the expression.
    fn yielded(&mut self, rule: &Rule, context: &Context) -> Result<Vec<Sample>, String> {
        self.is_idle = false;
        let (yielded, series_read) = answer(rule, context)?;
        self.is_idle = self.nature.is_of_now && series_read == 0 && yielded.is_empty();
        match series_read == 0 && self.nature.is_to_match {
            true => _ = self.unmatched_since.get_or_insert(context.at),
            false => self.unmatched_since = None,
        }
        Ok(yielded)
    }
}

/// The result of the expression, and how many series it read.
fn answer(rule: &Rule, context: &Context) -> Result<(Vec<Sample>, u64), String> {
    let answer = rule
        .query
        .instant(context.store, context.query_at, context.cancel);
    let answer = answer.map_err(|error| error.to_string())?;
    let yielded = match answer.value {
        Value::Vector(samples) => samples,
        Value::Scalar(value) => vec![Sample {
            labels: Labels::none(),
            value,
        }],
        Value::Matrix(_) | Value::Text(_) => {
            return Err("rule result is not a vector or scalar".into());
        }
    };
    Ok((yielded, answer.stats.series_read))
}

/// The end of a series.
pub(super) fn stale(labels: Labels, at: i64) -> WrittenSample {
    WrittenSample {
        labels,
        at,
        value: f64::from_bits(STALE_BITS),
    }
}

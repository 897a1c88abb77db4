//! All groups, evaluated as metrics come and as time passes.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use promql::{Cancel, METRIC_NAME, Queryable};

use super::alert::Transition;
use super::context::{Context, Settings, millis};
use super::group::GroupState;
use super::index::{Index, Place, Wanted};
use super::overlay::Overlay;
use super::rule::{RuleState, WrittenSample};
use crate::alert::rules::RuleSet;

/// How often rules are gone through in one evaluation: those that read what later ones wrote are run
/// once more, those that read each other in a circle not for ever.
const MAX_ROUNDS: usize = 3;

/// What an evaluation made.
#[derive(Debug, Default)]
pub struct Evaluation {
    /// Alerts that changed their state.
    pub transitions: Vec<Transition>,
    /// Samples for the store: recorded series, `ALERTS`, `ALERTS_FOR_STATE`, and the ends of those.
    pub samples: Vec<WrittenSample>,
    /// How many rules were run.
    pub runs: usize,
    /// How many of them failed.
    pub failures: usize,
    /// Others are due that could not be run yet.
    pub is_partial: bool,
}

/// All rules and what they are in.
#[derive(Debug)]
pub struct Evaluator {
    pub(super) settings: Settings,
    pub(super) groups: Vec<GroupState>,
    pub(super) index: Index,
    pub(super) last_at: Option<i64>,
    /// When rules that wait were not run, in order.
    missed: Vec<i64>,
    /// What was before the start cannot be read yet.
    lacks_past: bool,
    /// Which rules waited when it was last asked what is wanted.
    pub(super) waiting: Vec<bool>,
}

impl Evaluator {
    /// Nothing is active yet. Every rule is due.
    pub fn new(rules: &RuleSet, settings: Settings) -> Self {
        Evaluator {
            index: Index::of(rules),
            groups: rules.groups.iter().map(GroupState::new).collect(),
            settings,
            last_at: None,
            missed: Vec::new(),
            lacks_past: false,
            waiting: Vec::new(),
        }
    }

    /// Whether what was before the start cannot be read yet: alerts that were restored are not taken to be
    /// over meanwhile, for five minutes as where their metrics do not come.
    pub fn lacks_past(&mut self, lacks: bool) {
        self.lacks_past = lacks;
    }

    /// Its groups, in order.
    pub fn groups(&self) -> &[GroupState] {
        &self.groups
    }

    /// Its rules, in order.
    pub fn rules(&self) -> impl Iterator<Item = &RuleState> {
        self.groups.iter().flat_map(|group| &group.rules)
    }

    /// What it was set up with.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Metrics of these names have come: rules that read them are due. What rules themselves wrote
    /// need not be told.
    pub fn appended<'n>(&mut self, names: impl IntoIterator<Item = &'n str>) {
        for name in names {
            for (group, rule) in self.index.readers(name) {
                let rule = &mut self.groups[group].rules[rule];
                rule.is_marked = true;
                if let Some((awaited, _)) = &mut rule.awaited {
                    awaited.retain(|one| **one != *name);
                }
            }
        }
    }

    /// When metrics came that were not told then, as rules that read them wait, in Unix milliseconds.
    /// Those rules are run at these times, too, if they yield anything at the next evaluation: it is as
    /// though they had been run all the time.
    pub fn missed(&mut self, times: impl IntoIterator<Item = i64>) {
        self.missed.extend(times);
        self.missed.sort_unstable();
        self.missed.dedup();
    }

    /// The metrics that are to be told of at once, as a rule reads them that does not wait. `None` where
    /// that is as it was when it was asked the last time.
    pub fn wanted(&mut self) -> Option<Wanted> {
        let waits = self.groups.iter().flat_map(|group| &group.rules);
        if waits.map(RuleState::waits).eq(self.waiting.iter().copied()) {
            return None;
        }
        self.waiting = self.rules().map(RuleState::waits).collect();
        let wants = |(group, rule): Place| {
            let group = &self.groups[group];
            // Of a group with an interval of its own no rule is run because something came.
            group.group.interval.is_none() && !group.rules[rule].waits()
        };
        Some(self.index.read_by(wants))
    }

    /// When a rule is next due by time, in Unix milliseconds; `None` without rules. What has passed
    /// is due at once.
    pub fn next_due(&self) -> Option<i64> {
        let interval = millis(self.settings.interval);
        let due = |group: &GroupState| {
            let due = |rule| group.due(rule, interval).unwrap_or(i64::MIN);
            group.rules.iter().map(due).min()
        };
        self.groups.iter().filter_map(due).min()
    }

    /// Runs every rule that is due at `at`, in order, on `store` as it is then.
    pub fn evaluate(&mut self, store: &dyn Queryable, at: i64, cancel: &Cancel) -> Evaluation {
        let mut evaluation = Evaluation::default();
        self.go_on(&mut evaluation, store, at, cancel);
        evaluation
    }

    /// Runs those rules that are due and read nothing from before `since`, in Unix milliseconds.
    pub fn evaluate_since(
        &mut self,
        since: i64,
        store: &dyn Queryable,
        at: i64,
        cancel: &Cancel,
    ) -> Evaluation {
        let mut evaluation = Evaluation::default();
        let first = self.missed.first().map_or(at, |first| at.min(*first));
        let may = |rule: &RuleState, group: &GroupState, settings: &Settings| {
            let reads_since = rule.reads_since(group, settings, first);
            reads_since.is_some_and(|reads| reads >= since)
        };
        self.run_due(&mut evaluation, store, at, cancel, may);
        evaluation
    }

    /// Runs what is due besides what an evaluation of the same moment has run, and adds it to that.
    pub fn go_on(
        &mut self,
        evaluation: &mut Evaluation,
        store: &dyn Queryable,
        at: i64,
        cancel: &Cancel,
    ) {
        self.run_due(evaluation, store, at, cancel, |_, _, _| true);
    }

    fn run_due(
        &mut self,
        evaluation: &mut Evaluation,
        store: &dyn Queryable,
        at: i64,
        cancel: &Cancel,
        may: impl Fn(&RuleState, &GroupState, &Settings) -> bool,
    ) {
        let at = self.settle(at);
        let interval = millis(self.settings.interval);
        let mut overlay = Overlay::new(store);
        for sample in &evaluation.samples {
            overlay.write(sample);
        }
        // Whoever reads what another is to write is run behind it.
        let mut waiting = HashSet::new();
        for _ in 0..MAX_ROUNDS {
            let known = evaluation.samples.len();
            for group in 0..self.groups.len() {
                for rule in 0..self.groups[group].rules.len() {
                    let state = &self.groups[group];
                    let one = &state.rules[rule];
                    if !state.is_due(one, at, interval) {
                        continue;
                    }
                    let place = (group, rule);
                    if !waiting.contains(&place) && may(one, state, &self.settings) {
                        self.run(place, &mut overlay, at, cancel, evaluation);
                    } else {
                        let readers = one.writes().into_iter();
                        waiting.extend(readers.flat_map(|name| self.index.readers(name)));
                        waiting.insert(place);
                    }
                }
            }
            // Nobody else is due because of it.
            if evaluation.samples.len() == known {
                break;
            }
        }
        evaluation.is_partial = !waiting.is_empty();
        if !evaluation.is_partial {
            self.missed.clear();
        }
    }

    /// Runs every rule once, in order, as Prometheus does every interval.
    pub fn evaluate_all(&mut self, store: &dyn Queryable, at: i64, cancel: &Cancel) -> Evaluation {
        let at = self.settle(at);
        let mut overlay = Overlay::new(store);
        let mut evaluation = Evaluation::default();
        for group in 0..self.groups.len() {
            for rule in 0..self.groups[group].rules.len() {
                self.run((group, rule), &mut overlay, at, cancel, &mut evaluation);
            }
        }
        evaluation
    }

    fn run(
        &mut self,
        (group, rule): Place,
        overlay: &mut Overlay,
        at: i64,
        cancel: &Cancel,
        evaluation: &mut Evaluation,
    ) {
        let began = Instant::now();
        let state = &mut self.groups[group];
        let context = Context {
            settings: &self.settings,
            store: overlay,
            at,
            query_at: at.saturating_sub(millis(state.group.query_offset)),
            cancel,
            interval: millis(state.interval(self.settings.interval)),
            limit: state.group.limit,
            missed: &self.missed,
            lacks_past: self.lacks_past,
        };
        let known = evaluation.samples.len();
        let one = &mut state.rules[rule];
        one.run(
            &context,
            &mut evaluation.transitions,
            &mut evaluation.samples,
        );
        evaluation.runs += 1;
        evaluation.failures += usize::from(one.last_error.is_some());
        if state.last_evaluation != Some(at) {
            state.last_evaluation = Some(at);
            state.evaluation_time = Duration::ZERO;
        }
        state.evaluation_time += began.elapsed();
        let written = &evaluation.samples[known..];
        self.hand_on(written, (group, rule), overlay);
    }

    /// What a rule wrote has come, too, if anybody reads it.
    fn hand_on(&mut self, written: &[WrittenSample], writer: Place, overlay: &mut Overlay) {
        let (mut last, mut is_read) = ("", false);
        for sample in written {
            let name = sample.labels.get(METRIC_NAME).unwrap_or_default();
            if name != last {
                last = name;
                is_read = self.index.texts_read;
                for place in self.index.readers(name) {
                    is_read = true;
                    self.groups[place.0].rules[place.1].is_marked |= place != writer;
                }
            }
            if is_read {
                overlay.write(sample);
            }
        }
    }
}

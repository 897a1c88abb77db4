//! The actor.

use std::{
    collections::{BTreeSet, HashMap, VecDeque},
    mem,
    sync::Arc,
};

use actix::{fut::wrap_future, prelude::*};
use exposition::Labels;
use jiff::Timestamp;
use promql::Cancel;
use supervision::{Checkpoint as Slot, Start, spawn_blocking_guarded};
use tokio::time::Instant;

use super::{
    EvaluatorSettings, RulesView, Ruling, STUCK, TELL_ALL,
    cause::{Evidence, chart_url, is_of_this_host},
    figures,
    keep::write_checkpoint,
    processes::Processes,
};
use crate::{
    alert::{
        fingerprint::Fingerprint,
        notification::Alert,
        state::{AlertState, Annotations, Checkpoint, Evaluation, Evaluator, Transition as Change},
    },
    history::Reader,
    keep::RULES,
    messages::{Alerted, Appended, Batch, Firing, GetRules, Ruled, Transition},
    standing::Standing,
    summary::ActiveAlert,
};

/// Causes that are looked for after one evaluation: where everything fires at once, nobody reads them
/// all, and the first message must not wait for the last.
const MOST_CAUSES: usize = 20;
/// From one look at processes to the next, where a rule could want to know.
const LOOK: std::time::Duration = std::time::Duration::from_secs(10);

/// Evaluates the rules.
pub struct EvaluatorActor {
    settings: EvaluatorSettings,
    slot: Slot,
    /// Away while rules run.
    bench: Option<Box<Bench>>,
    /// Since when it is away.
    running: Option<Instant>,
    /// Which bench it is: what comes back from one that was given up counts no more.
    turn: u64,
    /// The disk does not answer: rules read what is in memory.
    memory_only: bool,
    /// Metrics that came meanwhile.
    came: BTreeSet<Arc<str>>,
    again: bool,
    /// What goes on where a bench is given up.
    checkpoint: Option<Arc<Checkpoint>>,
    /// What fires, as it was told.
    told: HashMap<Fingerprint, Arc<Alert>>,
    /// What the dispatcher has no room for yet.
    unsent: VecDeque<Transition>,
    sending: bool,
    writing: bool,
    rewrite: bool,
    /// When the next rule is due.
    due: Option<SpawnHandle>,
    /// As it was last asked for.
    view: Arc<RulesView>,
    trouble: Option<String>,
}

/// What an evaluation needs, and takes along.
struct Bench {
    evaluator: Evaluator,
    processes: Processes,
}

/// What an evaluation brought back.
struct Done {
    evaluation: Evaluation,
    /// Why what has begun to fire does, as far as is known.
    causes: HashMap<Fingerprint, Cause>,
    checkpoint: Option<Checkpoint>,
    figures: Vec<exposition::MetricFamily>,
}

struct Cause {
    text: String,
    expression: String,
}

impl EvaluatorActor {
    /// Goes on where the incarnation, or the process, before it was.
    pub fn new(start: &Start<Self>, settings: EvaluatorSettings) -> Self {
        let inherited: Option<Arc<Checkpoint>> = start.take_checkpoint();
        let checkpoint = inherited.or_else(|| settings.left.clone());
        let mut me = EvaluatorActor {
            slot: start.checkpoint(),
            bench: None,
            running: None,
            turn: 0,
            memory_only: false,
            came: BTreeSet::new(),
            again: false,
            checkpoint,
            told: HashMap::new(),
            unsent: VecDeque::new(),
            sending: false,
            writing: false,
            rewrite: false,
            due: None,
            view: Arc::default(),
            trouble: None,
            settings,
        };
        me.set_up();
        // Taken is gone: were it to fail before its first evaluation, the next must inherit, too.
        me.leave();
        me
    }

    /// A bench that goes on from the last checkpoint.
    fn set_up(&mut self) {
        let Ruling { rules, settings } = &**self.settings.ruling.load();
        let mut evaluator = Evaluator::new(rules, settings.clone());
        if let Some(checkpoint) = &self.checkpoint
            && let Err(error) = evaluator.restore(checkpoint, self.now_ms())
        {
            log::warn!("alerts: {error}");
        }
        self.bench = Some(Box::new(Bench {
            evaluator,
            processes: Processes::default(),
        }));
        self.running = None;
    }

    fn leave(&self) {
        if let Some(checkpoint) = &self.checkpoint {
            self.slot.put(checkpoint.clone());
        }
    }

    fn now_ms(&self) -> i64 {
        let now = self.settings.clock.now();
        Timestamp::try_from(now).map_or(0, Timestamp::as_millisecond)
    }

    fn reader(&self) -> Reader {
        let reader = Reader::of(&self.settings.head);
        match self.memory_only {
            true => reader.in_memory(),
            false => reader,
        }
    }

    /// Runs what is due, unless it runs already or the dispatcher has to catch up first.
    fn run(&mut self, ctx: &mut Context<Self>) {
        if !self.unsent.is_empty() {
            self.again = true;
            return;
        }
        let Some(mut bench) = self.bench.take() else {
            self.again = true;
            return;
        };
        if let Some(due) = self.due.take() {
            ctx.cancel_future(due);
        }
        self.again = false;
        self.running = Some(Instant::now());
        let (turn, at) = (self.turn, self.now_ms());
        let came = mem::take(&mut self.came);
        let reader = self.reader();
        let standing = self.settings.last_known.standing.load_full();
        let work = move || {
            let done = bench.work(&came, &reader, &standing, at);
            (bench, done)
        };
        spawn_blocking_guarded(ctx, work, move |(bench, done), me, ctx| {
            if me.turn != turn {
                if mem::take(&mut me.memory_only) {
                    log::info!("alerts: the disk answers again, rules read all of history");
                }
                return;
            }
            me.bench = Some(bench);
            me.running = None;
            me.done(done, at, ctx);
        });
    }

    fn done(&mut self, done: Done, at: i64, ctx: &mut Context<Self>) {
        let Done {
            evaluation,
            mut causes,
            checkpoint,
            figures,
        } = done;
        if self.slot.is_current() {
            self.settings
                .last_known
                .alert_figures
                .store(Arc::new(figures));
        }
        let told = self.told.len();
        for change in &evaluation.transitions {
            let cause = causes.remove(&change.fingerprint);
            if let Some(transition) = self.transition(change, cause) {
                self.unsent.push_back(transition);
            }
        }
        if !self.unsent.is_empty() || told != self.told.len() {
            self.show();
        }
        self.send(ctx);
        if let Some(checkpoint) = checkpoint {
            self.checkpoint = Some(Arc::new(checkpoint));
            self.leave();
            self.write(ctx);
        }
        self.keep(evaluation, at);
        self.await_due(ctx);
        if self.again {
            self.run(ctx);
        }
    }

    /// What is told of a change: that an alert has begun to fire, or has ended.
    fn transition(&mut self, change: &Change, cause: Option<Cause>) -> Option<Transition> {
        let fires = change.to == AlertState::Firing;
        if !fires && change.from != AlertState::Firing {
            return None;
        }
        let before = self.told.remove(&change.fingerprint);
        let alert = Arc::new(
            self.alert(
                &change.labels,
                &change.annotations,
                change.value,
                (change.starts_at, change.ends_at.filter(|_| !fires)),
                cause
                    .as_ref()
                    .map(|cause| (&*cause.text, &*cause.expression)),
                before.as_deref(),
            ),
        );
        if fires {
            self.told.insert(change.fingerprint, alert.clone());
        }
        let at = Timestamp::from_millisecond(change.at).unwrap_or_default();
        Some(Transition { alert, at })
    }

    /// `times`: start and end. `cause`: its text, and the expression of the rule.
    fn alert(
        &self,
        labels: &Labels,
        annotations: &Annotations,
        value: f64,
        times: (i64, Option<i64>),
        cause: Option<(&str, &str)>,
        before: Option<&Alert>,
    ) -> Alert {
        let ruling = self.settings.ruling.load();
        let external_url = &ruling.settings.external_url;
        let mut told: Vec<(&str, String)> = annotations
            .iter()
            .map(|(name, text)| match &**name {
                "runbook_url" if text.starts_with('/') => (
                    &**name,
                    format!("{}{text}", external_url.trim_end_matches('/')),
                ),
                name => (name, text.to_string()),
            })
            .collect();
        let chart = cause.map(|(_, expression)| chart_url(external_url, expression));
        let mut add = |name: &'static str, text: Option<String>| {
            let inherited = || before.and_then(|b| b.annotations.get(name).map(str::to_owned));
            if let Some(text) = text.or_else(inherited).filter(|text| !text.is_empty())
                && !told.iter().any(|(known, _)| *known == name)
            {
                told.push((name, text));
            }
        };
        add("cause", cause.map(|(text, _)| text.to_owned()));
        add("chart_url", chart.clone());
        let time = |ms| Timestamp::from_millisecond(ms).unwrap_or_default();
        let generator = chart.map(Arc::from);
        let generator = generator.or_else(|| before.map(|before| before.generator_url.clone()));
        Alert {
            labels: labels.clone(),
            annotations: Labels::try_new(told).unwrap_or_default(),
            fingerprint: Fingerprint::of(labels),
            value,
            starts_at: time(times.0),
            ends_at: times.1.map(time),
            generator_url: generator.unwrap_or_else(|| external_url.as_str().into()),
        }
    }

    /// Leaves what fires where the summary finds it.
    fn show(&self) {
        if !self.slot.is_current() {
            return;
        }
        let firing = self.told.values().map(|alert| ActiveAlert {
            fingerprint: alert.fingerprint.to_string(),
            alertname: alert.labels.get("alertname").unwrap_or_default().to_owned(),
            severity: alert.labels.get("severity").unwrap_or_default().to_owned(),
            since: alert.starts_at,
            acknowledged: false,
        });
        let mut firing: Vec<_> = firing.collect();
        firing.sort_by(|a, b| (&a.alertname, &a.fingerprint).cmp(&(&b.alertname, &b.fingerprint)));
        self.settings.last_known.firing.store(Arc::new(firing));
        let _ = self.settings.aggregator.tell(Alerted);
    }

    /// Hands on what changed, in order; the next evaluation waits until the dispatcher has it.
    fn send(&mut self, ctx: &mut Context<Self>) {
        if self.sending {
            return;
        }
        let Some(next) = self.unsent.front().cloned() else {
            return;
        };
        self.sending = true;
        let dispatcher = self.settings.dispatcher.clone();
        let sent = async move { dispatcher.tell_wait(next).await };
        ctx.spawn(wrap_future::<_, Self>(sent).map(|_, me, ctx| {
            // Refused only at the end of the process: what fires is told anew by the next.
            me.unsent.pop_front();
            me.sending = false;
            me.send(ctx);
            if me.unsent.is_empty() && me.again {
                me.run(ctx);
            }
        }));
    }

    /// Samples that rules have written go where all samples go.
    fn keep(&self, evaluation: Evaluation, at: i64) {
        if evaluation.samples.is_empty() {
            return;
        }
        let mut by_time: Vec<(i64, Vec<(Labels, f64)>)> = Vec::new();
        for sample in evaluation.samples {
            match by_time.iter_mut().find(|(time, _)| *time == sample.at) {
                Some((_, samples)) => samples.push((sample.labels, sample.value)),
                None => by_time.push((sample.at, vec![(sample.labels, sample.value)])),
            }
        }
        by_time.sort_by_key(|(time, _)| *time);
        for (time, samples) in by_time {
            let count = samples.len() as u64;
            let batch = Batch {
                source: RULES.into(),
                at: Timestamp::from_millisecond(time.min(at)).unwrap_or_default(),
                samples,
                complete: false,
            };
            if self.settings.history.tell(batch).is_err() {
                self.settings.own.history_behind.inc_by(count);
            }
        }
    }

    fn await_due(&mut self, ctx: &mut Context<Self>) {
        let Some(bench) = &self.bench else { return };
        let Some(due) = bench.evaluator.next_due() else {
            return;
        };
        let wait = u64::try_from(due.saturating_sub(self.now_ms())).unwrap_or(0);
        // A rule that cannot be satisfied must not spin.
        let wait = std::time::Duration::from_millis(wait.clamp(50, 60_000));
        let due = ctx.run_later(wait, |me, ctx| {
            me.due = None;
            me.run(ctx);
        });
        if let Some(before) = self.due.replace(due) {
            ctx.cancel_future(before);
        }
    }

    /// Rules that do not come back are waiting for a disk: others go on in their place.
    fn watch(&mut self, ctx: &mut Context<Self>) {
        let stuck = self.running.is_some_and(|since| since.elapsed() >= STUCK);
        if !stuck {
            return;
        }
        if !self.memory_only {
            log::error!(
                "alerts: rules have read history for {} s; they go on with what is in memory",
                STUCK.as_secs()
            );
        }
        self.turn += 1;
        self.memory_only = true;
        self.set_up();
        self.run(ctx);
    }

    /// Everything that fires: what was lost on the way is made good by the difference.
    fn tell_all(&mut self, _: &mut Context<Self>) {
        let Some(bench) = &self.bench else { return };
        if !self.unsent.is_empty() {
            return;
        }
        let mut alerts = Vec::new();
        for rule in bench.evaluator.rules() {
            for alert in rule.active_alerts() {
                if alert.state != AlertState::Firing {
                    continue;
                }
                let told = self.told.get(&alert.fingerprint());
                let starts_at = alert.starts_at();
                let told = told.filter(|told| told.starts_at.as_millisecond() == starts_at);
                alerts.push(told.cloned().unwrap_or_else(|| {
                    let expression = &*rule.rule().expression;
                    Arc::new(self.alert(
                        &alert.labels,
                        &alert.annotations,
                        alert.value,
                        (starts_at, None),
                        Some(("", expression)),
                        None,
                    ))
                }));
            }
        }
        self.told = alerts.iter().map(|a| (a.fingerprint, a.clone())).collect();
        self.show();
        let at = Timestamp::from_millisecond(self.now_ms()).unwrap_or_default();
        // Were the dispatcher full, the next time comes in a minute.
        let _ = self.settings.dispatcher.tell(Firing { alerts, at });
    }

    fn write(&mut self, ctx: &mut Context<Self>) {
        let (Some(data), Some(checkpoint)) = (self.settings.data.clone(), self.checkpoint.clone())
        else {
            return;
        };
        if mem::replace(&mut self.writing, true) {
            self.rewrite = true;
            return;
        }
        let work = move || write_checkpoint(&data, &checkpoint);
        spawn_blocking_guarded(ctx, work, |written, me, ctx| {
            me.writing = false;
            let failed = written.err().map(|error| error.to_string());
            if me.trouble != failed {
                match &failed {
                    Some(error) => log::error!("alerts: their states are not kept: {error}"),
                    None => log::info!("alerts: their states are kept again"),
                }
                me.trouble = failed;
            }
            if mem::take(&mut me.rewrite) {
                me.write(ctx);
            }
        });
    }

    /// What changes while nothing changes: `for` goes on, and how long rules matched nothing.
    fn checkpoint_now(&mut self, ctx: &mut Context<Self>) {
        let Some(bench) = &self.bench else { return };
        let checkpoint = bench.evaluator.checkpoint();
        let was_empty = self
            .checkpoint
            .as_ref()
            .is_none_or(|before| before.is_empty());
        if checkpoint.is_empty() && was_empty {
            return;
        }
        self.checkpoint = Some(Arc::new(checkpoint));
        self.leave();
        self.write(ctx);
    }

    fn rule(&mut self, ctx: &mut Context<Self>) {
        let at = self.now_ms();
        let ruling = self.settings.ruling.load_full();
        let Some(bench) = &mut self.bench else {
            // Set up anew as soon as it is back.
            ctx.run_later(std::time::Duration::from_millis(20), Self::rule);
            return;
        };
        let evaluator = &mut bench.evaluator;
        let evaluation = evaluator.reload(&ruling.rules, ruling.settings.clone(), at);
        let checkpoint = Some(evaluator.checkpoint());
        let figures = figures::families(evaluator, at);
        self.again = true;
        let done = Done {
            evaluation,
            causes: HashMap::new(),
            checkpoint,
            figures,
        };
        self.done(done, at, ctx);
    }
}

impl Bench {
    fn work(
        &mut self,
        came: &BTreeSet<Arc<str>>,
        reader: &Reader,
        standing: &Standing,
        at: i64,
    ) -> Done {
        let Bench {
            evaluator,
            processes,
        } = self;
        evaluator.appended(came.iter().map(|name| &**name));
        let evaluation = evaluator.evaluate(reader, at, &Cancel::new());
        let mut causes = HashMap::new();
        let begun = evaluation.transitions.iter();
        let begun = begun.filter(|change| change.to == AlertState::Firing);
        for (number, change) in begun.enumerate() {
            let rule = evaluator.rules().find(|rule| rule.has(&change.labels));
            let Some(rule) = rule.map(|rule| rule.rule()) else {
                continue;
            };
            let mut evidence = Evidence {
                reader,
                standing,
                processes,
                at,
            };
            let text = match number < MOST_CAUSES {
                true => evidence.cause(&change.labels, &rule.query),
                false => String::new(),
            };
            let expression = rule.expression.clone();
            causes.insert(change.fingerprint, Cause { text, expression });
        }
        let changed = !evaluation.transitions.is_empty();
        Done {
            causes,
            checkpoint: changed.then(|| evaluator.checkpoint()),
            figures: figures::families(evaluator, at),
            evaluation,
        }
    }
}

impl Actor for EvaluatorActor {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        self.run(ctx);
        ctx.run_later(std::time::Duration::from_secs(2), Self::tell_all);
        ctx.run_interval(TELL_ALL, Self::tell_all);
        ctx.run_interval(std::time::Duration::from_secs(1), Self::watch);
        ctx.run_interval(std::time::Duration::from_secs(30), Self::checkpoint_now);
        ctx.run_interval(LOOK, |me, _| {
            if let Some(Bench {
                evaluator,
                processes,
            }) = me.bench.as_deref_mut()
            {
                let mut active = evaluator.rules().flat_map(|rule| rule.active_alerts());
                processes.keep_looking(active.any(|alert| {
                    alert.state == AlertState::Pending && is_of_this_host(&alert.labels)
                }));
            }
        });
    }
}

impl Handler<Appended> for EvaluatorActor {
    type Result = ();

    fn handle(&mut self, Appended { names }: Appended, ctx: &mut Self::Context) {
        self.came.extend(names);
        self.run(ctx);
    }
}

impl Handler<Ruled> for EvaluatorActor {
    type Result = ();

    fn handle(&mut self, _: Ruled, ctx: &mut Self::Context) {
        self.rule(ctx);
    }
}

impl Handler<GetRules> for EvaluatorActor {
    type Result = Arc<RulesView>;

    fn handle(&mut self, _: GetRules, _: &mut Self::Context) -> Self::Result {
        // While they are being evaluated, what they were before.
        if let Some(bench) = &self.bench {
            self.view = Arc::new(RulesView::of(&bench.evaluator));
        }
        self.view.clone()
    }
}

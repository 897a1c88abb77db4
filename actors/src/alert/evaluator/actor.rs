//! The actor.

mod telling;

use std::{
    collections::{BTreeSet, HashMap},
    mem,
    sync::Arc,
    time::Duration,
};

use actix::{fut::wrap_future, prelude::*};
use exposition::Labels;
use jiff::Timestamp;
use supervision::{Checkpoint as Slot, Start, every, later, spawn_blocking_guarded};
use tokio::{
    sync::watch,
    time::{Instant, timeout},
};

use super::{
    AFTER_THE_START, EvaluatorSettings, LONGEST_REST, RulesView, Ruling, SHARE, STUCK, TELL_ALL,
    bench::{Bench, Done, has_causes},
    figures::RuleFigures,
    keep::write_checkpoint,
    told::Told,
};
use crate::{
    alert::state::{Checkpoint, Evaluation, Evaluator},
    history::Reader,
    keep::RULES,
    messages::{Appended, Batch, GetRules, Ruled},
    rest::{Rest, Turn},
};

/// After the rules begin, who tells of alerts hears what fires.
const ALL: Duration = Duration::from_secs(2);

/// From one look at processes to the next, where a rule could want to know.
pub(super) const LOOK: Duration = Duration::from_secs(10);
/// From one checkpoint to the next, while no alert changes its state.
const CHECKPOINT: Duration = Duration::from_secs(30);
/// So many times at which something came are caught up with at most, after a bench was away.
const MOST_MISSED: usize = 64;
/// From one look whether the bench is back to the next.
const BACK: Duration = Duration::from_millis(20);

/// Evaluates the rules.
pub struct EvaluatorActor {
    settings: EvaluatorSettings,
    slot: Slot,
    /// Away while it is set up, and while rules run.
    bench: Option<Box<Bench>>,
    /// When it is given up, while it is away.
    given_up: Option<SpawnHandle>,
    /// Which bench it is: what comes back from one that was given up counts no more.
    turn: u64,
    /// The disk does not answer: rules read what is in memory.
    memory_only: bool,
    /// Metrics that came meanwhile, and when some came before they were told.
    came: BTreeSet<Arc<str>>,
    missed: Vec<i64>,
    again: bool,
    /// Since the last evaluation.
    rest: Rest,
    /// What goes on where a bench is given up.
    checkpoint: Option<Arc<Checkpoint>>,
    told: Told,
    /// The dispatcher has not taken yet what was sent last, a change or everything that fires.
    sending: bool,
    /// When it has, it is to hear of everything that fires once more.
    confirm: bool,
    writing: bool,
    rewrite: bool,
    /// When the next rule is due.
    due: Option<SpawnHandle>,
    /// At processes.
    looked: Instant,
    checkpointed: Instant,
    /// As it was last asked for; none before there is a bench.
    view: watch::Sender<Option<Arc<RulesView>>>,
    trouble: Option<String>,
}

impl EvaluatorActor {
    /// Goes on where the incarnation, or the process, before it was.
    pub fn new(start: &Start<Self>, settings: EvaluatorSettings) -> Self {
        let inherited: Option<Arc<Checkpoint>> = start.take_checkpoint();
        let checkpoint = inherited.or_else(|| settings.left.clone());
        let me = EvaluatorActor {
            slot: start.checkpoint(),
            bench: None,
            given_up: None,
            turn: 0,
            memory_only: false,
            came: BTreeSet::new(),
            missed: Vec::new(),
            again: false,
            rest: Rest::over(),
            checkpoint,
            told: Told::default(),
            sending: false,
            confirm: false,
            writing: false,
            rewrite: false,
            due: None,
            looked: Instant::now(),
            checkpointed: Instant::now(),
            view: watch::Sender::new(None),
            trouble: None,
            settings,
        };
        // Taken is gone: were it to fail before its first evaluation, the next must inherit, too.
        me.leave();
        me
    }

    /// Begins once history is read; unless that takes too long, as rules would forget what they knew.
    fn begin(&mut self, ctx: &mut Context<Self>) {
        let head = self.settings.head.clone();
        let read = timeout(STUCK, async move { head.until_whole().await });
        ctx.spawn(wrap_future::<_, Self>(read).map(|read, me, ctx| {
            if read.is_err() {
                log::error!(
                    "alerts: history has been read for {} s; rules begin with what came since the start",
                    STUCK.as_secs()
                );
                ctx.run_later(ALL, Self::tell_all);
            }
            me.set_up(ctx);
        }));
    }

    /// A bench that goes on from the last checkpoint, and what is due on it.
    fn set_up(&mut self, ctx: &mut Context<Self>) {
        self.settings.wanted.store(Arc::default());
        let ruling = self.settings.ruling.load_full();
        let (checkpoint, now, turn) = (self.checkpoint.clone(), self.now_ms(), self.turn);
        let work = move || {
            let Ruling { rules, settings } = &**ruling;
            let mut evaluator = Evaluator::new(rules, settings.clone());
            if let Some(checkpoint) = checkpoint
                && let Err(error) = evaluator.restore(&checkpoint, now)
            {
                log::warn!("alerts: {error}");
            }
            Box::new(Bench::new(evaluator))
        };
        spawn_blocking_guarded(ctx, work, move |bench, me, ctx| {
            if me.turn == turn {
                me.look(&bench);
                me.bench = Some(bench);
                me.run(ctx);
            }
        });
    }

    fn look(&self, bench: &Bench) {
        let view = RulesView::of(&bench.evaluator);
        self.view.send_replace(Some(Arc::new(view)));
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
        let reader = self.settings.head.reader();
        match self.memory_only {
            true => reader.in_memory(),
            false => reader,
        }
    }

    /// Runs what is due once the last evaluation is long enough ago.
    fn run_rested(&mut self, ctx: &mut Context<Self>) {
        match self.rest.turn() {
            Turn::Now => self.run(ctx),
            Turn::After(left) => {
                ctx.run_later(left, |me, ctx| {
                    me.rest.end();
                    // Unless it ran meanwhile because time had come.
                    if me.again || !me.came.is_empty() {
                        me.run(ctx);
                    }
                });
            }
            Turn::Planned => {}
        }
    }

    /// Runs what is due, unless it runs already or the dispatcher has to catch up first.
    fn run(&mut self, ctx: &mut Context<Self>) {
        if !self.told.is_all_sent() {
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
        let (turn, at, began) = (self.turn, self.now_ms(), Instant::now());
        bench.mark(&mem::take(&mut self.came), mem::take(&mut self.missed));
        bench.evaluator.lacks_past(!self.settings.head.is_whole());
        let reader = self.reader();
        let standing = self.settings.last_known.standing.load_full();
        let mut evaluation = bench.evaluate_at_once(&reader, at);
        if !evaluation.is_partial && !has_causes(&evaluation) {
            let done = bench.done(evaluation, &reader, &standing, at);
            self.bench = Some(bench);
            self.rest_after(began);
            return self.done(done, at, ctx);
        }
        self.given_up = Some(ctx.run_later(STUCK, Self::give_up));
        let work = move || {
            bench.evaluate(&mut evaluation, &reader, at);
            let done = bench.done(evaluation, &reader, &standing, at);
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
            me.rest_after(began);
            if let Some(given_up) = me.given_up.take() {
                ctx.cancel_future(given_up);
            }
            me.done(done, at, ctx);
        });
    }

    fn rest_after(&mut self, began: Instant) {
        self.rest.begin((began.elapsed() * SHARE).min(LONGEST_REST));
    }

    fn done(&mut self, done: Done, at: i64, ctx: &mut Context<Self>) {
        let Done {
            evaluation,
            causes,
            checkpoint,
            figures,
        } = done;
        if self.slot.is_current() {
            let figures = Some(Arc::new(figures));
            self.settings.last_known.rule_figures.store(figures);
        }
        let ruling = self.settings.ruling.load();
        let external_url = &ruling.settings.external_url;
        if self
            .told
            .take(&evaluation.transitions, causes, external_url)
        {
            self.show();
        }
        self.send(ctx);
        if let Some(checkpoint) = checkpoint {
            self.checkpoint = Some(Arc::new(checkpoint));
            self.leave();
            self.write(ctx);
        }
        self.keep(evaluation, at);
        self.want();
        self.look_about(ctx);
        self.await_due(ctx);
        if self.again {
            self.run_rested(ctx);
        }
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

    /// Says what is to be told at once from now on.
    fn want(&mut self) {
        // Not as a zombie: nobody would correct it.
        if let Some(bench) = &mut self.bench
            && self.slot.is_current()
            && let Some(wanted) = bench.evaluator.wanted()
        {
            self.settings.wanted.store(Arc::new(wanted));
        }
    }

    fn await_due(&mut self, ctx: &mut Context<Self>) {
        let Some(bench) = &self.bench else { return };
        let Some(due) = bench.evaluator.next_due() else {
            return;
        };
        let wait = u64::try_from(due.saturating_sub(self.now_ms())).unwrap_or(0);
        // A rule that cannot be satisfied must not spin.
        let wait = Duration::from_millis(wait.clamp(50, 60_000));
        let due = later(wait, ctx, |me: &mut Self, ctx| {
            me.due = None;
            me.run(ctx);
        });
        if let Some(before) = self.due.replace(due) {
            ctx.cancel_future(before);
        }
    }

    /// Rules that do not come back are waiting for a disk: others go on in their place.
    fn give_up(&mut self, ctx: &mut Context<Self>) {
        self.given_up = None;
        if !self.memory_only {
            log::error!(
                "alerts: rules have read history for {} s; they go on with what is in memory",
                STUCK.as_secs()
            );
        }
        self.turn += 1;
        self.memory_only = true;
        self.set_up(ctx);
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

    /// What is done now and then is done after an evaluation, as the thread is awake; there is one with
    /// each collection, and every minute at least.
    fn look_about(&mut self, ctx: &mut Context<Self>) {
        let now = Instant::now();
        if let Some(bench) = &mut self.bench
            // Evaluations every ten seconds come a little early at times.
            && now.duration_since(self.looked) >= LOOK * 9 / 10
        {
            self.looked = now;
            bench.keep_looking();
        }
        if now.duration_since(self.checkpointed) >= CHECKPOINT {
            self.checkpointed = now;
            self.checkpoint_now(ctx);
        }
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
            ctx.run_later(BACK, Self::rule);
            return;
        };
        let evaluator = &mut bench.evaluator;
        let evaluation = evaluator.reload(&ruling.rules, ruling.settings.clone(), at);
        let checkpoint = Some(evaluator.checkpoint());
        let figures = RuleFigures::of(evaluator);
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

impl Actor for EvaluatorActor {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        ctx.run_later(AFTER_THE_START, Self::begin);
        ctx.run_later(ALL, Self::tell_all);
        every(TELL_ALL, ctx, Self::tell_all);
    }
}

impl Handler<Appended> for EvaluatorActor {
    type Result = ();

    fn handle(&mut self, Appended { names, missed }: Appended, ctx: &mut Self::Context) {
        self.came.extend(names);
        self.missed.extend(missed);
        let too_many = self.missed.len().saturating_sub(MOST_MISSED);
        self.missed.drain(..too_many);
        self.run_rested(ctx);
    }
}

impl Handler<Ruled> for EvaluatorActor {
    type Result = ();

    fn handle(&mut self, _: Ruled, ctx: &mut Self::Context) {
        self.rule(ctx);
    }
}

impl Handler<GetRules> for EvaluatorActor {
    type Result = ResponseActFuture<Self, Arc<RulesView>>;

    fn handle(&mut self, _: GetRules, _: &mut Self::Context) -> Self::Result {
        // While they are being evaluated, what they were before.
        if let Some(bench) = &self.bench {
            self.look(bench);
        }
        let mut view = self.view.subscribe();
        let view = async move {
            let found = view.wait_for(Option::is_some).await;
            // The sender is here for as long as anybody waits.
            found
                .ok()
                .and_then(|found| found.clone())
                .unwrap_or_default()
        };
        Box::pin(wrap_future(view))
    }
}

//! Holds the latest value of every series, and answers for it: the page of `/metrics`, the summary,
//! the last health verdict.

use std::{
    collections::BTreeMap,
    sync::{Arc, OnceLock},
    time::Duration,
};

use actix::prelude::*;
use exposition::{Labels, MetricFamily, text::Format};
use jiff::Timestamp;
use supervision::{Checkpoint, Ref, Start, Tree, later, spawn_blocking_guarded};
use tokio::time::Instant;

use crate::{
    clock::Clock,
    events::{Events, TargetTick},
    health::HealthReport,
    history::{self, CurrentHead, History},
    keep::Keep,
    last_known::LastKnown,
    messages::{
        Alerted, Batch, Forget, GetExposition, GetHealth, GetStanding, GetSummary, Heirloom,
        Observation, Probe, Retuned, Verdict,
    },
    own::{self, OwnMetrics},
    page::{Page, Pages},
    rest::{Rest, Turn},
    stand_in,
    standing::{SourceStatus, Standing, Uptimes},
    summary::{Judgement, Summary, TargetStatus, judge},
    targets::Scope,
    trend::{Subject, Trend},
    tuning::{InterfaceHours, Tunable},
};

/// A page is rendered anew after this time even if nothing came in: Vitals' own counters move.
const PAGE_LASTS: Duration = Duration::from_secs(1);
/// From one tick for whoever watches to the next.
const TICK: Duration = Duration::from_secs(1);
/// From one look at trends to the next: each summary has one of its minute.
const LOOK_BACK: Duration = Duration::from_secs(30);
/// From one judgement to the next, where sources tell faster: those that are asked at one tick are judged
/// together.
const JUDGED: Duration = Duration::from_millis(100);
/// Vitals waits for somebody else to tell something at a tick, and then speaks of itself alone.
const ALONE: Duration = Duration::from_millis(100);
/// The next look at the summary, where no source is about to expire.
const LOOK: Duration = Duration::from_secs(10);

/// What the aggregator is given by whoever builds the tree.
#[derive(Clone)]
pub struct AggregatorSettings {
    /// What the targets are judged against, and how often the summary is made anew.
    pub tuning: Tunable,
    /// `version` and `revision` of the build, for `vitals_build_info`.
    pub build: (&'static str, &'static str),
    /// Where the front looks when it gets no answer.
    pub last_known: Arc<LastKnown>,
    /// The counters of the process.
    pub own: OwnMetrics,
    /// The tree it lives in, once it stands.
    pub tree: Arc<OnceLock<Tree>>,
    /// Who keeps what came in.
    pub history: Ref<History>,
    /// Where it keeps it.
    pub head: CurrentHead,
    /// What an earlier process knew of uptimes.
    pub uptimes: Arc<Uptimes>,
    /// Whose multiples the ticks lie on.
    pub clock: Clock,
    /// Where whoever watches is told.
    pub events: Events,
}

/// Holds the latest of everything.
pub struct Aggregator {
    settings: AggregatorSettings,
    checkpoint: Checkpoint,
    standing: Standing,
    pages: Pages,
    summary: Option<(Instant, Arc<Summary>)>,
    health: Option<Arc<HealthReport>>,
    keep: Keep,
    /// How the targets' figures were, as of the last look.
    trends: BTreeMap<Subject, Trend>,
    /// Since the targets were judged.
    rest: Rest,
    /// Somebody looks.
    looking: bool,
    /// Whoever watches is told with the next tick.
    ticking: bool,
    /// The next source that is about to fall silent: by when, and who looks then.
    silence: Option<(Instant, SpawnHandle)>,
    /// What Vitals says of itself next.
    own: Option<Own>,
}

/// What Vitals says of itself at a point of the grid.
struct Own {
    at: Timestamp,
    /// The same by the clock of actors.
    from: Instant,
    /// Who says it where nobody else tells anything.
    handle: SpawnHandle,
}

impl Aggregator {
    /// Goes on where the incarnation before it was.
    pub fn new(start: &Start<Self>, settings: AggregatorSettings) -> Self {
        let inherited: Option<Heirloom> = start.take_checkpoint();
        let new = || Standing::remembering(settings.uptimes.clone());
        let standing = inherited.map_or_else(new, Arc::unwrap_or_clone);
        let aggregator = Aggregator {
            health: settings.last_known.health.load_full(),
            settings,
            checkpoint: start.checkpoint(),
            standing,
            pages: Pages::default(),
            summary: None,
            keep: Keep::default(),
            trends: BTreeMap::new(),
            rest: Rest::over(),
            looking: false,
            ticking: false,
            silence: None,
            own: None,
        };
        // Taken is gone: were it to fail before its first observation, the next must inherit, too.
        aggregator.leave();
        aggregator
    }

    /// Leaves what is known to the next incarnation and to the front; not as a zombie.
    fn leave(&self) {
        let standing: Heirloom = Arc::new(self.standing.clone());
        if self.checkpoint.put(standing.clone()) {
            self.settings.last_known.standing.store(standing);
        }
    }

    fn page(&mut self, format: Format) -> Arc<Page> {
        let now = Instant::now();
        if let Some(page) = self.pages.of(&self.standing, format, now) {
            return page.clone();
        }
        let own = own_families(&self.standing, &self.settings);
        let page = Arc::new(Page::render(&self.standing, &own, format));
        let until = now + PAGE_LASTS;
        let until = self
            .standing
            .next_expiry(now)
            .map_or(until, |expiry| expiry.min(until));
        self.pages.put(page.clone(), &self.standing, until);
        if self.checkpoint.is_current() {
            let pages = Arc::new(self.pages.clone());
            self.settings.last_known.pages.store(pages);
        }
        page
    }

    fn refresh_summary(&mut self) {
        self.refresh_summary_if(false);
    }

    /// `alerted`: whatever else is as it was.
    fn refresh_summary_if(&mut self, alerted: bool) {
        let tuning = self.settings.tuning.load();
        let now = Instant::now();
        let targets = judge(&self.standing, &tuning.thresholds, now);
        self.rest.begin(JUDGED);
        let due = alerted
            || self.summary.as_ref().is_none_or(|(made, before)| {
                now.duration_since(*made) >= tuning.summary_interval
                    || before.differs_in_status(&targets)
            });
        if due {
            let mut summary = Summary::of(&self.standing, targets, now).with_trends(&self.trends);
            summary.alerts = self.settings.last_known.firing.load_full();
            let summary = Arc::new(summary);
            self.summary = Some((now, summary.clone()));
            if self.checkpoint.is_current() {
                self.settings.last_known.summary.store(Some(summary));
            }
        }
    }
}

impl Aggregator {
    /// At once, or together with what else comes within a moment.
    fn refresh_summary_soon(&mut self, ctx: &mut Context<Self>) {
        match self.rest.turn() {
            Turn::Now => self.refresh_summary(),
            Turn::After(left) => {
                ctx.run_later(left, |me, _| {
                    me.rest.end();
                    me.refresh_summary();
                });
            }
            Turn::Planned => {}
        }
    }

    /// Sources that fall silent change verdicts without a message. Asked for with each message, so that
    /// no thread wakes for it as long as they speak.
    fn expect_silence(&mut self, ctx: &mut Context<Self>) {
        let now = Instant::now();
        // One that has fallen silent by now is not put off: it is no longer among those that may.
        if self.silence.as_ref().is_some_and(|(by, _)| *by <= now) {
            return;
        }
        let by = self.standing.next_expiry(now).unwrap_or(now + LOOK);
        let wait = by.duration_since(now).clamp(Duration::from_secs(1), LOOK);
        let silence = ctx.run_later(wait, |me, ctx| {
            me.silence = None;
            me.end_the_silent();
            me.refresh_summary();
            me.expect_silence(ctx);
        });
        if let Some((_, before)) = self.silence.replace((by, silence)) {
            ctx.cancel_future(before);
        }
    }

    /// Looks up how the targets' figures were, beside: the disk may take its time.
    fn look_back(&mut self, ctx: &mut Context<Self>) {
        later(LOOK_BACK, ctx, Self::look_back);
        if std::mem::replace(&mut self.looking, true) {
            return;
        }
        let reader = self.settings.head.reader();
        let subjects = self.summary.as_ref().map(|(_, summary)| summary.subjects());
        let now = self.now();
        let look = move || {
            let trend =
                |subject: Subject| Some((subject.clone(), Trend::of(&reader, &subject, now)?));
            subjects.into_iter().flatten().filter_map(trend).collect()
        };
        spawn_blocking_guarded(ctx, look, |trends, me, _| {
            (me.trends, me.looking) = (trends, false);
        });
    }

    /// Ticks as long as anybody watches; without them no thread has to wake for it.
    fn tick_if_watched(&mut self, ctx: &mut Context<Self>) {
        if self.ticking || !self.settings.events.is_watched() || !self.checkpoint.is_current() {
            return;
        }
        self.ticking = true;
        ctx.run_later(TICK, |me, ctx| {
            me.ticking = false;
            me.tick();
            me.tick_if_watched(ctx);
        });
    }

    /// Tells whoever watches how the targets are.
    fn tick(&self) {
        let thresholds = &self.settings.tuning.load().thresholds;
        let judged = judge(&self.standing, thresholds, Instant::now());
        let whole = judged
            .iter()
            .filter(|one| one.scope != Some(Scope::Container));
        let ticks: Vec<_> = whole
            .map(|one| TargetTick {
                id: one.id,
                value: one.value,
                status: one.status.as_str(),
            })
            .collect();
        self.settings.events.tick(self.now(), &ticks);
    }

    /// What a source told and no longer stands ends in the history, too.
    fn end_the_silent(&mut self) {
        let (now, at) = (Instant::now(), self.now());
        let silent = self.standing.sources().filter(|s| !s.is_fresh(now));
        let ended = silent.filter_map(|s| self.keep.end(&s.observation.source, at));
        for batch in ended.collect::<Vec<_>>() {
            self.tell_history(batch);
        }
    }

    /// What Vitals says of itself goes into the history on the grid, as everything else: together with
    /// what is told first at that tick, so that nobody wakes for it alone.
    fn await_own(&mut self, ctx: &mut Context<Self>) {
        let grid = self.settings.tuning.load().collect_interval;
        let (at, wait) = self.settings.clock.next_tick(grid);
        let handle = later(wait + ALONE, ctx, |me: &mut Self, ctx| me.keep_own(ctx));
        let from = Instant::now() + wait;
        self.own = Some(Own { at, from, handle });
    }

    fn keep_own_if_due(&mut self, ctx: &mut Context<Self>) {
        if let Some(own) = &self.own
            && own.from <= Instant::now()
        {
            ctx.cancel_future(own.handle);
            self.keep_own(ctx);
        }
    }

    fn keep_own(&mut self, ctx: &mut Context<Self>) {
        if let Some(Own { at, .. }) = self.own.take() {
            let own = own_families(&self.standing, &self.settings);
            let batch = self.keep.own(&own, at);
            self.tell_history(batch);
        }
        self.await_own(ctx);
    }

    /// Never waits for the history: what it has no room for is lost to it, and counted.
    fn tell_history(&self, batch: Batch) {
        let samples = batch.samples.len() as u64;
        if self.settings.history.tell(batch).is_err() {
            self.settings.own.history_behind.inc_by(samples);
        }
    }

    fn now(&self) -> Timestamp {
        self.settings.clock.timestamp()
    }
}

/// Everything on the page that no collector has measured.
pub fn own_families(standing: &Standing, settings: &AggregatorSettings) -> Vec<MetricFamily> {
    let now = Instant::now();
    let mut families = settings.own.gather();
    families.extend(history::families(
        &settings.head.head(),
        settings.own.history_behind.get(),
    ));
    families.extend(own::of_collectors(standing, now));
    if let Some(figures) = &*settings.last_known.rule_figures.load() {
        let now = Timestamp::try_from(settings.clock.now());
        families.extend(figures.families(now.map_or(0, Timestamp::as_millisecond)));
    }
    families.push(hours(&settings.tuning.load().interfaces, settings.clock));
    if let Some(tree) = settings.tree.get() {
        families.extend(own::of_actors(&tree.snapshot()));
    }
    families.push(targets_met(&judge(
        standing,
        &settings.tuning.load().thresholds,
        now,
    )));
    let (version, revision) = settings.build;
    let build = Labels::new([("version", version), ("revision", revision)]);
    families.push(
        MetricFamily::gauge("vitals_build_info", "The build that is running.").with(build, 1.0),
    );
    families
}

/// Which HL7 interfaces are expected to speak now.
fn hours(interfaces: &[InterfaceHours], clock: Clock) -> MetricFamily {
    let mut family = MetricFamily::gauge(
        "vitals_hl7_interface_in_hours",
        "Whether the interface is expected to speak now.",
    );
    let now = Timestamp::try_from(clock.now()).map_or(0, Timestamp::as_millisecond);
    for interface in interfaces {
        let (iris, host) = (&*interface.iris, &*interface.host);
        let in_hours = interface.hours.as_ref().is_none_or(|h| h.contains(now));
        let labels = Labels::new([("iris", iris), ("interop_host", host)]);
        family.push(labels, f64::from(in_hours));
    }
    family
}

fn targets_met(judgements: &[Judgement]) -> MetricFamily {
    let mut family = MetricFamily::gauge(
        "vitals_target_met",
        "Whether the target is met; absent while there is nothing to judge.",
    );
    for judgement in judgements {
        let met = match judgement.status {
            TargetStatus::Met => 1.0,
            TargetStatus::Missed => 0.0,
            TargetStatus::NoData => continue,
        };
        let objective = ("objective", judgement.id);
        let labels = match judgement.scope {
            Some(Scope::Container) => Labels::new([objective, ("scope", "container")]),
            Some(Scope::Host) | None => Labels::new([objective]),
        };
        family.push(labels, met);
    }
    family
}

impl Actor for Aggregator {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        self.refresh_summary();
        self.expect_silence(ctx);
        self.await_own(ctx);
        later(LOOK, ctx, Self::look_back);
    }
}

impl Handler<Retuned> for Aggregator {
    type Result = ();

    fn handle(&mut self, _: Retuned, _: &mut Self::Context) {
        self.refresh_summary();
    }
}

impl Handler<Observation> for Aggregator {
    type Result = ();

    fn handle(&mut self, mut observation: Observation, ctx: &mut Self::Context) {
        self.tick_if_watched(ctx);
        let (refresh, source) = (observation.outcome.refresh, observation.source.clone());
        let tuning = self.settings.tuning.load();
        let applications = &tuning.applications;
        let now = Instant::now();
        let stand_ins = stand_in::of(&mut observation, &self.standing, applications, now);
        self.standing.take_with(observation, stand_ins);
        self.leave();
        if !refresh {
            if let Some(source) = self.standing.source(&source) {
                let batch = self
                    .keep
                    .batch(source, tuning.collect_interval, Instant::now());
                self.tell_history(batch);
            }
            self.keep_own_if_due(ctx);
            self.refresh_summary_soon(ctx);
        }
        self.expect_silence(ctx);
    }
}

impl Handler<Alerted> for Aggregator {
    type Result = ();

    fn handle(&mut self, _: Alerted, _: &mut Self::Context) {
        self.refresh_summary_if(true);
    }
}

impl Handler<Forget> for Aggregator {
    type Result = ();

    fn handle(&mut self, Forget { source }: Forget, _: &mut Self::Context) {
        self.standing.forget(&source);
        self.leave();
        if let Some(batch) = self.keep.end(&source, self.now()) {
            self.tell_history(batch);
        }
        self.refresh_summary();
    }
}

impl Handler<GetExposition> for Aggregator {
    type Result = Arc<Page>;

    fn handle(&mut self, GetExposition(format): GetExposition, _: &mut Self::Context) -> Arc<Page> {
        self.page(format)
    }
}

impl Handler<GetStanding> for Aggregator {
    type Result = Heirloom;

    fn handle(&mut self, _: GetStanding, _: &mut Self::Context) -> Heirloom {
        Arc::new(self.standing.clone())
    }
}

impl Handler<GetSummary> for Aggregator {
    type Result = Option<Arc<Summary>>;

    fn handle(&mut self, _: GetSummary, _: &mut Self::Context) -> Self::Result {
        if self.rest.is_awaited() {
            self.refresh_summary();
        }
        self.summary.as_ref().map(|(_, summary)| summary.clone())
    }
}

impl Handler<GetHealth> for Aggregator {
    type Result = Option<Arc<HealthReport>>;

    fn handle(&mut self, _: GetHealth, _: &mut Self::Context) -> Self::Result {
        self.health.clone()
    }
}

impl Handler<Verdict> for Aggregator {
    type Result = ();

    fn handle(&mut self, Verdict(report): Verdict, _: &mut Self::Context) {
        self.health = Some(report);
    }
}

impl Handler<Probe> for Aggregator {
    type Result = Vec<SourceStatus>;

    fn handle(&mut self, _: Probe, _: &mut Self::Context) -> Self::Result {
        self.standing.statuses(Instant::now())
    }
}

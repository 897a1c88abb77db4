//! Stories of one collector and the aggregator behind it, on a clock that jumps when nobody works.

use std::{
    future::Future,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicU64, Ordering::SeqCst},
    },
    time::Duration,
};

use actix::{Arbiter, System};
use exposition::{Labels, MetricFamily, text::Format};
use jiff::Timestamp;
use promql::{Cancel, Engine, Value};
use supervision::{Backoff, Capacity, ChildSpec, Fault, Overseer, Placement, Ref, Root, Strategy};
use tokio::time::{Instant, sleep};
use tsdb::{Head, Options};

use super::{CollectError, Collected, Collector, CollectorActor, CollectorSettings, Reason};
use crate::{
    aggregator::{Aggregator, AggregatorSettings},
    clock::Clock,
    history::{CurrentHead, History, HistorySettings},
    last_known::LastKnown,
    messages::{GetExposition, GetSummary, Probe, Refresh, Refreshed},
    own::OwnMetrics,
    standing::tests::observed,
    summary::TargetStatus,
    targets::tests::required,
    tuning::Tuning,
};

const SEC: Duration = Duration::from_secs(1);

/// What the source does, switched from outside.
const WELL: u64 = 0;
const REFUSED: u64 = 1;
const HUNG: u64 = 2;
const PANICS: u64 = 3;

struct Fake {
    name: &'static str,
    mood: Arc<AtomicU64>,
    measured: Arc<AtomicU64>,
}

impl Collector for Fake {
    fn name(&self) -> &str {
        self.name
    }

    async fn collect(&mut self, _: Duration) -> Result<Collected, CollectError> {
        match self.mood.load(SeqCst) {
            REFUSED => Err(CollectError {
                part: "fake".into(),
                reason: Reason::Connect,
                detail: "refused".into(),
            }),
            HUNG => std::future::pending().await,
            PANICS => panic!("a body that no parser likes"),
            _ => {
                let count = self.measured.fetch_add(1, SeqCst) + 1;
                let family = MetricFamily::gauge("vitals_host_memory_used_ratio", "help");
                Ok(Collected {
                    families: vec![family.with(Labels::none(), count as f64 / 1e6)],
                    ..Collected::default()
                })
            }
        }
    }
}

struct World {
    root: Root,
    aggregator: Ref<Aggregator>,
    collector: Ref<CollectorActor<Fake>>,
    mood: Arc<AtomicU64>,
    measured: Arc<AtomicU64>,
    last_known: Arc<LastKnown>,
    own: OwnMetrics,
    head: CurrentHead,
    clock: Clock,
}

impl World {
    /// The aggregator and one collector that ticks every second and is given half a second.
    fn start() -> World {
        World::of("system")
    }

    /// The same with a collector of that name.
    fn of(name: &'static str) -> World {
        let (mood, measured) = (Arc::<AtomicU64>::default(), Arc::<AtomicU64>::default());
        let (own, last_known) = (OwnMetrics::new().unwrap(), LastKnown::new());
        let aggregator = Ref::<Aggregator>::new("aggregator", Capacity::default());
        let history = Ref::<History>::new("history", Capacity::default());
        let head = CurrentHead::whole(Head::in_memory(Options::default()));
        let clock = Clock::simulated();
        let keeping = HistorySettings {
            head: head.clone(),
            bell: None,
            evaluator: Ref::new("evaluator", Capacity::default()),
            wanted: Arc::default(),
        };
        let collector = Ref::new(name, Capacity::default());
        let settings = AggregatorSettings {
            tuning: Tuning {
                thresholds: required(),
                collect_interval: 10 * SEC,
                interfaces: Vec::new(),
                summary_interval: 60 * SEC,
                health_interval: 30 * SEC,
                applications: Vec::new(),
            }
            .tunable(),
            build: ("0", "0"),
            last_known: last_known.clone(),
            own: own.clone(),
            tree: Arc::new(OnceLock::new()),
            history: history.clone(),
            head: head.clone(),
            uptimes: Arc::default(),
            clock,
            events: Default::default(),
        };
        let collecting = CollectorSettings {
            interval: SEC,
            timeout: SEC / 2,
            aggregator: aggregator.clone(),
            own: own.clone(),
            clock,
        };
        let here = Placement::Shared(Arbiter::current());
        let backoff = Backoff {
            jitter: 0.0,
            ..Backoff::default()
        };
        let (h, a, c) = (history, aggregator.clone(), collector.clone());
        let (m, n) = (mood.clone(), measured.clone());
        let root = Root::start("test", 8, move || {
            let (settings, collecting) = (settings.clone(), collecting.clone());
            let (mood, measured, keeping) = (m.clone(), n.clone(), keeping.clone());
            let history = ChildSpec::new(&h, move |_, _| History::new(keeping.clone()));
            let aggregator = ChildSpec::new(&a, move |start, _| {
                Aggregator::new(&start, settings.clone())
            });
            let collector = ChildSpec::new(&c, move |_, _| {
                let (mood, measured) = (mood.clone(), measured.clone());
                let fake = Fake {
                    name,
                    mood,
                    measured,
                };
                CollectorActor::new(fake, collecting.clone())
            });
            Overseer::new(Strategy::OneForOne)
                .intensity(100, SEC)
                .child(history.placement(here.clone()).backoff(backoff))
                .child(aggregator.placement(here.clone()).backoff(backoff))
                .child(collector.placement(here.clone()).backoff(backoff))
        });
        World {
            root,
            aggregator,
            collector,
            mood,
            measured,
            last_known,
            own,
            head,
            clock,
        }
    }

    fn now(&self) -> Timestamp {
        self.clock.timestamp()
    }

    /// How many series of this name there are in the history now.
    fn kept(&self, name: &str) -> usize {
        self.found(name).len()
    }

    /// What a query finds in the history now.
    fn found(&self, query: &str) -> Vec<f64> {
        let query = Engine::default().parse(query).unwrap();
        let at = self.now().as_millisecond();
        let answer = query.instant(&self.head.reader(), at, &Cancel::new());
        match answer.unwrap().value {
            Value::Vector(samples) => samples.iter().map(|sample| sample.value).collect(),
            other => panic!("{other:?}"),
        }
    }

    async fn page(&self) -> String {
        let page = self
            .aggregator
            .ask(GetExposition(Format::Prometheus004), SEC);
        String::from_utf8(page.await.unwrap().body.to_vec()).unwrap()
    }

    async fn has_memory(&self) -> bool {
        let page = self.page().await;
        page.lines()
            .any(|line| line.starts_with("vitals_host_memory_used_ratio "))
    }

    async fn memory_reason(&self) -> Option<Reason> {
        let summary = self.aggregator.ask(GetSummary, SEC).await.unwrap().unwrap();
        summary
            .targets
            .iter()
            .find(|t| t.id == "memory")
            .unwrap()
            .reason
    }

    fn errors(&self, reason: &str) -> u64 {
        self.own
            .collector_errors
            .with_label_values(&["system", reason])
            .get()
    }
}

fn simulated(story: impl Future<Output = ()>) {
    let runtime = || {
        let mut builder = tokio::runtime::Builder::new_current_thread();
        builder.enable_all().start_paused(true).build().unwrap()
    };
    System::with_tokio_rt(runtime).block_on(story);
}

#[test]
fn one_of_many_is_measured_a_little_after_its_tick() {
    simulated(async {
        let (single, of_many) = (World::start(), World::of("iris/i3"));
        let passed = Instant::now();
        let mut second = [None; 2];
        while second.contains(&None) {
            sleep(SEC / 1000).await;
            for (world, second) in [&single, &of_many].into_iter().zip(&mut second) {
                let is_measured = world.measured.load(SeqCst) == 2;
                *second = second.or(is_measured.then(|| passed.elapsed()));
            }
        }
        let [single, of_many] = second.map(Option::unwrap);
        let after = of_many - single;
        let allowed = SEC / 1000..=SEC / 100;
        assert!(allowed.contains(&after), "{after:?}");
    });
}

#[test]
fn a_source_is_measured_at_once_and_then_on_its_cadence() {
    simulated(async {
        let world = World::start();
        sleep(SEC / 100).await;
        assert_eq!(
            world.measured.load(SeqCst),
            1,
            "nobody waits for the first tick"
        );
        assert!(world.has_memory().await);
        sleep(60 * SEC).await;
        assert_eq!(world.measured.load(SeqCst), 61);
        world.root.shutdown();
        world.root.exit().await;
    });
}

#[test]
fn a_source_that_fails_is_absent_named_counted_and_comes_back() {
    simulated(async {
        let world = World::start();
        sleep(SEC / 100).await;
        for (mood, reason, name) in [
            (REFUSED, Reason::Connect, "connect"),
            (HUNG, Reason::Timeout, "timeout"),
        ] {
            world.mood.store(mood, SeqCst);
            sleep(2 * SEC).await;
            assert!(!world.has_memory().await, "{name}: never repeated, never 0");
            assert_eq!(world.memory_reason().await, Some(reason));
            assert!(world.errors(name) >= 1);
            let up = "vitals_collector_up{collector=\"system\"} 0";
            assert!(world.page().await.lines().any(|line| line == up));
            world.mood.store(WELL, SeqCst);
            sleep(2 * SEC).await;
            assert!(world.has_memory().await, "back within an interval");
            assert_eq!(world.memory_reason().await, None);
        }
    });
}

#[test]
fn what_vitals_says_of_itself_is_kept_once_a_point_of_the_grid() {
    simulated(async {
        let world = World::start();
        let told = || world.found("count_over_time(vitals_build_info[1h])");
        sleep(10 * SEC + SEC / 20).await;
        assert_eq!(told(), [1.0], "together with what is told at that tick");
        sleep(10 * SEC).await;
        assert_eq!(told(), [2.0]);
        // What it says next comes half a second behind the tick.
        world.mood.store(HUNG, SeqCst);
        sleep(10 * SEC).await;
        assert_eq!(told(), [2.0]);
        sleep(SEC / 10).await;
        assert_eq!(told(), [3.0], "alone");
        sleep(9 * SEC).await;
        assert_eq!(told(), [3.0]);
    });
}

#[test]
fn a_source_that_falls_silent_goes_stale() {
    simulated(async {
        let world = World::start();
        sleep(SEC / 100).await;
        world.mood.store(PANICS, SeqCst);
        sleep(SEC).await;
        assert!(
            world.has_memory().await,
            "what it said last still counts for a while"
        );
        sleep(4 * SEC).await;
        assert!(!world.has_memory().await, "but not for ever");
        sleep(60 * SEC).await; // a silence brings no message: the summary's own cadence finds it
        assert_eq!(world.memory_reason().await, Some(Reason::Down));
        let status = &world.aggregator.ask(Probe, SEC).await.unwrap()[0];
        assert!(!status.up);
    });
}

#[test]
fn one_that_falls_silent_ends_in_the_history_while_others_speak() {
    const QUIET: &str = "vitals_host_cpu_used_ratio";
    simulated(async {
        let world = World::start();
        sleep(SEC / 100).await;
        // What it says counts until just before a tick, at a tick, and just behind one.
        for behind in [400, 500, 501, 900, 990] {
            let mut told = observed("quiet", QUIET, &[("quiet", 0.5)]);
            told.outcome.stale_after = 2 * SEC + SEC / 1000 * behind;
            told.at = world.now();
            world.aggregator.tell(told).unwrap();
            sleep(SEC / 1000).await;
            assert_eq!(world.kept(QUIET), 1);
            sleep(6 * SEC - SEC / 1000).await;
            assert_eq!(world.kept(QUIET), 0, "{behind}");
        }
    });
}

#[test]
fn what_is_told_within_a_moment_is_judged_together_unless_somebody_asks() {
    simulated(async {
        let world = World::start();
        sleep(SEC / 100).await;
        let shown = || {
            let summary = world.last_known.summary.load_full().unwrap();
            let memory = summary.targets.iter().find(|one| one.id == "memory");
            memory.unwrap().status
        };
        let tell = |value| {
            let values = [("local", value)];
            let told = observed("system", "vitals_host_memory_used_ratio", &values);
            world.aggregator.tell(told).unwrap();
        };
        // Behind the start, and before the next tick.
        sleep(SEC / 5).await;
        tell(1.0);
        sleep(SEC / 1000).await;
        assert_eq!(shown(), TargetStatus::Missed, "at once after a rest");
        tell(0.1);
        sleep(SEC / 1000).await;
        assert_eq!(shown(), TargetStatus::Missed, "not yet");
        tell(1.0);
        tell(0.2);
        sleep(SEC / 8).await;
        assert_eq!(shown(), TargetStatus::Met, "the last one counts");
        tell(1.0);
        sleep(SEC / 1000).await;
        assert_eq!(shown(), TargetStatus::Met, "not yet");
        assert_eq!(world.memory_reason().await, None);
        assert_eq!(shown(), TargetStatus::Missed, "asked for");
    });
}

#[test]
fn the_aggregator_hands_what_it_knows_to_its_successor() {
    simulated(async {
        let world = World::start();
        sleep(SEC / 100).await;
        for restarts in 1..=3 {
            let tree = world.root.tree();
            tree.inject("aggregator", Fault::Panic).unwrap();
            sleep(SEC / 4).await;
            assert_eq!(world.aggregator.vitals().restarts(), restarts);
            assert_eq!(world.measured.load(SeqCst), 1, "nothing new has come in");
            assert!(world.has_memory().await);
        }
    });
}

#[test]
fn a_refresh_measures_only_what_is_too_old() {
    simulated(async {
        let world = World::start();
        sleep(SEC / 100).await;
        let before = world.measured.load(SeqCst);
        let refresh = |max_age| world.collector.ask(Refresh { max_age }, SEC);
        assert_eq!(refresh(3600 * SEC).await, Ok(Refreshed::Done));
        assert_eq!(world.measured.load(SeqCst), before);
        assert_eq!(refresh(Duration::ZERO).await, Ok(Refreshed::Done));
        assert_eq!(world.measured.load(SeqCst), before + 1);
        let version = world.last_known.standing.load().version();
        assert_eq!(version, before + 1, "answered once the aggregator has it");
        world.mood.store(HUNG, SeqCst);
        let busy = async {
            sleep(SEC / 10).await;
            refresh(Duration::ZERO).await
        };
        // One question at a time: the second waits in the lane until the first has failed.
        let (first, _second) = futures::join!(refresh(Duration::ZERO), busy);
        assert_eq!(first, Ok(Refreshed::Done), "the failure has been taken in");
        assert!(world.errors("timeout") >= 1);
    });
}

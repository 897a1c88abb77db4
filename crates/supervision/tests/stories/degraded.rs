//! A child that always fails harms nobody else, and heals by itself.
use crate::world::*;

struct Collector {
    bad: Arc<AtomicU64>,
}
impl Actor for Collector {
    type Context = Context<Self>;
    fn started(&mut self, ctx: &mut Self::Context) {
        let bad = self.bad.clone();
        ctx.run_interval(ms(1), move |_, _| {
            if bad.load(SeqCst) == 1 {
                panic!("induced: bad body")
            }
        });
    }
}

#[test]
fn an_always_panicking_collector_ends_in_capped_backoff_and_the_rest_never_restarts() {
    simulated(|| async {
        let here = Placement::Shared(Arbiter::current());
        let (bad, good) = (
            Ref::<Collector>::new("iris/main", Capacity::default()),
            worker_ref("system"),
        );
        let log = Log::default();
        let collectors = Ref::<Overseer>::new("collectors", Capacity::default());
        let fault = Arc::new(AtomicU64::new(1));
        let (b, g, h, f) = (bad.clone(), good.clone(), here.clone(), fault.clone());
        let spec = ChildSpec::overseer(&collectors, move || {
            let f = f.clone();
            let bad = ChildSpec::new(&b, move |_, _| Collector { bad: f.clone() })
                .backoff(Backoff {
                    jitter: 0.0,
                    ..Backoff::default()
                })
                .placement(h.clone());
            Overseer::new(Strategy::OneForOne)
                .escalate(Escalate::Never)
                .child(bad)
                .child(worker(&g, "system", &log).placement(h.clone()))
        });
        let root = grow(Overseer::new(Strategy::OneForOne).child(spec.placement(here)));
        let mut events = root.tree().events();

        tokio::time::sleep(3600 * SEC).await; // an hour of failing
        let happened = seen(&mut events);
        let delays: Vec<_> = happened
            .iter()
            .filter_map(|e| match e.kind {
                EventKind::Backoff { delay, .. } => Some(delay.as_millis()),
                _ => None,
            })
            .collect();
        assert_eq!(
            delays[..10],
            [100, 200, 400, 800, 1600, 3200, 6400, 12800, 25600, 30000]
        );
        assert!(delays[10..].iter().all(|d| *d == 30000), "capped");
        assert!(
            !happened
                .iter()
                .any(|e| matches!(e.kind, EventKind::Escalated { .. }))
        );
        let degraded: Vec<_> = happened
            .iter()
            .filter(|e| matches!(e.kind, EventKind::Degraded { restarts: 5 }))
            .collect();
        assert_eq!(degraded.len(), 1, "said once");
        assert_eq!(&*degraded[0].path, "collectors/iris/main");
        let state = |path: &str| {
            let node = node(&root, path);
            (node.state, node.degraded, node.restarts)
        };
        let (now, is_degraded, _) = state("collectors/iris/main");
        assert_eq!((now, is_degraded), (State::Backoff, true));
        assert_eq!(
            state("collectors/system"),
            (State::Running, false, 0),
            "its sibling lived on"
        );
        assert_eq!(
            state("collectors"),
            (State::Running, false, 0),
            "and so did its overseer"
        );

        fault.store(0, SeqCst); // the body is good again
        tokio::time::sleep(32 * SEC).await;
        let (now, is_degraded, _) = state("collectors/iris/main");
        assert_eq!((now, is_degraded), (State::Running, true));
        tokio::time::sleep(61 * SEC).await;
        let (now, is_degraded, _) = state("collectors/iris/main");
        assert_eq!((now, is_degraded), (State::Running, false));
        assert!(
            seen(&mut events)
                .iter()
                .any(|e| matches!(e.kind, EventKind::Recovered))
        );

        fault.store(1, SeqCst); // after a healthy time the first restart is immediate
        let restarts = bad.vitals().restarts();
        until("it fails", || bad.vitals().restarts() > restarts).await;
        fault.store(0, SeqCst);
        until_up(&bad).await;
        assert!(
            !seen(&mut events)
                .iter()
                .any(|e| matches!(e.kind, EventKind::Backoff { .. }))
        );
    });
}

struct Cadence {
    ticks: Arc<AtomicU64>,
}
impl Actor for Cadence {
    type Context = Context<Self>;
    fn started(&mut self, ctx: &mut Self::Context) {
        ctx.run_interval(30 * SEC, |me, _| {
            me.ticks.fetch_add(1, SeqCst);
        });
    }
}

#[test]
fn a_day_of_a_thirty_second_cadence_passes_in_no_time() {
    simulated(|| async {
        let ticks = Arc::<AtomicU64>::default();
        let (child, t) = (Ref::<Cadence>::new("c", Capacity::default()), ticks.clone());
        let spec = ChildSpec::new(&child, move |_, _| Cadence { ticks: t.clone() });
        let _root = grow(
            Overseer::new(Strategy::OneForOne)
                .child(spec.placement(Placement::Shared(Arbiter::current()))),
        );
        tokio::time::sleep(86_400 * SEC + ms(1)).await;
        assert_eq!(ticks.load(SeqCst), 2_880);
    });
}

#[test]
fn the_window_of_the_intensity_slides() {
    simulated(|| async {
        let (w, log) = (worker_ref("w"), Log::default());
        let here = Placement::Shared(Arbiter::current());
        let overseer = Overseer::new(Strategy::OneForOne).intensity(2, 10 * SEC);
        let root = grow(overseer.child(worker(&w, "w", &log).placement(here)));
        // Three within any ten seconds would be one too many; for an hour there are two.
        for _ in 0..720 {
            until_up(&w).await;
            let _ = w.ask(Boom, SEC).await;
            tokio::time::sleep(5 * SEC + ms(10)).await;
        }
        assert_eq!(w.vitals().restarts(), 720);
        for _ in 0..2 {
            // With the last of those that makes three.
            until_up(&w).await;
            let _ = w.ask(Boom, SEC).await;
        }
        assert!(matches!(
            ended(&root).await,
            Exit::Intensity { restarts: 3, .. }
        ));
    });
}

//! Overseers that panic, hang and stop: their children live once, and nobody is left behind.
use crate::world::*;

/// Ticks for as long as anything of it is alive.
struct Ticker {
    ticks: Arc<Mutex<Vec<u64>>>,
    generation: u64,
}
impl Actor for Ticker {
    type Context = Context<Self>;
    fn started(&mut self, ctx: &mut Self::Context) {
        ctx.run_interval(ms(2), |me, _| me.ticks.lock().unwrap().push(me.generation));
    }
}
#[derive(Message)]
#[rtype(result = "u64")]
struct Who;
on_lane! { Commands: Who; }
impl Handler<Who> for Ticker {
    type Result = u64;
    fn handle(&mut self, _: Who, _: &mut Context<Self>) -> u64 {
        self.generation
    }
}

#[test]
fn an_overseer_that_fails_leaves_no_orphans_and_its_children_start_anew() {
    story(|| async {
        let (ticks, child) = (
            Arc::<Mutex<Vec<u64>>>::default(),
            Ref::<Ticker>::new("ticker", Capacity::default()),
        );
        let (sub, subsub) = (
            Ref::new("sub", Capacity::default()),
            Ref::new("deeper", Capacity::default()),
        );
        let (t, c, s) = (ticks.clone(), child.clone(), subsub.clone());
        let spec = ChildSpec::overseer(&sub, move || {
            let (t, c) = (t.clone(), c.clone());
            patient(Strategy::OneForOne).child(
                ChildSpec::overseer(&s, move || {
                    let t = t.clone();
                    patient(Strategy::OneForOne).child(
                        ChildSpec::new(&c, move |start, _| Ticker {
                            ticks: t.clone(),
                            generation: start.generation,
                        })
                        .backoff(Backoff::none()),
                    )
                })
                .backoff(Backoff::none()),
            )
        });
        let root =
            grow(patient(Strategy::OneForOne).child(spec.backoff(Backoff::none()).hang(ms(200))));
        until_up(&child).await;
        let tree = root.tree();
        let mut generation = 1;
        for fault in [
            Fault::Panic,
            Fault::Stop,
            Fault::Hang(ms(8_000)),
            Fault::Panic,
        ] {
            tree.inject("sub", fault).unwrap();
            until("a new ticker", || {
                child.is_up() && child.vitals().generation() > generation
            })
            .await;
            generation = child.vitals().generation();
            assert_eq!(child.ask(Who, 5 * SEC).await, Ok(generation), "{fault:?}");
            until("the old one is gone", || {
                ticks.lock().unwrap().clear();
                std::thread::sleep(ms(20));
                let ticks = ticks.lock().unwrap();
                !ticks.is_empty() && ticks.iter().all(|g| *g == generation)
            })
            .await;
        }
        assert_eq!(
            tree.abandoned_threads(),
            1,
            "none of that waited for the hung overseer"
        );
        assert_eq!(generation, 5, "once anew per failure");
        assert_eq!(
            node(&root, "sub/deeper/ticker").path.as_ref(),
            "sub/deeper/ticker"
        );
        until("zombies are back", || tree.abandoned_threads() == 0).await;
        sleep(100).await;
        assert_eq!(child.ask(Who, SEC).await, Ok(5));
        assert_eq!(node(&root, "sub").restarts, 4);
    });
}

#[test]
fn the_tree_is_seen_while_an_overseer_hangs() {
    story(|| async {
        let (w, log, sub) = (
            worker_ref("w"),
            Log::default(),
            Ref::new("sub", Capacity::default()),
        );
        let (c, l) = (w.clone(), log.clone());
        let spec = ChildSpec::overseer(&sub, move || {
            patient(Strategy::OneForOne).child(worker(&c, "w", &l))
        });
        let root = grow(patient(Strategy::OneForOne).child(spec.hang(60 * SEC)));
        until_up(&w).await;
        root.tree().inject("sub", Fault::Hang(ms(500))).unwrap();
        until("busy", || {
            node(&root, "sub").busy.is_some_and(|busy| busy > ms(50))
        })
        .await;
        let seen = node(&root, "sub/w");
        assert_eq!((seen.state, seen.up), (State::Running, true));
        assert_eq!(w.ask(Count, SEC).await, Ok((1, 1)), "its children go on");
    });
}

#[test]
fn children_end_with_an_overseer_that_is_not_restarted() {
    story(|| async {
        let ticks = Arc::<Mutex<Vec<u64>>>::default();
        let child = Ref::<Ticker>::new("ticker", Capacity::default());
        let (t, c) = (ticks.clone(), child.clone());
        let sub = Ref::new("sub", Capacity::default());
        let spec = ChildSpec::overseer(&sub, move || {
            let t = t.clone();
            patient(Strategy::OneForOne).child(ChildSpec::new(&c, move |start, _| Ticker {
                ticks: t.clone(),
                generation: start.generation,
            }))
        });
        let root = grow(patient(Strategy::OneForOne).child(spec.restart(Restart::Temporary)));
        until("it ticks", || !ticks.lock().unwrap().is_empty()).await;
        root.tree().inject("sub", Fault::Panic).unwrap();
        until("it is over", || node(&root, "sub").state == State::Stopped).await;
        until("no tick any more", || {
            ticks.lock().unwrap().clear();
            std::thread::sleep(ms(50));
            ticks.lock().unwrap().is_empty()
        })
        .await;
        assert_eq!(
            child.ask(Who, SEC).await,
            Err(AskError::Refused(Refused::Stopped))
        );
    });
}

/// Does nothing, and says when it is gone.
struct Idler {
    gone: Arc<AtomicU64>,
}
impl Actor for Idler {
    type Context = Context<Self>;
}
impl Drop for Idler {
    fn drop(&mut self) {
        self.gone.fetch_add(1, SeqCst);
    }
}

#[test]
fn an_idle_child_of_a_hung_overseer_is_evicted() {
    story(|| async {
        let gone = Arc::<AtomicU64>::default();
        let child = Ref::<Idler>::new("idler", Capacity::default());
        let (g, c) = (gone.clone(), child.clone());
        let sub = Ref::new("sub", Capacity::default());
        let spec = ChildSpec::overseer(&sub, move || {
            let g = g.clone();
            patient(Strategy::OneForOne)
                .child(ChildSpec::new(&c, move |_, _| Idler { gone: g.clone() }))
        });
        let root = grow(patient(Strategy::OneForOne).child(spec.hang(ms(200))));
        until_up(&child).await;
        root.tree().inject("sub", Fault::Hang(ms(8_000))).unwrap();
        until("the old one is gone", || gone.load(SeqCst) == 1).await;
        assert_eq!(root.tree().abandoned_threads(), 1, "its overseer is not");
        until_up(&child).await;
        assert_eq!(child.vitals().generation(), 2);
    });
}

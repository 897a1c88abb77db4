//! Whatever an actor does when it panics, its guard sees it; work beside it included.
use crate::world::*;

struct Spawner;
impl Actor for Spawner {
    type Context = Context<Self>;
}
#[derive(Message)]
#[rtype(result = "()")]
enum Spawn {
    Plain,
    Guarded,
    Blocking,
    Forever(Arc<AtomicU64>),
}
#[derive(Message)]
#[rtype(result = "()")]
struct Crash;
on_lane! { Commands: Spawn, Crash; }
impl Handler<Crash> for Spawner {
    type Result = ();
    fn handle(&mut self, _: Crash, _: &mut Context<Self>) {
        panic!("boom")
    }
}
impl Handler<Spawn> for Spawner {
    type Result = ();
    fn handle(&mut self, what: Spawn, ctx: &mut Context<Self>) {
        match what {
            Spawn::Plain => drop(actix_rt::spawn(async { panic!("unseen") })),
            Spawn::Guarded => drop(spawn_guarded(ctx, async {
                sleep(1).await;
                panic!("beside")
            })),
            Spawn::Blocking => drop(spawn_blocking_guarded(
                ctx,
                || panic!("on the pool"),
                |(), _, _| {},
            )),
            Spawn::Forever(ticks) => drop(spawn_guarded(ctx, async move {
                loop {
                    sleep(1).await;
                    ticks.fetch_add(1, SeqCst);
                }
            })),
        }
    }
}

#[test]
fn a_panic_in_a_guarded_task_reaches_the_guard_with_message_and_place() {
    story(|| async {
        let child = Ref::<Spawner>::new("s", Capacity::default());
        let spec = ChildSpec::new(&child, |_, _| Spawner).backoff(Backoff::none());
        let root = grow(patient(Strategy::OneForOne).child(spec));
        child.ask(Spawn::Plain, 5 * SEC).await.unwrap();
        sleep(30).await;
        assert_eq!(node(&root, "s").generation, 1, "what plain spawn hides");
        for (generation, (what, message)) in
            [(Spawn::Guarded, "beside"), (Spawn::Blocking, "on the pool")]
                .into_iter()
                .enumerate()
        {
            child.ask(what, 5 * SEC).await.unwrap();
            until("restarted", || {
                node(&root, "s").generation == generation as u64 + 2
            })
            .await;
            let exit = last_exit(&root, "s");
            assert!(
                exit.starts_with(&format!(
                    "panic: {message} at crates/supervision/tests/stories/tasks.rs:"
                )),
                "{exit}"
            );
        }
    });
}

#[test]
fn a_guarded_task_ends_with_its_incarnation() {
    story(|| async {
        let child = Ref::<Spawner>::new("s", Capacity::default());
        let here = Placement::Shared(Arbiter::current()); // the thread lives on: only the guard can end the task
        let spec = ChildSpec::new(&child, |_, _| Spawner)
            .placement(here)
            .backoff(Backoff::none());
        let _root = grow(patient(Strategy::OneForOne).child(spec));
        let ticks = Arc::new(AtomicU64::new(0));
        child
            .ask(Spawn::Forever(ticks.clone()), 5 * SEC)
            .await
            .unwrap();
        until("it ticks", || ticks.load(SeqCst) > 5).await;
        let _ = child.ask(Crash, 5 * SEC).await;
        until("restarted", || {
            child.vitals().generation() == 2 && child.is_up()
        })
        .await;
        sleep(5).await;
        let at = ticks.load(SeqCst);
        sleep(30).await;
        assert_eq!(ticks.load(SeqCst), at);
    });
}

/// Where an actor can panic apart from its handlers.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Place {
    Started,
    Spawned,
    Awaited,
    Later,
    Interval,
    Stream,
    Notified,
    Stopping,
}

struct Clumsy {
    place: Place,
    generation: u64,
}
impl Actor for Clumsy {
    type Context = Context<Self>;
    fn started(&mut self, ctx: &mut Context<Self>) {
        if self.generation > 1 {
            return;
        }
        let falls = async {
            sleep(1).await;
            panic!("boom")
        };
        match self.place {
            Place::Started => panic!("boom"),
            Place::Spawned => drop(ctx.spawn(falls.into_actor(self))),
            Place::Awaited => ctx.wait(falls.into_actor(self)),
            Place::Later => drop(ctx.run_later(ms(1), |_, _| panic!("boom"))),
            Place::Interval => drop(ctx.run_interval(ms(1), |_, _| panic!("boom"))),
            Place::Stream => {
                let stream = futures::stream::once(falls);
                ctx.spawn(actix::fut::wrap_stream(stream).finish());
            }
            Place::Notified => ctx.notify(Crash),
            Place::Stopping => ctx.stop(),
        }
    }
    fn stopping(&mut self, _: &mut Context<Self>) -> Running {
        assert!(self.generation > 1 || self.place != Place::Stopping, "boom");
        Running::Stop
    }
}
impl Handler<Crash> for Clumsy {
    type Result = ();
    fn handle(&mut self, _: Crash, _: &mut Context<Self>) {
        panic!("boom")
    }
}

#[test]
fn wherever_an_actor_panics_it_is_restarted_with_message_and_place() {
    story(|| async {
        use Place::*;
        for place in [
            Started, Spawned, Awaited, Later, Interval, Stream, Notified, Stopping,
        ] {
            let child = Ref::<Clumsy>::new("c", Capacity::default());
            let start = move |start: Start<Clumsy>, _: &mut Context<Clumsy>| Clumsy {
                place,
                generation: start.generation,
            };
            let spec = ChildSpec::new(&child, start).backoff(Backoff::none());
            let root = grow(patient(Strategy::OneForOne).child(spec));
            until(&format!("{place:?}: restarted"), || {
                child.is_up() && child.vitals().generation() == 2
            })
            .await;
            let exit = last_exit(&root, "c");
            let is_told = exit.contains("boom at crates/supervision/tests/stories/tasks.rs:");
            assert!(is_told, "{place:?}: {exit}");
            assert_eq!(child.vitals().restarts(), 1, "{place:?}");
            root.shutdown();
            ended(&root).await;
        }
    });
}

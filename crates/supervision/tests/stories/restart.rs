//! OTP's own: restart types, strategies, intensity, order.
use crate::world::*;

#[test]
fn a_panic_gives_fresh_state_a_typed_exit_and_the_same_ref() {
    story(|| async {
        let (child, log) = (worker_ref("w"), Log::default());
        let root = grow(patient(Strategy::OneForOne).child(worker(&child, "w", &log)));
        let mut events = root.tree().events();
        assert_eq!(child.ask(Count, SEC).await, Ok((1, 1)));
        assert_eq!(child.ask(Count, SEC).await, Ok((1, 2)));
        let (boom, next) = futures::join!(child.ask(Boom, SEC), child.ask(Count, SEC));
        assert_eq!((boom, next), (Err(AskError::Crashed), Ok((2, 1))));
        let exit = last_exit(&root, "w");
        assert!(
            exit.contains("Boom: boom 2 at crates/supervision/tests/stories/world.rs:"),
            "{exit}"
        );
        assert_eq!(node(&root, "w").restarts, 1);
        let backtrace = seen(&mut events)
            .into_iter()
            .find_map(|event| match event.kind {
                EventKind::Exited {
                    exit: Exit::Panic(panic),
                    ..
                } => Some(panic.backtrace.to_string()),
                _ => None,
            });
        assert!(backtrace.unwrap().contains("Boom"));
        assert_eq!(
            stops(&log),
            Vec::<String>::new(),
            "no hook runs on broken state"
        );
    });
}

#[test]
fn permanent_transient_temporary() {
    story(|| async {
        let (p, t, x) = (worker_ref("p"), worker_ref("t"), worker_ref("x"));
        let log = Log::default();
        let root = grow(
            patient(Strategy::OneForOne)
                .child(worker(&p, "p", &log))
                .child(worker(&t, "t", &log).restart(Restart::Transient))
                .child(worker(&x, "x", &log).restart(Restart::Temporary)),
        );
        for child in [&p, &t, &x] {
            until_up(child).await;
        }
        let _ = t.ask(GiveUp, SEC).await;
        assert_eq!(t.ask(Count, SEC).await, Ok((2, 1)), "abnormal: restarted");
        for child in [&p, &t, &x] {
            let _ = child.ask(Quit, SEC).await;
        }
        until("p again", || node(&root, "p").generation == 2).await;
        assert_eq!(p.ask(Count, SEC).await, Ok((2, 1)));
        until("t gone", || node(&root, "t").state == State::Stopped).await;
        until("x gone", || node(&root, "x").state == State::Stopped).await;
        for gone in [&t, &x] {
            assert_eq!(
                gone.ask(Count, SEC).await,
                Err(AskError::Refused(Refused::Stopped))
            );
        }
    });
}

async fn after_b_fails(strategy: Strategy) -> (Vec<u64>, Vec<String>) {
    let refs = ["a", "b", "c", "t"].map(worker_ref);
    let log = Log::default();
    let mut overseer = patient(strategy);
    for (child, name) in refs.iter().zip(["a", "b", "c", "t"]) {
        let restart = if name == "t" {
            Restart::Temporary
        } else {
            Restart::Permanent
        };
        overseer = overseer.child(worker(child, name, &log).restart(restart));
    }
    let root = grow(overseer);
    for child in &refs {
        until_up(child).await;
    }
    let _ = refs[1].ask(Boom, SEC).await;
    until("b again", || {
        node(&root, "b").generation == 2 && refs[1].is_up()
    })
    .await;
    for child in &refs[..3] {
        child.ask(Count, 5 * SEC).await.unwrap();
    }
    let generations = root
        .tree()
        .snapshot()
        .children
        .iter()
        .map(|n| n.generation)
        .collect();
    (generations, stops(&log))
}

#[test]
fn strategies_restart_who_they_say_in_reverse_order_of_start() {
    story(|| async {
        let none = Vec::<String>::new();
        assert_eq!(
            after_b_fails(Strategy::OneForOne).await,
            (vec![1, 2, 1, 1], none)
        );
        // The temporary one falls with its siblings and does not come back, as in OTP.
        let (generations, stops) = after_b_fails(Strategy::RestForOne).await;
        assert_eq!(
            (generations, stops),
            (vec![1, 2, 2, 1], vec!["stop t".into(), "stop c".into()])
        );
        let (generations, stops) = after_b_fails(Strategy::OneForAll).await;
        assert_eq!(generations, [2, 2, 2, 1]);
        assert_eq!(stops, ["stop t", "stop c", "stop a"]);
    });
}

#[test]
fn a_later_restart_takes_over_from_one_that_waits() {
    simulated(|| async {
        let (a, b, log) = (worker_ref("a"), worker_ref("b"), Log::default());
        let waits = |seconds: u32| Backoff {
            min: seconds * SEC,
            max: seconds * SEC,
            jitter: 0.0,
            reset_after: 3600 * SEC,
            ..Backoff::default()
        };
        let here = Placement::Shared(Arbiter::current());
        let spec = |child, name, seconds| {
            worker(child, name, &log)
                .placement(here.clone())
                .backoff(waits(seconds))
        };
        let root = grow(
            patient(Strategy::RestForOne)
                .child(spec(&a, "a", 20))
                .child(spec(&b, "b", 10)),
        );
        for child in [&a, &b] {
            until_up(&b).await;
            let _ = child.ask(Boom, SEC).await; // the first restart is immediate
            sleep(10).await;
        }
        until_up(&b).await;
        let _ = b.ask(Boom, SEC).await; // b would wait for 10 s
        sleep(10).await;
        let _ = a.ask(Boom, SEC).await; // now both wait for 20 s
        tokio::time::sleep(15 * SEC).await;
        assert!(!a.is_up() && !b.is_up(), "b does not start before a");
        tokio::time::sleep(6 * SEC).await;
        assert!(a.is_up() && b.is_up());
        let generation = |path| node(&root, path).generation;
        assert_eq!((generation("a"), generation("b")), (3, 4));
    });
}

#[test]
fn a_start_function_that_panics_counts_as_a_failure() {
    story(|| async {
        let (child, log) = (worker_ref("w"), Log::default());
        let tries = Arc::new(AtomicU64::new(0));
        let spec = ChildSpec::new(&child, move |start, _| {
            if tries.fetch_add(1, SeqCst) < 3 {
                panic!("not yet")
            }
            Worker {
                count: 0,
                generation: start.generation,
                log: log.clone(),
                name: "w",
                slow_stop: 0,
            }
        });
        let _root = grow(patient(Strategy::OneForOne).child(spec.backoff(Backoff::none())));
        assert_eq!(child.ask(Count, 5 * SEC).await, Ok((4, 1)));
    });
}

struct Sum {
    sum: u64,
    checkpoint: Checkpoint,
}
impl Actor for Sum {
    type Context = Context<Self>;
}
#[derive(Message)]
#[rtype(result = "u64")]
struct Plus(u64, bool);
on_lane! { Commands: Plus; }
impl Handler<Plus> for Sum {
    type Result = u64;
    fn handle(&mut self, m: Plus, _: &mut Context<Self>) -> u64 {
        if m.1 {
            panic!("boom")
        }
        self.sum += m.0;
        assert!(self.checkpoint.put(self.sum));
        self.sum
    }
}

#[test]
fn a_checkpoint_hands_the_state_over_and_only_the_poison_is_lost() {
    story(|| async {
        let child = Ref::<Sum>::new(
            "sum",
            Capacity {
                commands: 20_000,
                queries: 1,
            },
        );
        let spec = ChildSpec::new(&child, |start: Start<Sum>, _| {
            let sum = start.take_checkpoint().unwrap_or(0u64);
            let checkpoint = start.checkpoint();
            checkpoint.put(sum);
            Sum { sum, checkpoint }
        });
        let _root = grow(patient(Strategy::OneForOne).child(spec.backoff(Backoff::none())));
        for i in 0..10_000u64 {
            child.tell(Plus(1, i % 100 == 50)).unwrap()
        }
        assert_eq!(child.ask(Plus(0, false), 20 * SEC).await, Ok(9_900));
        assert_eq!(child.vitals().restarts(), 100);
    });
}

fn status(key: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with(key)).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

#[test]
fn chaos_twenty_thousand_panics_lose_nothing_that_waits() {
    story(|| async {
        capture_backtraces(false);
        let (child, log) = (worker_ref("w"), Log::default());
        let here = Placement::Shared(Arbiter::current());
        let _root =
            grow(patient(Strategy::OneForOne).child(worker(&child, "w", &log).placement(here)));
        until_up(&child).await;
        let mut memory = Vec::new();
        for round in 1..=4u64 {
            for _ in 0..5_000 {
                let (boom, next) =
                    futures::join!(child.ask(Boom, 5 * SEC), child.ask(Count, 5 * SEC));
                assert_eq!(boom, Err(AskError::Crashed));
                assert_eq!(next.unwrap().1, 1, "answered by the successor");
            }
            log.lock().unwrap().clear();
            assert_eq!(child.vitals().restarts(), 5_000 * round);
            memory.push(status("VmRSS"));
        }
        capture_backtraces(true);
        assert_eq!(child.depth(Lane::Commands).depth, 0);
        let growth = memory[3].saturating_sub(memory[1]);
        assert!(growth < 20_000, "memory grows: {memory:?} kB");
    });
}

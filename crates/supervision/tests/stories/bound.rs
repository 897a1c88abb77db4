//! The queue is bounded with async handlers too, and a panic crashes only what had begun.
use crate::world::*;

/// Every way a handler can take its time.
struct Slow {
    done: Arc<AtomicU64>,
}
impl Actor for Slow {
    type Context = Context<Self>;
}
#[derive(Message)]
#[rtype(result = "u64")]
struct Deliver(u64);
#[derive(Message)]
#[rtype(result = "u64")]
struct Exclusive(u64);
#[derive(Message)]
#[rtype(result = "()")]
struct LatePanic;
#[derive(Message)]
#[rtype(result = "()")]
struct ExclusivePanic;
#[derive(Message)]
#[rtype(result = "()")]
struct Now;
on_lane! { Commands: Deliver, Exclusive, LatePanic, ExclusivePanic, Now; }

impl Handler<Now> for Slow {
    type Result = ();
    fn handle(&mut self, _: Now, _: &mut Context<Self>) {}
}

impl Handler<Deliver> for Slow {
    type Result = ResponseActFuture<Self, u64>;
    fn handle(&mut self, m: Deliver, _: &mut Context<Self>) -> Self::Result {
        let slept = async move { sleep(m.0).await }.into_actor(self);
        Box::pin(slept.map(move |_, me, _| {
            me.done.fetch_add(1, SeqCst);
            m.0
        }))
    }
}
impl Handler<Exclusive> for Slow {
    type Result = AtomicResponse<Self, u64>;
    fn handle(&mut self, m: Exclusive, _: &mut Context<Self>) -> Self::Result {
        let slept = async move { sleep(m.0).await }.into_actor(self);
        AtomicResponse::new(Box::pin(slept.map(move |_, me, _| {
            me.done.fetch_add(1, SeqCst);
            m.0
        })))
    }
}
impl Handler<LatePanic> for Slow {
    type Result = ResponseActFuture<Self, ()>;
    fn handle(&mut self, _: LatePanic, _: &mut Context<Self>) -> Self::Result {
        Box::pin(
            async {
                sleep(50).await;
                panic!("late")
            }
            .into_actor(self),
        )
    }
}
impl Handler<ExclusivePanic> for Slow {
    type Result = AtomicResponse<Self, ()>;
    fn handle(&mut self, _: ExclusivePanic, _: &mut Context<Self>) -> Self::Result {
        AtomicResponse::new(Box::pin(
            async {
                sleep(20).await;
                panic!("exclusive")
            }
            .into_actor(self),
        ))
    }
}

struct Running {
    child: Ref<Slow>,
    done: Arc<AtomicU64>,
    root: Root,
}

fn slow(capacity: usize, concurrency: usize) -> Running {
    let child = Ref::<Slow>::new(
        "slow",
        Capacity {
            commands: capacity,
            queries: 1,
        },
    );
    let done = Arc::new(AtomicU64::new(0));
    let d = done.clone();
    let spec = ChildSpec::new(&child, move |_, _| Slow { done: d.clone() })
        .backoff(Backoff::none())
        .placement(Placement::Shared(Arbiter::current()))
        .concurrency(concurrency);
    let root = grow(patient(Strategy::OneForOne).child(spec));
    Running { child, done, root }
}

fn depth(child: &Ref<Slow>) -> usize {
    child.depth(Lane::Commands).depth
}

#[test]
fn two_hundred_asks_of_an_async_handler_fill_four_places_not_two_hundred() {
    simulated(|| async {
        let Running {
            child, root: _root, ..
        } = slow(4, 1);
        let asks = (0..200).map(|_| child.ask(Deliver(50), 2 * SEC));
        let watch = async {
            sleep(20).await;
            depth(&child)
        };
        let (answers, depth_meanwhile) = futures::join!(futures::future::join_all(asks), watch);
        assert_eq!(depth_meanwhile, 4, "three queued, one in flight");
        let answered = answers.iter().filter(|a| **a == Ok(50)).count();
        let full = Err(AskError::Refused(Refused::Full));
        assert_eq!(
            (answered, answers.iter().filter(|a| **a == full).count()),
            (4, 196)
        );
        assert_eq!(depth(&child), 0);
    });
}

#[test]
fn concurrency_is_how_many_are_in_progress() {
    for (concurrency, expected) in [(1, 400), (4, 100), (8, 50)] {
        simulated(|| async move {
            let Running {
                child, root: _root, ..
            } = slow(8, concurrency);
            until_up(&child).await;
            let start = tokio::time::Instant::now();
            let asks = (0..8).map(|_| child.ask(Deliver(50), 2 * SEC));
            assert!(
                futures::future::join_all(asks)
                    .await
                    .iter()
                    .all(Result::is_ok)
            );
            let took = start.elapsed().as_millis() as u64;
            assert!(
                (expected..expected + 20).contains(&took),
                "concurrency {concurrency}: {took} ms"
            );
        });
    }
}

#[test]
fn one_panic_crashes_at_most_concurrency_messages() {
    for concurrency in [1, 3] {
        simulated(|| async move {
            let Running { child, done, root } = slow(64, concurrency);
            until_up(&child).await;
            // Longer than the panic takes: whoever has begun beside it is crashed by it.
            let asks = futures::future::join_all((0..20).map(|_| child.ask(Deliver(60), 5 * SEC)));
            let (boom, asks) = futures::join!(child.ask(LatePanic, 2 * SEC), asks);
            assert_eq!(boom, Err(AskError::Crashed));
            let crashed = 1 + asks
                .iter()
                .filter(|a| **a == Err(AskError::Crashed))
                .count();
            assert_eq!(crashed, concurrency);
            assert_eq!(
                done.load(SeqCst) as usize,
                21 - crashed,
                "all others exactly once"
            );
            assert_eq!(depth(&child), 0, "no permit leaks");
            assert!(
                last_exit(&root, "slow").contains("LatePanic"),
                "the exit names the message"
            );
        });
    }
}

#[test]
fn an_atomic_response_holds_its_place_and_is_blamed_for_its_panic() {
    simulated(|| async {
        let Running { child, done, root } = slow(4, 4);
        until_up(&child).await;
        let asks =
            futures::future::join_all((0..6).map(|_| child.ask(Exclusive(20), 2 * SEC))).await;
        assert_eq!(asks.iter().filter(|a| **a == Ok(20)).count(), 4);
        assert_eq!(done.load(SeqCst), 4);
        let (boom, after) =
            futures::join!(child.ask(ExclusivePanic, SEC), child.ask(Exclusive(1), SEC));
        assert_eq!((boom, after), (Err(AskError::Crashed), Ok(1)));
        assert_eq!(depth(&child), 0);
        assert!(last_exit(&root, "slow").contains("ExclusivePanic"));
    });
}

#[test]
fn an_answer_means_that_there_is_room_again() {
    simulated(|| async {
        let Running {
            child, root: _root, ..
        } = slow(1, 1);
        for _ in 0..1000 {
            assert_eq!(child.ask(Deliver(0), SEC).await, Ok(0));
            assert_eq!(child.ask(Exclusive(0), SEC).await, Ok(0));
        }
    });
}

#[test]
fn who_is_not_answered_in_time_learns_it_and_what_has_not_begun_never_does() {
    simulated(|| async {
        let Running {
            child,
            done,
            root: _root,
        } = slow(4, 1);
        until_up(&child).await;
        let (in_progress, behind) = futures::join!(
            child.ask(Deliver(100), ms(50)),
            child.ask(Deliver(1), ms(50))
        );
        let late = Err(AskError::Timeout);
        assert_eq!((in_progress, behind), (late, late));
        child.ask(Deliver(1), SEC).await.unwrap();
        assert_eq!(
            done.load(SeqCst),
            2,
            "what had begun was finished, what waited was left out"
        );
        assert_eq!(depth(&child), 0, "neither keeps its place");
    });
}

#[test]
fn a_refused_message_comes_back() {
    simulated(|| async {
        let Running {
            child, root: _root, ..
        } = slow(1, 1);
        until_up(&child).await;
        child.tell(Deliver(100)).unwrap();
        let unsent = child.tell(Deliver(7)).unwrap_err();
        assert_eq!((unsent.why, unsent.message.0), (Refused::Full, 7));
        let start = tokio::time::Instant::now();
        child.tell_wait(Deliver(1)).await.unwrap();
        assert!(
            start.elapsed() >= ms(100),
            "it waited for the handler's future, not for the queue"
        );
    });
}

#[test]
fn an_answer_means_that_there_is_room_again_on_another_thread_too() {
    story(|| async {
        let child = Ref::<Slow>::new(
            "slow",
            Capacity {
                commands: 1,
                queries: 1,
            },
        );
        let spec = ChildSpec::new(&child, |_, _| Slow {
            done: Arc::default(),
        });
        let _root = grow(patient(Strategy::OneForOne).child(spec));
        until_up(&child).await;
        for _ in 0..5000 {
            assert_eq!(child.ask(Deliver(0), 5 * SEC).await, Ok(0));
        }
    });
}

#[test]
fn the_last_place_is_free_again_with_its_answer() {
    story(|| async {
        let capacity = Capacity {
            commands: 8,
            queries: 1,
        };
        let child = Ref::<Slow>::new("slow", capacity);
        let spec = ChildSpec::new(&child, |_, _| Slow {
            done: Arc::default(),
        });
        let _root = grow(patient(Strategy::OneForOne).child(spec.concurrency(8)));
        until_up(&child).await;
        for _ in 0..7 {
            child.tell(Deliver(60_000)).unwrap();
        }
        for _ in 0..5000 {
            assert_eq!(child.ask(Now, 5 * SEC).await, Ok(()));
        }
    });
}

/// How many commands the lane takes until it is full.
fn room(child: &Ref<Worker>) -> usize {
    (0..1000).filter(|_| child.tell(Count).is_ok()).count()
}

#[test]
fn places_that_are_given_back_together_are_all_given_back() {
    story(|| async {
        let (child, log) = (worker_ref("w"), Log::default());
        let never = Backoff {
            min: 600 * SEC,
            max: 600 * SEC,
            ..Backoff::default()
        };
        let _root =
            grow(patient(Strategy::OneForOne).child(worker(&child, "w", &log).backoff(never)));
        until_up(&child).await;
        for _ in 0..10 {
            child.tell(Count).unwrap();
        }
        until("all done", || child.vitals().handled() == 10).await;
        child.tell(Block(400)).unwrap();
        until("busy", || child.vitals().busy().is_some()).await;
        assert_eq!(room(&child), 63, "one is in progress");
        until("all done", || child.vitals().handled() == 74).await;

        let _ = child.ask(Boom, 5 * SEC).await; // the first restart is immediate
        until("up again", || {
            child.is_up() && child.vitals().generation() == 2
        })
        .await;
        child.tell(Block(100)).unwrap(); // what follows is served in one go
        for _ in 0..10 {
            child.tell(Count).unwrap();
        }
        let _ = child.ask(Boom, 5 * SEC).await;
        until("down", || !child.is_up()).await;
        assert_eq!(
            room(&child),
            64,
            "nobody is there to give back what is owed"
        );
    });
}

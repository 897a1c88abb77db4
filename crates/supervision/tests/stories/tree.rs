//! Intensity, escalation, order, budget, changes: the overseer's own.
use crate::world::*;

/// A branch with two workers, rebuilt by each incarnation of its overseer.
fn branch(sub: &Ref<Overseer>, a: &Ref<Worker>, b: &Ref<Worker>, log: &Log) -> ChildSpec {
    let (a, b, log) = (a.clone(), b.clone(), log.clone());
    ChildSpec::overseer(sub, move || {
        Overseer::new(Strategy::OneForOne)
            .intensity(2, 60 * SEC)
            .child(worker(&a, "a", &log))
            .child(worker(&b, "b", &log))
    })
    .backoff(Backoff::none())
}

#[test]
fn too_many_too_fast_escalates_and_the_parent_rebuilds_the_branch() {
    story(|| async {
        let (a, b, log) = (worker_ref("a"), worker_ref("b"), Log::default());
        let sub = Ref::new("sub", Capacity::default());
        let root = grow(patient(Strategy::OneForOne).child(branch(&sub, &a, &b, &log)));
        let mut events = root.tree().events();
        until_up(&b).await;
        for _ in 0..3 {
            until_up(&a).await;
            let _ = a.ask(Boom, 5 * SEC).await;
        }
        assert_eq!(a.ask(Count, 5 * SEC).await, Ok((4, 1)));
        assert_eq!(b.ask(Count, 5 * SEC).await, Ok((2, 1)));
        assert_eq!(last_exit(&root, "sub"), "gave up: 3 restarts within 60s");
        let escalated = seen(&mut events)
            .into_iter()
            .filter(|e| matches!(e.kind, EventKind::Escalated { .. }))
            .count();
        assert_eq!(escalated, 1);
    });
}

#[test]
fn the_root_gives_up_by_ending_with_a_reason() {
    story(|| async {
        let (a, b, log) = (worker_ref("a"), worker_ref("b"), Log::default());
        let sub = Ref::new("sub", Capacity::default());
        let overseer = Overseer::new(Strategy::OneForOne).intensity(1, 60 * SEC);
        let root = grow(overseer.child(branch(&sub, &a, &b, &log)));
        for generation in 1..=6u64 {
            until("a", || a.is_up() && a.vitals().generation() == generation).await;
            let _ = a.ask(Boom, 5 * SEC).await;
        }
        let exit = ended(&root).await;
        assert!(
            matches!(exit, Exit::Intensity { restarts: 2, .. }),
            "{exit}"
        );
        assert_eq!(root.tree().snapshot().state, State::Failed);
        assert_eq!(a.tell(Count).unwrap_err().why, Refused::Stopped);
    });
}

#[test]
fn shutdown_is_in_reverse_order_and_waits_for_nobody_beyond_the_deadline() {
    story(|| async {
        let (a, b, c, d) = (
            worker_ref("a"),
            worker_ref("b"),
            worker_ref("c"),
            worker_ref("d"),
        );
        let log = Log::default();
        let sub = Ref::new("sub", Capacity::default());
        let root = grow(
            patient(Strategy::OneForOne)
                .child(worker(&c, "c", &log))
                .child(branch(&sub, &a, &b, &log))
                .child(slow_worker(&d, "d", &log, 3_000).shutdown(ms(50))),
        );
        let mut events = root.tree().events();
        for child in [&a, &b, &c, &d] {
            until_up(child).await;
        }
        let start = Instant::now();
        root.shutdown();
        assert!(matches!(ended(&root).await, Exit::Shutdown));
        assert!(start.elapsed() < ms(2_500), "{:?}", start.elapsed());
        assert_eq!(stops(&log), ["stop b", "stop a", "stop c"]);
        let timeouts: Vec<_> = seen(&mut events)
            .into_iter()
            .filter(|e| matches!(e.kind, EventKind::ShutdownTimeout { .. }))
            .map(|e| e.path.to_string())
            .collect();
        assert_eq!(timeouts, ["d"]);
        for child in [&a, &b, &c, &d] {
            assert_eq!(child.tell(Count).unwrap_err().why, Refused::Stopped);
        }
        until("zombie back", || root.tree().abandoned_threads() == 0).await;
    });
}

#[test]
fn too_many_hung_threads_end_the_tree() {
    story(|| async {
        let (w, log) = (worker_ref("w"), Log::default());
        let root = grow_with(
            1,
            patient(Strategy::OneForOne).child(worker(&w, "w", &log).hang(ms(80))),
        );
        until_up(&w).await;
        let _ = w.ask(Block(4_000), 5 * SEC).await;
        assert_eq!(root.tree().abandoned_threads(), 1);
        let _ = w.ask(Block(4_000), 5 * SEC).await;
        let exit = ended(&root).await;
        assert!(
            matches!(
                exit,
                Exit::Threads {
                    abandoned: 2,
                    budget: 1
                }
            ),
            "{exit}"
        );
    });
}

#[test]
fn a_group_restart_of_a_branch_leaves_its_refs_open() {
    story(|| async {
        let (a, b, first, log) = (
            worker_ref("a"),
            worker_ref("b"),
            worker_ref("f"),
            Log::default(),
        );
        let sub = Ref::new("sub", Capacity::default());
        let root = grow(
            patient(Strategy::RestForOne)
                .child(worker(&first, "f", &log))
                .child(branch(&sub, &a, &b, &log)),
        );
        until_up(&b).await;
        let _ = first.ask(Boom, SEC).await;
        until("b anew", || b.vitals().generation() == 2 && b.is_up()).await;
        assert_eq!(a.ask(Count, 5 * SEC).await, Ok((2, 1)));
        assert_eq!(b.ask(Count, 5 * SEC).await, Ok((2, 1)));
        assert_eq!(stops(&log), ["stop b", "stop a"]);
        assert_eq!(node(&root, "sub").generation, 2);
    });
}

#[test]
fn children_come_and_go_and_stay_so_when_the_overseer_restarts() {
    story(|| async {
        let (a, b, c, log) = (
            worker_ref("a"),
            worker_ref("b"),
            worker_ref("c"),
            Log::default(),
        );
        let sub = Ref::new("sub", Capacity::default());
        let root = grow(patient(Strategy::OneForOne).child(branch(&sub, &a, &b, &log)));
        until_up(&b).await;
        sub.ask(AddChild(worker(&c, "c", &log)), SEC)
            .await
            .unwrap()
            .unwrap();
        assert_eq!(c.ask(Count, 5 * SEC).await, Ok((1, 1)));
        let twice = sub.ask(AddChild(worker(&c, "c", &log)), SEC).await.unwrap();
        assert_eq!(twice, Err(SpecError::Duplicate("c".into())));
        assert_eq!(sub.ask(RemoveChild("a".into()), SEC).await.unwrap(), Ok(()));
        assert_eq!(
            a.ask(Count, SEC).await,
            Err(AskError::Refused(Refused::Stopped))
        );
        let gone = sub.ask(RemoveChild("a".into()), SEC).await.unwrap();
        assert_eq!(gone, Err(NoSuchChild("a".into())));
        let closed = sub.ask(AddChild(worker(&a, "a", &log)), SEC).await.unwrap();
        assert_eq!(closed, Err(SpecError::Stopped("a".into())));

        root.tree().inject("sub", Fault::Panic).unwrap();
        until("c anew", || c.vitals().generation() == 2 && c.is_up()).await;
        let names: Vec<_> = node(&root, "sub")
            .children
            .iter()
            .map(|n| n.name.to_string())
            .collect();
        assert_eq!(names, ["b", "c"]);
        assert_eq!(b.ask(Count, 5 * SEC).await, Ok((2, 1)));
    });
}

#[test]
fn specs_that_cannot_be_right_are_refused() {
    story(|| async {
        let (a, log) = (worker_ref("a"), Log::default());
        let check = |spec: ChildSpec| Overseer::new(Strategy::OneForOne).child(spec).check();
        let here = Placement::Shared(Arbiter::current());
        assert_eq!(check(worker(&a, "a", &log)), Ok(()));
        let name = || "a".to_owned();
        assert_eq!(
            check(worker(&a, "a", &log).placement(here).hang(SEC)),
            Err(SpecError::HangOnShared(name()))
        );
        assert_eq!(
            check(worker(&a, "a", &log).significant(true)),
            Err(SpecError::SignificantPermanent(name()))
        );
        for bad in ["", "/", "a/", "/a", "a//b"] {
            let bad_ref = worker_ref(bad);
            assert_eq!(
                check(worker(&bad_ref, "a", &log)),
                Err(SpecError::Name(bad.into()))
            );
        }
        let two = patient(Strategy::OneForOne)
            .child(worker(&a, "a", &log))
            .child(worker(&a, "a", &log));
        assert_eq!(two.check(), Err(SpecError::Duplicate(name())));
        let root = grow(two);
        assert!(
            matches!(ended(&root).await, Exit::Error(_)),
            "it does not start, either"
        );
    });
}

#[test]
fn significant_children_take_their_overseer_with_them() {
    story(|| async {
        for (auto, all) in [
            (AutoShutdown::AnySignificant, false),
            (AutoShutdown::AllSignificant, true),
        ] {
            let (a, b, c, log) = (
                worker_ref("a"),
                worker_ref("b"),
                worker_ref("c"),
                Log::default(),
            );
            let significant = |spec: ChildSpec| spec.restart(Restart::Transient).significant(true);
            let root = grow(
                patient(Strategy::OneForOne)
                    .auto_shutdown(auto)
                    .child(significant(worker(&a, "a", &log)))
                    .child(significant(worker(&b, "b", &log)))
                    .child(worker(&c, "c", &log)),
            );
            until_up(&c).await;
            let _ = a.ask(Boom, SEC).await; // abnormal: restarted, no end by itself
            assert_eq!(a.ask(Count, 5 * SEC).await, Ok((2, 1)));
            let _ = a.ask(Quit, SEC).await;
            if all {
                until("a gone", || node(&root, "a").state == State::Stopped).await;
                assert!(c.ask(Count, SEC).await.is_ok(), "one of two is not all");
                let _ = b.ask(Quit, SEC).await;
            }
            assert!(matches!(ended(&root).await, Exit::Shutdown));
            assert!(stops(&log).contains(&"stop c".to_owned()));
        }
    });
}

struct Slow {
    latch: Option<Latch>,
}
impl Actor for Slow {
    type Context = Context<Self>;
    fn started(&mut self, ctx: &mut Self::Context) {
        ctx.run_later(ms(300), |me, _| me.latch = None);
    }
}

#[test]
fn siblings_start_when_the_one_before_serves_has_failed_or_had_its_time() {
    story(|| async {
        let (late, never) = (
            Ref::<Slow>::new("late", Capacity::default()),
            Ref::<Slow>::new("never", Capacity::default()),
        );
        let (bad, last, log) = (worker_ref("bad"), worker_ref("last"), Log::default());
        let started = Instant::now();
        let _root = grow(
            patient(Strategy::OneForOne)
                .child(ChildSpec::new(&late, |start, _| Slow {
                    latch: Some(start.latch()),
                }))
                .child(
                    ChildSpec::new(&bad, |_, _| -> Worker { panic!("boom") }).backoff(Backoff {
                        min: 60 * SEC,
                        max: 60 * SEC,
                        ..Backoff::default()
                    }),
                )
                .child(
                    ChildSpec::new(&never, |start, ctx: &mut Context<Slow>| {
                        let latch = start.latch();
                        ctx.wait(actix::fut::wrap_future(std::future::pending::<()>()));
                        Slow { latch: Some(latch) }
                    })
                    .start_within(ms(200)),
                )
                .child(worker(&last, "last", &log)),
        );
        until_up(&last).await;
        assert!(late.is_up() && !never.is_up());
        assert!(started.elapsed() >= ms(500), "{:?}", started.elapsed());
    });
}

#[test]
fn a_ping_needs_no_handler_and_faults_find_their_way() {
    story(|| async {
        let (w, log) = (worker_ref("iris/main"), Log::default());
        let root = grow(patient(Strategy::OneForOne).child(worker(&w, "w", &log).hang(ms(100))));
        until_up(&w).await;
        let tree = root.tree();
        assert!(tree.ping("iris/main", SEC).await.is_ok());
        assert!(tree.ping("", SEC).await.is_ok());
        assert_eq!(
            tree.ping("nobody", SEC).await,
            Err(AskError::Refused(Refused::Stopped))
        );
        assert_eq!(tree.inject("", Fault::Panic), Err(FaultError::Root));
        assert_eq!(
            tree.inject("nobody", Fault::Panic),
            Err(FaultError::NoSuchActor("nobody".into()))
        );
        for (generation, (fault, kind)) in [
            (Fault::Panic, "panic"),
            (Fault::Stop, "normal"),
            (Fault::Hang(ms(600)), "hang"),
        ]
        .into_iter()
        .enumerate()
        {
            tree.inject("iris/main", fault).unwrap();
            let next = generation as u64 + 2;
            until(kind, || w.is_up() && w.vitals().generation() == next).await;
            assert_eq!(
                node(&root, "iris/main").last_exit.unwrap().exit.kind(),
                kind
            );
        }
        until("zombie back", || tree.abandoned_threads() == 0).await;
    });
}

#[test]
fn whoever_waits_for_room_learns_that_there_will_be_none() {
    story(|| async {
        let w = Ref::<Worker>::new(
            "w",
            Capacity {
                commands: 1,
                queries: 1,
            },
        );
        let log = Log::default();
        let root = grow(
            patient(Strategy::OneForOne).child(worker(&w, "w", &log).restart(Restart::Temporary)),
        );
        until_up(&w).await;
        w.tell(Block(150)).unwrap();
        let waiting = {
            let w = w.clone();
            actix_rt::spawn(async move { w.tell_wait(Count).await.map_err(|u| u.why) })
        };
        sleep(20).await;
        root.shutdown();
        ended(&root).await;
        let _ = waiting.await.unwrap(); // taken just before, or refused: but it does not wait for ever
        assert_eq!(w.tell_wait(Count).await.unwrap_err().why, Refused::Stopped);
    });
}

#[cfg(target_os = "linux")]
#[test]
fn a_thread_is_called_after_its_actor() {
    story(|| async {
        let (child, log) = (worker_ref("a-name-of-its-own"), Log::default());
        let _root =
            grow(patient(Strategy::OneForOne).child(worker(&child, "a-name-of-its-own", &log)));
        until_up(&child).await;
        let threads = std::fs::read_dir("/proc/self/task").unwrap();
        let names = threads.filter_map(|thread| {
            // One may have ended meanwhile.
            std::fs::read_to_string(thread.ok()?.path().join("comm")).ok()
        });
        let of_it = names.filter(|name| name.trim_end() == "a-name-of-its-o");
        assert_eq!(of_it.count(), 1);
    });
}

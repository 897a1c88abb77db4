//! A thread that does not come back is given up; nothing queued is lost or done twice.
use crate::world::*;

struct Adder {
    total: Arc<AtomicU64>,
    checkpoint: Checkpoint,
}
impl Actor for Adder {
    type Context = Context<Self>;
}
#[derive(Message)]
#[rtype(result = "()")]
struct Add;
on_lane! { Commands: Add; }
impl Handler<Add> for Adder {
    type Result = ();
    fn handle(&mut self, _: Add, _: &mut Context<Self>) {
        self.total.fetch_add(1, SeqCst);
    }
}
impl Handler<Block> for Adder {
    type Result = ();
    fn handle(&mut self, block: Block, _: &mut Context<Self>) {
        std::thread::sleep(ms(block.0));
        self.checkpoint.put("from the grave");
    }
}

type Left = Arc<Mutex<Vec<Option<&'static str>>>>;

fn adder(capacity: usize, left: &Left) -> (Ref<Adder>, Arc<AtomicU64>, ChildSpec) {
    let child = Ref::<Adder>::new(
        "adder",
        Capacity {
            commands: capacity,
            queries: 1,
        },
    );
    let (total, left) = (Arc::new(AtomicU64::new(0)), left.clone());
    let t = total.clone();
    let spec = ChildSpec::new(&child, move |start, _| {
        left.lock().unwrap().push(start.take_checkpoint());
        Adder {
            total: t.clone(),
            checkpoint: start.checkpoint(),
        }
    });
    (child, total, spec.hang(ms(300)).backoff(Backoff::none()))
}

#[test]
fn a_hung_thread_is_replaced_and_fenced() {
    story(|| async {
        let left = Left::default();
        let (child, total, spec) = adder(4096, &left);
        let root = grow(patient(Strategy::OneForOne).child(spec));
        let mut events = root.tree().events();
        until_up(&child).await;
        let block = {
            let child = child.clone();
            actix_rt::spawn(async move { child.ask(Block(3_000), 20 * SEC).await })
        };
        until("it hangs", || child.vitals().busy().is_some()).await;
        for _ in 0..1000 {
            child.tell(Add).unwrap()
        }
        child.ask(Add, 20 * SEC).await.unwrap();
        assert_eq!(total.load(SeqCst), 1001);
        assert_eq!(block.await.unwrap(), Err(AskError::Crashed));
        assert_eq!(
            root.tree().abandoned_threads(),
            1,
            "its asker did not wait for the zombie"
        );
        until("the zombie is back", || {
            root.tree().abandoned_threads() == 0
        })
        .await;
        // It must have taken neither a message nor the queue's waker.
        for _ in 0..200 {
            child.ask(Add, 5 * SEC).await.unwrap()
        }
        assert_eq!(total.load(SeqCst), 1201);
        let _ = child.ask(Block(1_000), 20 * SEC).await;
        child.ask(Add, 5 * SEC).await.unwrap();
        assert_eq!(
            *left.lock().unwrap(),
            [None, None, None],
            "a zombie leaves no checkpoint"
        );
        assert!(last_exit(&root, "adder").starts_with("hung for"));
        let happened = seen(&mut events);
        let abandoned = |e: &&Event| matches!(e.kind, EventKind::Abandoned { .. });
        assert_eq!(happened.iter().filter(abandoned).count(), 2);
        let ended: Vec<_> = happened
            .iter()
            .filter_map(|e| match e.kind {
                EventKind::Exited { generation, .. } => Some(generation),
                _ => None,
            })
            .collect();
        assert_eq!(ended, [1, 2]);
        assert_eq!(child.vitals().generation(), 3);
    });
}

#[test]
fn a_lane_of_one_is_free_again_when_its_message_hangs() {
    story(|| async {
        let (child, _, spec) = adder(1, &Left::default());
        let root = grow(patient(Strategy::OneForOne).child(spec));
        child.tell(Block(4_000)).unwrap();
        child.tell_wait(Add).await.unwrap();
        assert_eq!(
            root.tree().abandoned_threads(),
            1,
            "the zombie still sleeps"
        );
    });
}

#[test]
fn many_short_messages_in_one_poll_are_not_a_hang() {
    story(|| async {
        let (child, _, spec) = adder(64, &Left::default());
        let root = grow(patient(Strategy::OneForOne).child(spec));
        for _ in 0..20 {
            child.tell(Block(50)).unwrap() // a second in one poll, hang deadline 300 ms
        }
        child.ask(Add, 20 * SEC).await.unwrap();
        assert_eq!(node(&root, "adder").generation, 1);
    });
}

struct Stuck;
impl Actor for Stuck {
    type Context = Context<Self>;
}
#[derive(Message)]
#[rtype(result = "()")]
struct Wait(bool);
on_lane! { Commands: Wait; }
impl Handler<Wait> for Stuck {
    type Result = AtomicResponse<Self, ()>;
    fn handle(&mut self, wait: Wait, _: &mut Context<Self>) -> Self::Result {
        let waiting = async move {
            if wait.0 {
                std::future::pending().await
            }
        };
        AtomicResponse::new(Box::pin(waiting.into_actor(self)))
    }
}

#[test]
fn a_future_that_never_resolves_is_a_stall() {
    story(|| async {
        for shared in [false, true] {
            let child = Ref::<Stuck>::new("stuck", Capacity::default());
            let mut spec = ChildSpec::new(&child, |_, _| Stuck)
                .stall(Some(ms(300)))
                .backoff(Backoff::none());
            if shared {
                spec = spec.placement(Placement::Shared(Arbiter::current()));
            }
            let root = grow(patient(Strategy::OneForOne).child(spec));
            let (stuck, next) = futures::join!(
                child.ask(Wait(true), 20 * SEC),
                child.ask(Wait(false), 20 * SEC)
            );
            assert_eq!((stuck, next), (Err(AskError::Crashed), Ok(())));
            assert!(last_exit(&root, "stuck").starts_with("settled no message"));
            until("nobody is left behind", || {
                root.tree().abandoned_threads() == 0
            })
            .await;
        }
    });
}

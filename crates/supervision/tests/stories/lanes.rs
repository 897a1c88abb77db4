//! Two lanes; one holds, one refuses, and neither starves the other.
use crate::world::*;

fn slow_restart() -> Backoff {
    Backoff {
        min: ms(300),
        max: ms(300),
        factor: 1.0,
        jitter: 0.0,
        reset_after: 60 * SEC,
    }
}

#[test]
fn while_down_commands_are_held_and_queries_refused_at_once() {
    story(|| async {
        let (child, log) = (worker_ref("w"), Log::default());
        let _root = grow(
            patient(Strategy::OneForOne).child(worker(&child, "w", &log).backoff(slow_restart())),
        );
        until_up(&child).await;
        let _ = child.ask(Boom, SEC).await; // the first restart is immediate
        until("up again", || {
            child.is_up() && child.vitals().generation() == 2
        })
        .await;
        // The second waits 300 ms. A query queued behind the panic does not wait for it.
        child.tell(Block(60)).unwrap(); // so that all of this is queued before the panic
        child.tell(Peek).unwrap(); // the lanes take turns: this one comes before the panic, the next does not
        child.tell(Boom).unwrap();
        let queued = {
            let child = child.clone();
            actix_rt::spawn(async move { child.ask(Peek, 5 * SEC).await })
        };
        until("queued", || child.depth(Lane::Queries).depth >= 1).await;
        assert_eq!(queued.await.unwrap(), Err(AskError::Refused(Refused::Down)));
        assert_eq!(
            child.vitals().generation(),
            2,
            "refused before the restart, not by it"
        );
        assert_eq!(
            child.ask(Peek, SEC).await,
            Err(AskError::Refused(Refused::Down))
        );
        assert_eq!(
            child.ask(Count, 5 * SEC).await,
            Ok((3, 1)),
            "the command was held"
        );
        assert_eq!(
            child.ask(Peek, 5 * SEC).await,
            Ok((3, 1)),
            "an answered command means that it is up"
        );
    });
}

#[test]
fn each_lane_has_its_own_capacity() {
    story(|| async {
        let (child, log) = (
            Ref::<Worker>::new(
                "w",
                Capacity {
                    commands: 8,
                    queries: 3,
                },
            ),
            Log::default(),
        );
        let _root = grow(patient(Strategy::OneForOne).child(worker(&child, "w", &log)));
        until_up(&child).await;
        child.tell(Block(400)).unwrap();
        until("begun", || child.vitals().busy().is_some()).await;
        let commands = (0..1000)
            .filter(|_| child.clone().tell(Count).is_ok())
            .count();
        let queries = (0..1000)
            .filter(|_| child.clone().tell(Peek).is_ok())
            .count();
        assert_eq!(
            (commands, queries),
            (7, 3),
            "the blocking command in flight counts"
        );
        assert_eq!(
            (
                child.depth(Lane::Commands).depth,
                child.depth(Lane::Queries).depth
            ),
            (8, 3)
        );
    });
}

/// Writes down what it does, so that order is what is judged.
struct Clerk {
    done: Arc<Mutex<Vec<char>>>,
}
impl Actor for Clerk {
    type Context = Context<Self>;
}
#[derive(Message)]
#[rtype(result = "()")]
struct Order;
#[derive(Message)]
#[rtype(result = "()")]
struct Question;
#[derive(Message)]
#[rtype(result = "()")]
struct Wait(u64);
on_lane! { Commands: Order, Wait; Queries: Question; }
impl Handler<Order> for Clerk {
    type Result = ();
    fn handle(&mut self, _: Order, _: &mut Context<Self>) {
        self.done.lock().unwrap().push('o');
    }
}
impl Handler<Question> for Clerk {
    type Result = ();
    fn handle(&mut self, _: Question, _: &mut Context<Self>) {
        self.done.lock().unwrap().push('?');
    }
}
impl Handler<Wait> for Clerk {
    type Result = ();
    fn handle(&mut self, wait: Wait, _: &mut Context<Self>) {
        std::thread::sleep(ms(wait.0))
    }
}

#[test]
fn the_lanes_take_turns_however_full_the_other_is() {
    story(|| async {
        let done = Arc::<Mutex<Vec<char>>>::default();
        let clerk = Ref::<Clerk>::new(
            "clerk",
            Capacity {
                commands: 256,
                queries: 256,
            },
        );
        let d = done.clone();
        let spec = ChildSpec::new(&clerk, move |_, _| Clerk { done: d.clone() });
        let _root = grow(patient(Strategy::OneForOne).child(spec));
        until_up(&clerk).await;
        for (many, few) in [('?', 'o'), ('o', '?')] {
            clerk.tell(Wait(100)).unwrap();
            until("busy", || clerk.vitals().busy().is_some()).await;
            let tell = |what| match what {
                'o' => clerk.tell(Order).is_ok(),
                _ => clerk.tell(Question).is_ok(),
            };
            assert!((0..200).all(|_| tell(many)) && (0..5).all(|_| tell(few)));
            until("all done", || done.lock().unwrap().len() == 205).await;
            let order: Vec<_> = std::mem::take(&mut *done.lock().unwrap());
            let last = order.iter().rposition(|what| *what == few).unwrap();
            assert!(last < 12, "the last of five {few} came at place {last}");
        }
    });
}

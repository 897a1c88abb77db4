//! A worker that panics on every fifth message: the others, queued behind, are all handled.

use std::time::Duration;

use actix::prelude::*;
use supervision::*;

struct Worker {
    generation: u64,
}

impl Actor for Worker {
    type Context = Context<Self>;
}

#[derive(Message)]
#[rtype(result = "u64")]
struct Work(u32);

impl OnLane for Work {
    const LANE: Lane = Lane::Commands;
}

impl Handler<Work> for Worker {
    type Result = u64;

    fn handle(&mut self, Work(number): Work, _: &mut Context<Self>) -> u64 {
        assert!(number % 5 != 0, "{number} is divisible by five");
        self.generation
    }
}

fn main() {
    System::new().block_on(async {
        let worker = Ref::<Worker>::new("worker", Capacity::default());
        let child = worker.clone();
        let root = Root::start("example", ABANDONED_THREADS, move || {
            let start = |start: Start<Worker>, _: &mut Context<Worker>| Worker {
                generation: start.generation,
            };
            let spec = ChildSpec::new(&child, start).backoff(Backoff::none());
            Overseer::new(Strategy::OneForOne)
                .intensity(10, Duration::from_secs(1))
                .child(spec)
        });
        let asks = (1..=12).map(|number| worker.ask(Work(number), Duration::from_secs(1)));
        let answers = futures::future::join_all(asks).await;
        for (number, answer) in (1..).zip(answers) {
            match answer {
                Ok(generation) => println!("{number:>2}: done by incarnation {generation}"),
                Err(error) => println!("{number:>2}: {error}"),
            }
        }
        if let Some(last) = root.tree().snapshot().children[0].last_exit.as_deref() {
            println!("last exit: {}", last.exit);
        }
        root.shutdown();
        root.exit().await;
    });
}

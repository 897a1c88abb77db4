//! Back-pressure: a full lane refuses, gives the message back, and slows down who waits.

use std::time::{Duration, Instant};

use actix::prelude::*;
use supervision::*;

struct Printer;

impl Actor for Printer {
    type Context = Context<Self>;
}

#[derive(Message)]
#[rtype(result = "()")]
struct Print(u32);

impl OnLane for Print {
    const LANE: Lane = Lane::Commands;
}

impl Handler<Print> for Printer {
    type Result = ResponseActFuture<Self, ()>;

    fn handle(&mut self, Print(page): Print, _: &mut Context<Self>) -> Self::Result {
        let printing = async move {
            tokio::time::sleep(Duration::from_millis(100)).await;
            println!("page {page}");
        };
        Box::pin(printing.into_actor(self))
    }
}

fn main() {
    System::new().block_on(async {
        let capacity = Capacity {
            commands: 3,
            queries: 1,
        };
        let printer = Ref::<Printer>::new("printer", capacity);
        let child = printer.clone();
        let root = Root::start("example", ABANDONED_THREADS, move || {
            Overseer::new(Strategy::OneForOne).child(ChildSpec::new(&child, |_, _| Printer))
        });
        for page in 1..=5 {
            match printer.tell(Print(page)) {
                Ok(()) => println!("page {page} is taken"),
                Err(Unsent { message, why }) => {
                    let waited = Instant::now();
                    println!("page {}: {why}; waiting for room", message.0);
                    if printer.tell_wait(message).await.is_ok() {
                        println!("page {page} is taken after {:.0?}", waited.elapsed());
                    }
                }
            }
        }
        while printer.depth(Lane::Commands).depth > 0 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        root.shutdown();
        root.exit().await;
    });
}

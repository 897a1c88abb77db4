//! How long a question and its answer take, one at a time.

use std::time::Instant;

use vitals_benches::{Row, Sheet, Subject, Unit};

use crate::{
    ACTIX, KAMEO, OURS, RACTOR,
    peers::{actix, kameo, ours, ractor},
    runtime::{on_actix, on_pool, on_tokio},
    work::{Ask, AskLater},
};

const OWN: &str = "ask, own thread";
const SAME: &str = "ask, same thread";
const POOL: &str = "ask, tokio's pool";

const P50: Row = micros("p50");
const P99: Row = micros("p99");
const LATER_P50: Row = micros("async handler p50");
const LATER_P99: Row = micros("async handler p99");
/// ractor's and kameo's handlers are always async.
const ROWS: [Row; 4] = [P50, P99, LATER_P50, LATER_P99];

const QUESTIONS: usize = 10_000;

const fn micros(name: &'static str) -> Row {
    let unit = Unit::Micros;
    Row { name, unit }
}

pub(crate) fn subjects() -> Vec<Subject> {
    vec![
        Subject::new(OWN, ROWS)
            .contender(OURS, || on_actix(both(ours::own())))
            .contender(ACTIX, || on_actix(both(actix::own())))
            .contender(KAMEO, || on_pool(one(kameo::own()))),
        Subject::new(SAME, ROWS)
            .contender(OURS, || on_actix(both(ours::same())))
            .contender(ACTIX, || on_actix(both(actix::same())))
            .contender(RACTOR, || on_tokio(one(ractor::start())))
            .contender(KAMEO, || on_tokio(one(kameo::start()))),
        Subject::new(POOL, ROWS)
            .contender(RACTOR, || on_pool(one(ractor::start())))
            .contender(KAMEO, || on_pool(one(kameo::start()))),
    ]
}

async fn both(worker: impl Future<Output: Ask + AskLater>) -> Sheet {
    let worker = worker.await;
    let mut sheet = Sheet::default();
    put_asks(&mut sheet, &worker).await;
    let mut times = Vec::with_capacity(QUESTIONS);
    for _ in 0..QUESTIONS {
        let start = Instant::now();
        let _ = worker.ask_later().await;
        times.push(start.elapsed());
    }
    sheet.put_times(LATER_P50, LATER_P99, &times);
    sheet
}

async fn one(worker: impl Future<Output: Ask>) -> Sheet {
    let mut sheet = Sheet::default();
    put_asks(&mut sheet, &worker.await).await;
    sheet
}

async fn put_asks(sheet: &mut Sheet, worker: &impl Ask) {
    let mut times = Vec::with_capacity(QUESTIONS);
    for _ in 0..QUESTIONS {
        let start = Instant::now();
        let _ = worker.ask().await;
        times.push(start.elapsed());
    }
    sheet.put_times(P50, P99, &times);
}

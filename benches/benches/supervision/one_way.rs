//! How many messages a second reach one actor from one sender.

use std::time::Instant;

use vitals_benches::{Row, Sheet, Subject, Unit};

use crate::{
    ACTIX, KAMEO, OURS, RACTOR,
    peers::{actix, kameo, ours, ractor},
    runtime::{on_actix, on_pool, on_tokio},
    work::{Ask, Tell, TellWait},
};

pub(crate) const OWN: &str = "one-way, own thread";
pub(crate) const SAME: &str = "one-way, same thread";
pub(crate) const POOL: &str = "one-way, tokio's pool";

/// The sender retries when the queue is full; ractor's never is.
pub(crate) const RETRYING: Row = Row {
    name: "full queue retried",
    unit: Unit::MillionsPerSecond,
};
pub(crate) const WAITING: Row = Row {
    name: "full queue waited for",
    unit: Unit::MillionsPerSecond,
};
const ROWS: [Row; 2] = [RETRYING, WAITING];

const MESSAGES: u64 = 1_000_000;
const WARM_UP: u64 = 100_000;

pub(crate) fn subjects() -> Vec<Subject> {
    vec![
        Subject::new(OWN, ROWS)
            .contender(OURS, || on_actix(both(ours::own())))
            .contender(ACTIX, || on_actix(retrying(actix::own())))
            .contender(KAMEO, || on_pool(both(kameo::own()))),
        Subject::new(SAME, ROWS)
            .contender(OURS, || on_actix(both(ours::same())))
            .contender(ACTIX, || on_actix(retrying(actix::same())))
            .contender(RACTOR, || on_tokio(retrying(ractor::start())))
            .contender(KAMEO, || on_tokio(both(kameo::start()))),
        Subject::new(POOL, ROWS)
            .contender(RACTOR, || on_pool(retrying(ractor::start())))
            .contender(KAMEO, || on_pool(both(kameo::start()))),
    ]
}

async fn both(worker: impl Future<Output: Tell + TellWait + Ask>) -> Sheet {
    let worker = worker.await;
    let mut sheet = Sheet::default();
    put_retrying(&mut sheet, &worker).await;
    wait(&worker, WARM_UP).await;
    let start = Instant::now();
    wait(&worker, MESSAGES).await;
    sheet.put_rate(WAITING, MESSAGES, start);
    sheet
}

async fn retrying(worker: impl Future<Output: Tell + Ask>) -> Sheet {
    let mut sheet = Sheet::default();
    put_retrying(&mut sheet, &worker.await).await;
    sheet
}

async fn put_retrying(sheet: &mut Sheet, worker: &(impl Tell + Ask)) {
    retry(worker, WARM_UP).await;
    let start = Instant::now();
    retry(worker, MESSAGES).await;
    sheet.put_rate(RETRYING, MESSAGES, start);
}

/// Until all have been handled.
async fn retry(worker: &(impl Tell + Ask), messages: u64) {
    for _ in 0..messages {
        while !worker.tell() {
            tokio::task::yield_now().await;
        }
    }
    worker.first_answer().await;
}

/// Until all have been handled.
async fn wait(worker: &(impl TellWait + Ask), messages: u64) {
    for _ in 0..messages {
        worker.tell_wait().await;
    }
    worker.first_answer().await;
}

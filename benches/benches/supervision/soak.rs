//! Ten thousand panics, each with a message waiting behind it: is that one answered, and what stays?

use std::time::Instant;

use vitals_benches::{
    Row, Sheet, Subject, Unit,
    process::{rss_kib, threads},
};

use crate::{
    ACTIX, KAMEO, OURS, RACTOR,
    peers::{actix, kameo, ours, ractor},
    runtime::{on_actix, on_pool, on_tokio},
    work::{Ask, Crash},
};

const OWN: &str = "10,000 panics, own thread";
const SAME: &str = "10,000 panics, same thread";

const TOOK: Row = row("all of them", Unit::Seconds);
const LOST: Row = row("messages lost", Unit::Count);
const FIRST: Row = row("memory more after them", Unit::Kib);
const SECOND: Row = row("memory more after 10,000 more", Unit::Kib);
const THREADS: Row = row("threads more", Unit::Count);
const ROWS: [Row; 5] = [TOOK, LOST, FIRST, SECOND, THREADS];

const PANICS: usize = 10_000;

const fn row(name: &'static str, unit: Unit) -> Row {
    Row { name, unit }
}

pub(crate) fn subjects() -> Vec<Subject> {
    vec![
        Subject::new(OWN, ROWS)
            .contender(OURS, || on_actix(soak(ours::own())))
            .contender(KAMEO, || on_pool(soak(kameo::supervised_own()))),
        Subject::new(SAME, ROWS)
            .contender(OURS, || on_actix(soak(ours::same())))
            .contender(ACTIX, || on_actix(soak(actix::revived())))
            .contender(RACTOR, || on_tokio(soak(ractor::supervised())))
            .contender(KAMEO, || on_tokio(soak(kameo::supervised()))),
    ]
}

async fn soak(worker: impl Future<Output: Crash>) -> Sheet {
    let worker = &worker.await;
    let mut sheet = Sheet::default();
    worker.first_answer().await;
    let threads_before = threads();
    let before = rss_kib();
    let start = Instant::now();
    let lost = panics(worker).await;
    sheet.put(TOOK, start.elapsed().as_secs_f64());
    sheet.put(LOST, lost as f64);
    let after = rss_kib();
    sheet.put(FIRST, after - before);
    panics(worker).await;
    sheet.put(SECOND, rss_kib() - after);
    sheet.put(THREADS, threads() - threads_before);
    sheet
}

/// How many of the messages behind them were lost.
async fn panics(worker: &impl Crash) -> usize {
    let mut lost = 0;
    for _ in 0..PANICS {
        let ((), answer) = tokio::join!(worker.crash(), worker.ask());
        if answer.is_none() {
            lost += 1;
            worker.first_answer().await;
        }
    }
    lost
}

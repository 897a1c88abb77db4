//! How long it takes from the order to panic to the first answer of the next incarnation.

use std::time::{Duration, Instant};

use ::actix::Arbiter;
use supervision::capture_backtraces;
use tokio::sync::oneshot;
use vitals_benches::{Row, Sheet, Subject, Unit};

use crate::{
    ACTIX, KAMEO, OURS, RACTOR,
    peers::{actix, kameo, ours, ractor},
    runtime::{on_actix, on_pool, on_tokio},
    work::Crash,
};

pub(crate) const OWN: &str = "panic to first answer, own thread";
/// actix and ractor: restarted by hand, at a new address.
pub(crate) const SAME: &str = "panic to first answer, same thread";
const POOL: &str = "panic to first answer, tokio's pool";

/// Nobody but us can capture a backtrace.
pub(crate) const P50: Row = micros("p50");
const P99: Row = micros("p99");
pub(crate) const TRACED_P50: Row = micros("with backtrace p50");
const TRACED_P99: Row = micros("with backtrace p99");
/// A thread and its runtime, to the first closure.
pub(crate) const ARBITER_P50: Row = micros("bare Arbiter start p50");
const ARBITER_P99: Row = micros("bare Arbiter start p99");

const PANICS: usize = 1000;

const fn micros(name: &'static str) -> Row {
    let unit = Unit::Micros;
    Row { name, unit }
}

pub(crate) fn subjects() -> Vec<Subject> {
    let rows = [P50, P99, TRACED_P50, TRACED_P99];
    let own_rows = [rows.as_slice(), &[ARBITER_P50, ARBITER_P99]].concat();
    vec![
        Subject::new(OWN, own_rows)
            .contender(OURS, || on_actix(both(ours::own())))
            .contender(ACTIX, || on_actix(bare_arbiters()))
            .contender(KAMEO, || on_pool(one(kameo::supervised_own()))),
        Subject::new(SAME, rows)
            .contender(OURS, || on_actix(both(ours::same())))
            .contender(ACTIX, || on_actix(one(actix::revived())))
            .contender(RACTOR, || on_tokio(one(ractor::supervised())))
            .contender(KAMEO, || on_tokio(one(kameo::supervised()))),
        Subject::new(POOL, rows)
            .contender(RACTOR, || on_pool(one(ractor::supervised())))
            .contender(KAMEO, || on_pool(one(kameo::supervised()))),
    ]
}

async fn both(worker: impl Future<Output: Crash>) -> Sheet {
    let worker = worker.await;
    let mut sheet = Sheet::default();
    capture_backtraces(false);
    sheet.put_times(P50, P99, &restarts(&worker).await);
    capture_backtraces(true);
    sheet.put_times(TRACED_P50, TRACED_P99, &restarts(&worker).await);
    sheet
}

async fn one(worker: impl Future<Output: Crash>) -> Sheet {
    let mut sheet = Sheet::default();
    sheet.put_times(P50, P99, &restarts(&worker.await).await);
    sheet
}

async fn restarts(worker: &impl Crash) -> Vec<Duration> {
    let mut times = Vec::with_capacity(PANICS);
    for _ in 0..PANICS {
        let start = Instant::now();
        worker.crash().await;
        worker.first_answer().await;
        times.push(start.elapsed());
    }
    times
}

async fn bare_arbiters() -> Sheet {
    let mut times = Vec::with_capacity(PANICS);
    for _ in 0..PANICS {
        let start = Instant::now();
        let arbiter = Arbiter::new();
        let (runs, running) = oneshot::channel();
        arbiter.spawn_fn(move || {
            let _ = runs.send(());
        });
        let _ = running.await;
        times.push(start.elapsed());
        arbiter.stop();
    }
    let mut sheet = Sheet::default();
    sheet.put_times(ARBITER_P50, ARBITER_P99, &times);
    sheet
}

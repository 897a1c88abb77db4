//! What an actor costs in memory, its address, its queue and its share of the tree included.

use vitals_benches::{Row, Sheet, Subject, Unit, process::rss_kib};

use crate::{
    ACTIX, KAMEO, OURS, RACTOR,
    peers::{actix, kameo, ours, ractor},
    runtime::{on_actix, on_pool, on_tokio},
    work::crowd,
};

pub(crate) const OWN: &str = "memory, 100 with threads of their own";
const SAME: &str = "memory, 1,000 on one thread";

pub(crate) const PER_ACTOR: Row = Row {
    name: "per actor",
    unit: Unit::Kib,
};

const ON_OWN: usize = 100;
const ON_SAME: usize = 1000;

pub(crate) fn subjects() -> Vec<Subject> {
    vec![
        Subject::new(OWN, [PER_ACTOR])
            .contender(OURS, || on_actix(cost(ours::own_crowd(ON_OWN), ON_OWN)))
            .contender(ACTIX, || on_actix(cost(crowd(ON_OWN, actix::own), ON_OWN)))
            .contender(KAMEO, || on_pool(cost(crowd(ON_OWN, kameo::own), ON_OWN))),
        Subject::new(SAME, [PER_ACTOR])
            .contender(OURS, || on_actix(cost(ours::same_crowd(ON_SAME), ON_SAME)))
            .contender(ACTIX, || {
                on_actix(cost(crowd(ON_SAME, actix::same), ON_SAME))
            })
            .contender(RACTOR, || {
                on_tokio(cost(crowd(ON_SAME, ractor::start), ON_SAME))
            })
            .contender(KAMEO, || {
                on_tokio(cost(crowd(ON_SAME, kameo::start), ON_SAME))
            }),
    ]
}

async fn cost<W>(workers: impl Future<Output = Vec<W>>, count: usize) -> Sheet {
    let before = rss_kib();
    let workers = workers.await;
    let mut sheet = Sheet::default();
    sheet.put(PER_ACTOR, (rss_kib() - before) / count as f64);
    drop(workers);
    sheet
}

//! What actors cost that have nothing to do: ours are looked after all the time.

use std::time::{Duration, Instant};

use vitals_benches::{Row, Sheet, Subject, Unit, process::cpu_time};

use crate::{
    ACTIX, KAMEO, OURS, RACTOR,
    peers::{actix, kameo, ours, ractor},
    runtime::{on_actix, on_pool, on_tokio},
    work::crowd,
};

const OWN: &str = "idle, 50 with threads of their own";
const SAME: &str = "idle, 50 on one thread";

const CPU: Row = Row {
    name: "all of them",
    unit: Unit::PercentOfCpu,
};

const COUNT: usize = 50;
const SETTLES: Duration = Duration::from_millis(300);
const LASTS: Duration = Duration::from_secs(3);

pub(crate) fn subjects() -> Vec<Subject> {
    vec![
        Subject::new(OWN, [CPU])
            .contender(OURS, || on_actix(idle(ours::own_crowd(COUNT))))
            .contender(ACTIX, || on_actix(idle(crowd(COUNT, actix::own))))
            .contender(KAMEO, || on_pool(idle(crowd(COUNT, kameo::supervised_own)))),
        Subject::new(SAME, [CPU])
            .contender(OURS, || on_actix(idle(ours::same_crowd(COUNT))))
            .contender(ACTIX, || on_actix(idle(crowd(COUNT, actix::same))))
            .contender(RACTOR, || on_tokio(idle(crowd(COUNT, ractor::supervised))))
            .contender(KAMEO, || on_tokio(idle(crowd(COUNT, kameo::supervised)))),
    ]
}

async fn idle<W>(workers: impl Future<Output = Vec<W>>) -> Sheet {
    let workers = workers.await;
    tokio::time::sleep(SETTLES).await;
    let (start, before) = (Instant::now(), cpu_time());
    tokio::time::sleep(LASTS).await;
    let spent = cpu_time() - before;
    let mut sheet = Sheet::default();
    sheet.put(
        CPU,
        spent.as_secs_f64() / start.elapsed().as_secs_f64() * 100.0,
    );
    drop(workers);
    sheet
}

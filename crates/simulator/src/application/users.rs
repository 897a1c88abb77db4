//! Those who use the application: real requests over real connections.

use std::{future::pending, net::SocketAddr, time::Duration};

use futures::future::join_all;
use tokio::{sync::watch, time::sleep};

use super::{client::Browser, options::Users};

/// Orders there are; the first of them are asked for most.
const ORDERS: f64 = 200.0;
/// Requests from one log-in to the next.
const STAY: u32 = 50;

/// Keeps as many users at work as are wanted, for ever.
pub(super) async fn keep(address: SocketAddr, mut wanted: watch::Receiver<Users>) {
    let mut first = 0;
    loop {
        let users = *wanted.borrow_and_update();
        let numbers = first..first + u64::from(users.number);
        first = numbers.end;
        let all = join_all(numbers.map(|number| live(address, number, users.pause)));
        tokio::select! {
            changed = wanted.changed() => if changed.is_err() {
                return;
            },
            // Without any it ends at once.
            _ = async { all.await; pending::<()>().await } => {}
        }
    }
}

async fn live(address: SocketAddr, number: u64, pause: Duration) {
    let mut stay = 0;
    loop {
        let mut browser = Browser::new(address, format!("user{number}-{stay}"));
        stay += 1;
        // Whatever is answered, a user goes on.
        let _ = browser.get("/api/login").await;
        for _ in 0..STAY {
            sleep(think(pause)).await;
            let page = match fastrand::u32(0..10) {
                0 => "/api/reports".to_owned(),
                _ => format!("/api/orders/{}", (fastrand::f64().powi(3) * ORDERS) as u32),
            };
            let _ = browser.get(&page).await;
        }
        let _ = browser.get("/api/logout").await;
    }
}

/// Exponentially distributed, as intervals of independent events are; not for ever.
fn think(mean: Duration) -> Duration {
    mean.mul_f64((-(1.0 - fastrand::f64()).ln()).min(5.0))
}

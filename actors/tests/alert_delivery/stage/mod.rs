//! What all stories stand on: servers, a dispatcher with its sink, alerts to tell of.

mod server;
mod vitals;

use std::{
    fs,
    future::Future,
    path::PathBuf,
    sync::atomic::{AtomicU64, Ordering::Relaxed},
    time::{Duration, Instant},
};

use actix::System;
use exposition::Labels;
use jiff::Timestamp;
use vitals_actors::alert::{fingerprint::Fingerprint, notification::Alert, payload::Payload};

pub(crate) use self::{
    server::{Server, Subscriber},
    vitals::{Vitals, in_memory, settings},
};

/// Far longer than anything takes that ends at all.
pub(crate) const LONG: Duration = Duration::from_secs(120);

/// A directory that is gone with its test.
pub(crate) struct Folder(pub(crate) PathBuf);

impl Folder {
    pub(crate) fn new(test: &str) -> Self {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let (process, count) = (std::process::id(), COUNT.fetch_add(1, Relaxed));
        let path = std::env::temp_dir().join(format!("vitals-{test}-{process}-{count}"));
        fs::create_dir_all(&path).unwrap();
        Folder(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Waits for something that has no event of its own.
#[track_caller]
pub(crate) fn until(reached: impl Fn() -> bool) -> impl Future<Output = ()> {
    let place = std::panic::Location::caller();
    async move {
        let since = Instant::now();
        while !reached() {
            assert!(since.elapsed() < LONG, "it does not come to that: {place}");
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }
}

/// The number `n` of the alert of this name: it fires with odd ones and ends with even ones.
pub(crate) fn alert(name: &str, n: u64) -> Alert {
    let labels = Labels::new([("alertname", name), ("severity", "warning")]);
    let second = |n: u64| Timestamp::from_second(1_780_000_000 + n as i64).unwrap();
    let start = if n % 2 == 1 { n } else { n - 1 };
    Alert {
        fingerprint: Fingerprint::of(&labels),
        labels,
        annotations: Labels::new([("summary", "It is so.".to_owned()), ("n", n.to_string())]),
        value: n as f64,
        starts_at: second(start),
        ends_at: n.is_multiple_of(2).then(|| second(n)),
        generator_url: "http://vitals:9090/graph".into(),
    }
}

/// Which number of its alert a message is.
pub(crate) fn n(payload: &Payload) -> u64 {
    payload.annotations.get("n").unwrap().parse().unwrap()
}

/// Runs a story. The actors have threads of their own.
pub(crate) fn story(story: impl Future<Output = ()>) {
    System::new().block_on(story);
}

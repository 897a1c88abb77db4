//! How long a TCP connection takes to each of the things Vitals depends on.
//!
//! All at once, each by itself: one that does not answer costs its own values only. A name is looked
//! up anew each time, because what it stands for may have moved.

mod connect;
mod endpoint;
#[cfg(test)]
mod tests;

use std::{
    io,
    net::{SocketAddr, ToSocketAddrs},
    time::Duration,
};

use exposition::{Labels, MetricFamily};
use futures::future::join_all;
use tokio::time::Instant;

pub use self::endpoint::{Endpoint, EndpointError, Host};
use super::{
    CollectError, Collected, Collector, Reason,
    beside::{Answer, Beside},
};

/// More targets are not watched.
pub const MOST_TARGETS: usize = 64;

/// What a measurement of its own deadline leaves to whoever waits for all of them.
const MARGIN: Duration = Duration::from_millis(100);

/// How a name is looked up; it may take as long as it likes. Tests answer in its place.
type LookUp = fn(&str, u16) -> io::Result<Vec<SocketAddr>>;

/// Measures the connections to a number of targets.
pub struct NetworkCollector {
    targets: Vec<Target>,
}

struct Target {
    endpoint: Endpoint,
    labels: Labels,
    look_up: LookUp,
    /// Never more than one question per target to a resolver that does not answer.
    asked: Beside<io::Result<Vec<SocketAddr>>>,
}

impl NetworkCollector {
    /// Watches these targets, the first [`MOST_TARGETS`] of them, each once.
    pub fn new(targets: impl IntoIterator<Item = Endpoint>) -> Self {
        Self::with(targets, |name, port| {
            Ok((name, port).to_socket_addrs()?.collect())
        })
    }

    fn with(endpoints: impl IntoIterator<Item = Endpoint>, look_up: LookUp) -> Self {
        let mut targets: Vec<Target> = Vec::new();
        for endpoint in endpoints {
            let known = targets.iter().any(|known| known.endpoint == endpoint);
            if !known && targets.len() < MOST_TARGETS {
                targets.push(Target {
                    labels: Labels::new([("target", endpoint.to_string())]),
                    endpoint,
                    look_up,
                    asked: Beside::default(),
                });
            }
        }
        NetworkCollector { targets }
    }
}

impl Collector for NetworkCollector {
    fn name(&self) -> &str {
        "network"
    }

    async fn collect(&mut self, deadline: Duration) -> Result<Collected, CollectError> {
        let until = Instant::now() + deadline.saturating_sub(MARGIN.min(deadline / 10));
        let results = join_all(self.targets.iter_mut().map(|target| target.connect(until))).await;

        let mut took = MetricFamily::gauge(
            "vitals_network_connect_seconds",
            "How long the TCP connection to the target took, without looking up its name.",
        );
        let mut up = MetricFamily::gauge(
            "vitals_network_up",
            "Whether a TCP connection to the target could be made.",
        );
        let mut failed = Vec::new();
        for (target, result) in self.targets.iter().zip(results) {
            up.push(target.labels.clone(), f64::from(u8::from(result.is_ok())));
            match result {
                Ok(time) => took.push(target.labels.clone(), time.as_secs_f64()),
                Err(error) => failed.push(error),
            }
        }
        let families = [took, up].into_iter();
        Ok(Collected {
            families: families
                .filter(|family| !family.metrics.is_empty())
                .collect(),
            failed,
        })
    }
}

impl Target {
    /// How long it took.
    async fn connect(&mut self, until: Instant) -> Result<Duration, CollectError> {
        let addresses = match self.endpoint.host() {
            Host::Address(ip) => vec![SocketAddr::new(*ip, self.endpoint.port())],
            Host::Name(_) => self
                .look_up(until)
                .await
                .map_err(|detail| self.failed(Reason::Dns, detail))?,
        };
        let connected = connect::first(&addresses, until).await;
        connected.map_err(|(reason, detail)| self.failed(reason, detail))
    }

    async fn look_up(&mut self, until: Instant) -> Result<Vec<SocketAddr>, String> {
        // An answer that came too late last time is not today's.
        self.asked.look();
        let (look_up, endpoint) = (self.look_up, self.endpoint.clone());
        let question = move || look_up(endpoint.name(), endpoint.port());
        let asked = self.asked.ask("vitals-resolver", question);
        asked.map_err(|error| format!("no thread to look the name up on: {error}"))?;
        match self.asked.wait(until).await {
            Answer::Ready(Ok(addresses), _) if addresses.is_empty() => {
                Err("the name has no address".to_owned())
            }
            Answer::Ready(Ok(addresses), _) => Ok(addresses),
            Answer::Ready(Err(error), _) => Err(connect::detail(&error)),
            Answer::Waiting(since) => Err(format!("no answer for the name within {since:.1?}")),
            Answer::Unasked | Answer::Lost => Err("nobody looked the name up".to_owned()),
        }
    }

    fn failed(&self, reason: Reason, detail: String) -> CollectError {
        CollectError {
            part: self.endpoint.to_string(),
            reason,
            detail,
        }
    }
}

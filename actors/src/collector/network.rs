//! How long a TCP connection takes to each of the things Vitals depends on.
//!
//! All at once, each by itself: one that does not answer costs its own values only. A name is looked
//! up anew each time, because what it stands for may have moved.

#[cfg(test)]
mod tests;

use std::time::Duration;

use exposition::{Labels, MetricFamily};
use futures::future::join_all;
use tokio::time::Instant;

use super::{CollectError, Collected, Collector, source};
use crate::net::{Endpoint, Failure, Resolver, connect};

/// More targets are not watched.
pub const MOST_TARGETS: usize = 64;

/// Measures the connections to a number of targets.
pub struct NetworkCollector {
    targets: Vec<Target>,
}

struct Target {
    labels: Labels,
    resolver: Resolver,
}

impl NetworkCollector {
    /// Watches these targets, the first [`MOST_TARGETS`] of them, each once.
    pub fn new(targets: impl IntoIterator<Item = Endpoint>) -> Self {
        Self::with(targets, Resolver::new)
    }

    fn with(
        endpoints: impl IntoIterator<Item = Endpoint>,
        resolver: impl Fn(Endpoint) -> Resolver,
    ) -> Self {
        let mut targets: Vec<Target> = Vec::new();
        for endpoint in endpoints {
            let known = targets.iter().any(|known| *known.endpoint() == endpoint);
            if !known && targets.len() < MOST_TARGETS {
                targets.push(Target {
                    labels: Labels::new([("target", endpoint.to_string())]),
                    resolver: resolver(endpoint),
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
        let until = source::until(deadline);
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
                Err(failure) => failed.push(CollectError {
                    part: target.endpoint().to_string(),
                    reason: failure.reason,
                    detail: failure.detail,
                }),
            }
        }
        let families = [took, up].into_iter();
        Ok(Collected {
            families: families
                .filter(|family| !family.metrics.is_empty())
                .collect(),
            failed,
            ..Collected::default()
        })
    }
}

impl Target {
    fn endpoint(&self) -> &Endpoint {
        self.resolver.endpoint()
    }

    /// How long it took.
    async fn connect(&mut self, until: Instant) -> Result<Duration, Failure> {
        let addresses = self.resolver.addresses(until).await?;
        let (_, took) = connect::first(&addresses, until).await?;
        Ok(took)
    }
}

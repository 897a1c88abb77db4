//! What Vitals says of itself: its own counters and histograms, and the state of its actors.

mod alerts;
mod process;

use std::sync::Arc;

use exposition::{Bucket, Histogram, Labels, Metric, MetricFamily, MetricType, Quantile, Value};
use jiff::Timestamp;
use parking_lot::Mutex;
use prometheus::{
    Histogram as RegisteredHistogram, HistogramOpts, HistogramVec, IntCounter, IntCounterVec,
    IntGauge, Opts, Registry, core::Collector as Registered, proto,
};
use supervision::Node;
use tokio::time::Instant;

pub use self::alerts::AlertMetrics;
use self::process::Process;
use crate::standing::Standing;

/// The counters of the process. One for all actors; it outlives every incarnation.
#[derive(Clone)]
pub struct OwnMetrics {
    registry: Registry,
    process: Arc<Mutex<Process>>,
    /// `vitals_collector_errors_total{collector,reason}`
    pub collector_errors: IntCounterVec,
    /// `vitals_observations_dropped_total{collector}`
    pub observations_dropped: IntCounterVec,
    /// `vitals_http_requests_total{route,method,code}`
    pub http_requests: IntCounterVec,
    /// `vitals_http_request_seconds{route}`
    pub http_seconds: HistogramVec,
    /// `vitals_http_connections`
    pub http_connections: IntGauge,
    /// `vitals_http_refused_total{reason}`
    pub http_refused: IntCounterVec,
    /// `vitals_queries_total{outcome}`
    pub queries: IntCounterVec,
    /// `vitals_query_seconds`
    pub query_seconds: RegisteredHistogram,
    /// `vitals_query_running`
    pub queries_running: IntGauge,
    /// `vitals_query_waiting`
    pub queries_waiting: IntGauge,
    /// `vitals_config_last_reload_successful`
    pub reload_successful: IntGauge,
    /// `vitals_config_last_reload_success_timestamp_seconds`
    pub reloaded_at: IntGauge,
    /// `vitals_audit_lost_total`
    pub audit_lost: IntCounter,
    /// Samples the history had no room for: told with what else it has dropped.
    pub history_behind: IntCounter,
    /// Of alerting.
    pub alerts: AlertMetrics,
}

impl OwnMetrics {
    /// All counters at zero.
    ///
    /// # Errors
    /// When two of the names clash: a mistake of the programmer, met by the first start.
    pub fn new() -> Result<Self, prometheus::Error> {
        let registry = Registry::new();
        let own = OwnMetrics {
            alerts: AlertMetrics::new(&registry)?,
            registry,
            process: Arc::new(Mutex::new(Process::default())),
            collector_errors: IntCounterVec::new(
                Opts::new(
                    "vitals_collector_errors_total",
                    "Measurements, or parts of them, that could not be had.",
                ),
                &["collector", "reason"],
            )?,
            observations_dropped: IntCounterVec::new(
                Opts::new(
                    "vitals_observations_dropped_total",
                    "Measurements given up because the aggregator did not take them in time.",
                ),
                &["collector"],
            )?,
            http_requests: IntCounterVec::new(
                Opts::new("vitals_http_requests_total", "Requests answered."),
                &["route", "method", "code"],
            )?,
            http_seconds: HistogramVec::new(
                HistogramOpts::new(
                    "vitals_http_request_seconds",
                    "Time from the request's head to the answer's.",
                )
                .buckets(vec![
                    0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25,
                    1.0,
                ]),
                &["route"],
            )?,
            http_connections: IntGauge::new("vitals_http_connections", "Open connections.")?,
            http_refused: IntCounterVec::new(
                Opts::new(
                    "vitals_http_refused_total",
                    "Requests and connections refused before any route saw them.",
                ),
                &["reason"],
            )?,
            queries: IntCounterVec::new(
                Opts::new("vitals_queries_total", "PromQL queries, by how they ended."),
                &["outcome"],
            )?,
            query_seconds: RegisteredHistogram::with_opts(
                HistogramOpts::new(
                    "vitals_query_seconds",
                    "Time from the coming of a query to its result, waiting for its turn included.",
                )
                .buckets(vec![0.001, 0.01, 0.1, 1.0, 10.0]),
            )?,
            queries_running: IntGauge::new(
                "vitals_query_running",
                "Queries and look-ups that are being evaluated.",
            )?,
            queries_waiting: IntGauge::new(
                "vitals_query_waiting",
                "Queries and look-ups that wait for their turn.",
            )?,
            reload_successful: IntGauge::new(
                "vitals_config_last_reload_successful",
                "Whether the last load of the settings succeeded.",
            )?,
            reloaded_at: IntGauge::new(
                "vitals_config_last_reload_success_timestamp_seconds",
                "When the settings that count were loaded.",
            )?,
            audit_lost: IntCounter::new(
                "vitals_audit_lost_total",
                "Changes that could not be written to the audit log.",
            )?,
            history_behind: IntCounter::new("history_behind", "Not registered.")?,
        };
        // The settings it has been started with were good.
        own.reloaded(true);
        own.register(own.collector_errors.clone())?;
        own.register(own.observations_dropped.clone())?;
        own.register(own.http_requests.clone())?;
        own.register(own.http_seconds.clone())?;
        own.register(own.http_connections.clone())?;
        own.register(own.http_refused.clone())?;
        own.register(own.queries.clone())?;
        own.register(own.query_seconds.clone())?;
        own.register(own.queries_running.clone())?;
        own.register(own.queries_waiting.clone())?;
        own.register(own.reload_successful.clone())?;
        own.register(own.reloaded_at.clone())?;
        own.register(own.audit_lost.clone())?;
        Ok(own)
    }

    /// The settings have been loaded, or could not be.
    pub fn reloaded(&self, successfully: bool) {
        self.reload_successful.set(successfully.into());
        if successfully {
            self.reloaded_at.set(Timestamp::now().as_second());
        }
    }

    fn register(&self, metric: impl Registered + 'static) -> Result<(), prometheus::Error> {
        self.registry.register(Box::new(metric))
    }

    /// All counters as they are now, and what the process uses.
    pub fn gather(&self) -> Vec<MetricFamily> {
        let counters = self.registry.gather();
        let counters = counters.iter().map(family);
        counters.chain(self.process.lock().families()).collect()
    }
}

fn family(from: &proto::MetricFamily) -> MetricFamily {
    let kind = match from.get_field_type() {
        proto::MetricType::COUNTER => MetricType::Counter,
        proto::MetricType::GAUGE => MetricType::Gauge,
        proto::MetricType::HISTOGRAM => MetricType::Histogram,
        proto::MetricType::SUMMARY => MetricType::Summary,
        proto::MetricType::UNTYPED => MetricType::Untyped,
    };
    let mut family = MetricFamily::new(from.name().to_owned(), from.help().to_owned(), kind);
    for metric in from.get_metric() {
        let pairs = metric.get_label().iter().map(|l| (l.name(), l.value()));
        // The registry has checked the names; a series it should not have let in is left out.
        let Ok(labels) = Labels::try_new(pairs) else {
            continue;
        };
        family.metrics.push(Metric {
            labels,
            value: value(kind, metric),
            timestamp_ms: None,
        });
    }
    family
}

fn value(kind: MetricType, metric: &proto::Metric) -> Value {
    match kind {
        MetricType::Counter => Value::Number(metric.get_counter().get_value()),
        MetricType::Gauge | MetricType::Untyped => Value::Number(metric.get_gauge().get_value()),
        MetricType::Histogram => {
            let from = metric.get_histogram();
            let bucket = |b: &proto::Bucket| Bucket {
                upper_bound: b.upper_bound(),
                cumulative_count: b.cumulative_count(),
            };
            Value::Histogram(Histogram {
                buckets: from.get_bucket().iter().map(bucket).collect(),
                sum: from.get_sample_sum(),
                count: from.get_sample_count(),
            })
        }
        MetricType::Summary => {
            let from = metric.get_summary();
            let quantile = |q: &proto::Quantile| Quantile {
                quantile: q.quantile(),
                value: q.value(),
            };
            Value::Summary(exposition::Summary {
                quantiles: from.get_quantile().iter().map(quantile).collect(),
                sum: from.sample_sum(),
                count: from.sample_count(),
            })
        }
    }
}

/// How every collector does.
pub fn of_collectors(standing: &Standing, now: Instant) -> Vec<MetricFamily> {
    let mut up = MetricFamily::gauge(
        "vitals_collector_up",
        "Whether the last measurement succeeded and still counts.",
    );
    let mut took = MetricFamily::gauge(
        "vitals_collector_duration_seconds",
        "How long the last measurement took.",
    );
    let mut success = MetricFamily::gauge(
        "vitals_collector_last_success_timestamp_seconds",
        "When the last successful measurement was made.",
    );
    for source in standing.sources() {
        let observation = &source.observation;
        let labels = Labels::new([("collector", observation.source.clone())]);
        up.push(labels.clone(), f64::from(source.is_up(now)));
        took.push(labels.clone(), observation.outcome.took.as_secs_f64());
        if let Some(at) = source.last_success {
            success.push(labels, at.as_millisecond() as f64 / 1e3);
        }
    }
    vec![up, took, success]
}

/// How every actor does.
pub fn of_actors(root: &Node) -> Vec<MetricFamily> {
    let gauge = MetricFamily::gauge;
    let counter = MetricFamily::counter;
    let mut up = gauge("vitals_actor_up", "Whether the actor serves messages.");
    let mut degraded = gauge(
        "vitals_actor_degraded",
        "Whether the actor was restarted too often of late.",
    );
    let mut restarts = counter("vitals_actor_restarts_total", "Restarts of the actor.");
    let mut depth = gauge(
        "vitals_actor_queue_depth",
        "Messages queued or in progress, both lanes.",
    );
    let mut capacity = gauge("vitals_actor_queue_capacity", "Messages both lanes hold.");
    let mut handled = counter(
        "vitals_actor_handled_total",
        "Messages handled to their end.",
    );
    let mut refused = counter("vitals_actor_refused_total", "Messages not taken.");
    for node in root.walk().skip(1) {
        let labels = Labels::new([("actor", node.path.clone())]);
        up.push(labels.clone(), f64::from(node.up));
        degraded.push(labels.clone(), f64::from(node.degraded));
        restarts.push(labels.clone(), node.restarts as f64);
        let (commands, queries) = (node.commands, node.queries);
        depth.push(labels.clone(), (commands.depth + queries.depth) as f64);
        capacity.push(
            labels.clone(),
            (commands.capacity + queries.capacity) as f64,
        );
        handled.push(labels.clone(), node.handled as f64);
        refused.push(labels, node.refused as f64);
    }
    vec![up, degraded, restarts, depth, capacity, handled, refused]
}

#[cfg(test)]
mod tests {
    use super::*;
    use exposition::text::{Format, write};

    #[test]
    fn a_registry_becomes_families() {
        let own = OwnMetrics::new().unwrap();
        own.collector_errors
            .with_label_values(&["iris/main", "timeout"])
            .inc_by(3);
        own.http_connections.set(2);
        own.http_seconds
            .with_label_values(&["/metrics"])
            .observe(0.0002);
        let families: Vec<_> = own.gather();
        let ours = families.iter().filter(|f| f.name.starts_with("vitals_"));
        let mut page = String::new();
        write(ours, Format::Prometheus004, &mut page);
        for line in [
            "vitals_collector_errors_total{collector=\"iris/main\",reason=\"timeout\"} 3",
            "# TYPE vitals_http_connections gauge",
            "vitals_http_connections 2",
            "vitals_http_request_seconds_bucket{route=\"/metrics\",le=\"0.0001\"} 0",
            "vitals_http_request_seconds_bucket{route=\"/metrics\",le=\"0.00025\"} 1",
            "vitals_http_request_seconds_bucket{route=\"/metrics\",le=\"+Inf\"} 1",
            "vitals_http_request_seconds_count{route=\"/metrics\"} 1",
        ] {
            assert!(page.lines().any(|l| l == line), "{line} in\n{page}");
        }
    }
}

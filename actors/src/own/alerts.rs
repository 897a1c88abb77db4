//! Counters of what becomes of alerts.

use prometheus::{
    HistogramOpts, HistogramVec, IntCounterVec, IntGauge, IntGaugeVec, Opts, Registry,
};

/// The counters of alerting.
#[derive(Clone)]
pub struct AlertMetrics {
    /// `vitals_alert_delivery_seconds{sink}`
    pub delivery_seconds: HistogramVec,
    /// `vitals_alert_notifications_total{sink,outcome}`: delivered, failed, dead.
    pub notifications: IntCounterVec,
    /// `vitals_alert_pending{sink}`
    pub pending: IntGaugeVec,
    /// `vitals_alert_outbox_records`
    pub outbox_records: IntGauge,
    /// `vitals_alert_outbox_bytes`
    pub outbox_bytes: IntGauge,
    /// `vitals_alert_outbox_unwritten_records`
    pub outbox_unwritten: IntGauge,
    /// `vitals_alert_outbox_disk_bytes`
    pub outbox_disk_bytes: IntGauge,
}

impl AlertMetrics {
    /// All at zero.
    pub(super) fn new(registry: &Registry) -> Result<Self, prometheus::Error> {
        let gauge = |name, help| {
            let gauge = IntGauge::new(name, help)?;
            registry.register(Box::new(gauge.clone()))?;
            Ok::<_, prometheus::Error>(gauge)
        };
        let metrics = AlertMetrics {
            delivery_seconds: HistogramVec::new(
                HistogramOpts::new(
                    "vitals_alert_delivery_seconds",
                    "Time from the sample that made an alert to its acceptance by the sink.",
                )
                .buckets(vec![
                    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 60.0,
                    300.0, 3600.0,
                ]),
                &["sink"],
            )?,
            notifications: IntCounterVec::new(
                Opts::new(
                    "vitals_alert_notifications_total",
                    "Notifications delivered and given up (dead), and deliveries that failed.",
                ),
                &["sink", "outcome"],
            )?,
            pending: IntGaugeVec::new(
                Opts::new(
                    "vitals_alert_pending",
                    "Notifications the sink has not accepted yet.",
                ),
                &["sink"],
            )?,
            outbox_records: gauge(
                "vitals_alert_outbox_records",
                "Notifications that not every sink has accepted.",
            )?,
            outbox_bytes: gauge("vitals_alert_outbox_bytes", "Memory they take.")?,
            outbox_unwritten: gauge(
                "vitals_alert_outbox_unwritten_records",
                "Those of them that are not on disk.",
            )?,
            outbox_disk_bytes: gauge(
                "vitals_alert_outbox_disk_bytes",
                "Bytes of the outbox on disk.",
            )?,
        };
        registry.register(Box::new(metrics.delivery_seconds.clone()))?;
        registry.register(Box::new(metrics.notifications.clone()))?;
        registry.register(Box::new(metrics.pending.clone()))?;
        Ok(metrics)
    }
}

//! Connections by kind, and how much of what may be is in use.

use super::{native::Native, settings::IrisSettings};
use crate::collector::{Reason, told::Told};

const RATIO: &str = "vitals_iris_connection_pool_ratio";
/// This look at IRIS is itself a connection of the web gateway.
const OUR_OWN: f64 = 1.0;

pub(super) fn tell(native: &Native, settings: &IrisSettings, told: &mut Told) {
    let csp = native.sum("iris_csp_actual_connections");
    let kinds = [
        ("process", native.value("iris_process_count")),
        ("csp", csp),
        ("csp_in_use", native.sum("iris_csp_in_use_connections")),
        ("sql", native.of_id("iris_sql_current_connections", "all")),
    ];
    for (kind, value) in kinds {
        if let Some(value) = value {
            let help = "Processes, connections of the web gateway, and SQL connections.";
            told.gauge_of("vitals_iris_connections", help, [("kind", kind)], value);
        }
    }

    if let Some(sessions) = native.sum("iris_csp_sessions") {
        let help = "Active web sessions.";
        told.gauge("vitals_iris_sessions", help, sessions);
    }

    let of_limit = csp.zip(settings.max_connections).map(|(csp, limit)| {
        let others = (csp - OUR_OWN).max(0.0);
        (others / f64::from(limit), "iris_csp_actual_connections")
    });
    let of_licence = || {
        let percent = native.value("iris_license_percent_used")?;
        Some((percent / 100.0, "iris_license_percent_used"))
    };
    match of_limit.or_else(of_licence) {
        Some((ratio, source)) => {
            let help = "Connections in use of those there may be.";
            told.gauge(RATIO, help, ratio);
            told.source("connection_pool", source);
        }
        None => told.absent(
            RATIO,
            Reason::NoLimit,
            "nobody knows how many connections there may be: set max_connections of this IRIS",
        ),
    }
}

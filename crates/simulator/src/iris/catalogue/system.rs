//! The system as a whole: alerts, state, cache, and what a scrape costs.

use super::{Family, Number, Version, View, gauge};

pub(super) const CACHE: &[Family] = &[gauge(
    "iris_cache_efficiency",
    "Cache efficiency: global references / physical reads + writes (percentage)",
    |view, out| {
        out.one(Number::Milli(
            (540_000.0 + 160_000.0 * view.wave(20, 120)) as i64,
        ))
    },
)];

pub(super) const UPDATERS: &[Family] = &[
    gauge(
        "iris_iju_count",
        "Current count of updaters",
        |view, out| {
            out.one(view.about(21, 0.0, 1.4));
        },
    )
    .only_2026(),
    gauge(
        "iris_iju_lock",
        "Flag to momentarily block updaters at beginning of write daemon pass",
        |_, out| out.one(Number::whole(0)),
    )
    .only_2026(),
];

const fn cost(name: &'static str, help: &'static str, values: Values) -> Family {
    gauge(name, help, values).unit("seconds")
}

type Values = fn(&View<'_>, &mut super::Series);

/// Microseconds, on 2024.1 about as recorded.
fn seconds(view: &View<'_>, stream: u64, old: f64, new: f64) -> Number {
    let base = if view.version() == Version::V2024 {
        old
    } else {
        new
    };
    let micro = base * (1.0 + 0.25 * view.wave(stream, 30));
    Number::ratio(micro as i64, 1_000_000)
}

pub(super) const COST: &[Family] = &[
    cost(
        "iris_sam_get_db_sensors_seconds",
        "Time to fetch Database related metrics",
        |view, out| out.one(seconds(view, 30, 6_734.0, 52_310.0)),
    ),
    cost(
        "iris_sam_get_interop_sensors_seconds",
        "Time to fetch Interoperability related metrics",
        |view, out| out.one(seconds(view, 31, 73.0, 2_981.0)),
    ),
    cost(
        "iris_sam_get_jrn_sensors_seconds",
        "Time to fetch Journal related metrics",
        |view, out| out.one(seconds(view, 32, 15_784.0, 141_656.0)),
    ),
    cost(
        "iris_sam_get_sql_sensors_seconds",
        "Time to fetch SQL related metrics",
        |view, out| out.one(seconds(view, 33, 1_289.0, 4_127.0)),
    ),
    cost(
        "iris_sam_get_wqm_sensors_seconds",
        "Time to fetch Work Queue Manager related metrics",
        |view, out| out.one(seconds(view, 34, 27.0, 214.0)),
    ),
];

pub(super) const STATE: &[Family] = &[
    gauge(
        "iris_system_alerts",
        "Number of system alerts posted since startup",
        |view, out| out.one(Number::whole(view.world.alerts.since_start)),
    ),
    gauge(
        "iris_system_alerts_log",
        "Number of alerts recorded in the alerts.log file",
        |view, out| out.one(Number::whole(view.world.alerts.in_log)),
    ),
    gauge(
        "iris_system_alerts_new",
        "A boolean value indicating that alerts have been posted since the last time the Alerts API was called",
        |view, out| out.one(Number::whole(i64::from(!view.world.alerts.unread.is_empty()))),
    ),
    gauge(
        "iris_system_info",
        "Key system information, including version, platform, product name, and other relevant details",
        |_, out| {
            out.push(
                &[
                    ("id", "IRIS"),
                    ("product", "IRIS for UNIX (simulated)"),
                    ("platform", "simulated by vitals"),
                    ("version", "2026.1"),
                    ("build_number", "0"),
                    ("build_date", "67619"),
                ],
                Number::whole(1),
            );
        },
    )
    .untyped()
    .only_2026(),
    gauge(
        "iris_system_state",
        "An integer representing the overal state of the system (-1: Hung, 0: OK, 1: Warning, 2: Alert)",
        |view, out| out.one(Number::whole(view.world.system_state)),
    ),
    gauge(
        "iris_trans_open_count",
        "Open transactions on the current instance",
        |view, out| out.one(view.about(40, 0.0, 0.9)),
    ),
    gauge(
        "iris_trans_open_secs",
        "Duration (seconds) of all open transactions",
        |view, out| out.one(view.about(40, 0.0, 0.9)),
    )
    .unit("seconds"),
    gauge(
        "iris_trans_open_secs_max",
        "Duration (seconds) of longest currently open transaction",
        |view, out| out.one(view.about(40, 0.0, 0.9)),
    )
    .unit("seconds"),
];

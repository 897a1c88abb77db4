//! What is asked.

use vitals_benches::{Row, Sheet, Unit};

use crate::{
    TICKS,
    series::{DAY, START, at},
    server::Server,
};

/// A range query that ends with the last sample.
pub(crate) struct Query {
    pub(crate) row: Row,
    /// Percent-encoded.
    text: &'static str,
    /// Milliseconds.
    span: i64,
    /// The median of so many is taken.
    times: usize,
}

const fn millis(name: &'static str) -> Row {
    let unit = Unit::Millis;
    Row { name, unit }
}

pub(crate) const ONE: Row = millis("1 series, 7 d");
pub(crate) const SUM: Row = millis("sum by(job), 100 series, 24 h");
pub(crate) const RATES: Row = millis("sum by(job)(rate[5m]), 20 series, 24 h");
pub(crate) const HOURLY: Row = millis("max_over_time[1h], 20 series, 24 h");
pub(crate) const HEAVY: Row = millis("all 200 series, 7 d");
pub(crate) const PEAK: Row = Row {
    name: "memory, peak",
    unit: Unit::Kib,
};

/// The last one is the one that takes memory.
pub(crate) const ALL: [Query; 5] = [
    Query {
        row: ONE,
        // iris_metric_001{instance="host3:9090"}
        text: "iris_metric_001%7Binstance%3D%22host3%3A9090%22%7D",
        span: 7 * DAY,
        times: 101,
    },
    Query {
        row: SUM,
        // sum by(job)({__name__=~"iris_metric_00[0-4]"})
        text: "sum%20by(job)(%7B__name__%3D~%22iris_metric_00%5B0-4%5D%22%7D)",
        span: DAY,
        times: 51,
    },
    Query {
        row: RATES,
        text: "sum%20by(job)(rate(iris_metric_000%5B5m%5D))",
        span: DAY,
        times: 101,
    },
    Query {
        row: HOURLY,
        text: "max_over_time(iris_metric_000%5B1h%5D)",
        span: DAY,
        times: 31,
    },
    Query {
        row: HEAVY,
        // {__name__=~"iris_metric_.*"}
        text: "%7B__name__%3D~%22iris_metric_.*%22%7D",
        span: 7 * DAY,
        times: 3,
    },
];

/// Asks a server that has the samples.
pub(crate) fn measure(server: Option<Server>) -> Sheet {
    let mut sheet = Sheet::default();
    let Some(server) = server else { return sheet };
    let end = at(TICKS - 1);
    for query in &ALL {
        let from = (end - query.span).max(START);
        let took = server.query(query.text, (from, end), query.times);
        sheet.put(query.row, took);
    }
    sheet.put(PEAK, server.memory_kib("VmHWM"));
    sheet
}

//! How long SQL statements take.

use super::native::Native;
use crate::collector::{Reason, told::Told};

const SECONDS: &str = "vitals_iris_query_seconds";
const TIMES: &str = "iris_sql_queries_avg_runtime";
const RATES: &str = "iris_sql_queries_per_second";
/// Below this rate, in statements per second, a mean says nothing.
const FEWEST: f64 = 0.1;
/// The `id` of the total over all namespaces.
const ALL: &str = "all";

pub(super) fn tell(native: &Native, told: &mut Told) {
    let namespaces = || {
        native
            .series(RATES)
            .filter(|(labels, _)| labels.get("id") != Some(ALL))
    };
    let rate = native.of_id(RATES, ALL).or_else(|| {
        let rates: Vec<f64> = namespaces().map(|(_, rate)| rate).collect();
        (!rates.is_empty()).then(|| rates.iter().sum())
    });
    let Some(rate) = rate else {
        let hint = "IRIS tells nothing of its SQL statements";
        return told.absent(SECONDS, Reason::NotEnabled, hint);
    };
    let help = "SQL statements per second.";
    told.gauge("vitals_iris_queries_per_second", help, rate);
    if rate < FEWEST {
        let hint = "less than one SQL statement in 10 s";
        return told.absent(SECONDS, Reason::TooFew, hint);
    }
    let weighted = || {
        let time = |id| native.of_id(TIMES, id);
        let timed =
            namespaces().filter_map(|(labels, rate)| Some((rate, time(labels.get("id")?)?)));
        let (rates, times) = timed.fold((0.0, 0.0), |(rates, times), (rate, time)| {
            (rates + rate, times + rate * time)
        });
        (rates > 0.0).then(|| times / rates)
    };
    match native.of_id(TIMES, ALL).or_else(weighted) {
        Some(seconds) => {
            told.gauge(SECONDS, "Time of an SQL statement, on average.", seconds);
            told.source("query_time", TIMES);
        }
        None => {
            let hint = "IRIS does not tell how long its SQL statements take";
            told.absent(SECONDS, Reason::NotEnabled, hint);
        }
    }
}

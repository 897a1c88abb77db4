//! The queries that are answered, and from what.

use serde_json::{Value, json};

use crate::iris::{
    catalogue::{database_sizes, process_count},
    instance::Inner,
    world::{
        Tally,
        topology::{BUSINESS, ITEMS, Kind, TYPES, service_of},
    },
};

/// A query that is answered.
pub struct Query {
    /// Its text; layout and case do not matter, nor does `%EXACT` but for the case of names.
    pub text: &'static str,
    /// How many parameters it takes.
    pub parameters: usize,
    /// Only in `%SYS` (true), everywhere but there (false), or everywhere.
    pub in_system: Option<bool>,
    /// An account with few rights gets SQLCODE -99; otherwise it sees no rows.
    pub(crate) guarded: bool,
    pub(crate) answer: fn(&Inner, &[Value], bool) -> Vec<Value>,
}

const fn query(
    text: &'static str,
    parameters: usize,
    in_system: Option<bool>,
    answer: fn(&Inner, &[Value], bool) -> Vec<Value>,
) -> Query {
    Query {
        text,
        parameters,
        in_system,
        guarded: true,
        answer,
    }
}

const fn open(mut query: Query) -> Query {
    query.guarded = false;
    query
}

const PRODUCTION: Option<bool> = Some(false);
const SYSTEM: Option<bool> = Some(true);

/// All of them.
pub const QUERIES: &[Query] = &[
    query(
        "SELECT COUNT(*) AS n, MAX(ID) AS last FROM Ens.MessageHeader WHERE ID > ? AND Type = 1 AND MessageBodyClassName = 'EnsLib.HL7.Message' AND SourceBusinessType = 1",
        1,
        PRODUCTION,
        |inner, parameters, _| {
            let (now, then) = since_header(inner, parameters);
            let count = now.inbound.saturating_sub(then.inbound);
            // MAX over no rows is NULL, which arrives as an empty string.
            let last = if count == 0 { json!("") } else { json!(now.id) };
            vec![json!({ "n": count, "last": last })]
        },
    ),
    query(
        "SELECT MAX(ID) AS last FROM Ens.MessageHeader",
        0,
        PRODUCTION,
        |inner, _, _| vec![json!({ "last": inner.world.headers.now.id })],
    ),
    query(
        "SELECT COUNT(*) AS n FROM EnsLib_HL7.Message",
        0,
        PRODUCTION,
        // What came in, and an ACK for each.
        |inner, _, _| vec![json!({ "n": 2 * inner.world.headers.now.inbound })],
    ),
    query(
        "SELECT %EXACT(HostName) AS host, %EXACT(SiteDimension) AS mt, SUM(TotalCount) AS n, SUM(TotalDuration) AS d, SUM(TotalQueueDuration) AS q FROM Ens_Activity_Data.Seconds WHERE TimeSlotUTC > ? AND HostType = ? GROUP BY %EXACT(HostName), %EXACT(SiteDimension)",
        2,
        PRODUCTION,
        activity,
    ),
    query(
        "SELECT %EXACT(TargetConfigName) AS host, Status, COUNT(*) AS n FROM Ens.MessageHeader WHERE ID > ? GROUP BY %EXACT(TargetConfigName), Status",
        1,
        PRODUCTION,
        statuses,
    ),
    query(
        "SELECT %EXACT(ConfigName) AS host, COUNT(*) AS n FROM Ens_Util.Log WHERE ID > ? AND Type = 2 GROUP BY %EXACT(ConfigName)",
        1,
        PRODUCTION,
        |inner, parameters, _| {
            let errors = log_errors(inner, parameters);
            errors
                .map(|(host, n)| json!({ "host": host, "n": n }))
                .collect()
        },
    ),
    query(
        "SELECT %EXACT(ConfigName) AS host, COUNT(*) AS n, MAX(ID) AS last FROM Ens_Util.Log WHERE ID > ? AND Type = 2 GROUP BY %EXACT(ConfigName)",
        1,
        PRODUCTION,
        |inner, parameters, _| {
            let last = inner.world.headers.now.log_id;
            let errors = log_errors(inner, parameters);
            errors
                .map(|(host, n)| json!({ "host": host, "n": n, "last": last }))
                .collect()
        },
    ),
    query(
        "SELECT %EXACT(TargetConfigName) AS host, MIN(TimeCreated) AS oldest, GETUTCDATE() AS at FROM Ens.MessageHeader WHERE Status = 2 GROUP BY %EXACT(TargetConfigName)",
        0,
        PRODUCTION,
        oldest,
    ),
    query(
        "SELECT MAX(ID) AS last FROM Ens_Util.Log",
        0,
        PRODUCTION,
        |inner, _, _| vec![json!({ "last": inner.world.headers.now.log_id })],
    ),
    open(query(
        "SELECT COUNT(*) AS n FROM %SYS.ProcessQuery",
        0,
        SYSTEM,
        |inner, _, weak| {
            let count = if weak {
                0
            } else {
                process_count(&inner.view())
            };
            vec![json!({ "n": count })]
        },
    )),
    open(query(
        "SELECT COUNT(*) FROM INFORMATION_SCHEMA.CURRENT_CONNECTIONS",
        0,
        None,
        |_, _, weak| vec![json!({ "Aggregate_1": if weak { 0 } else { 4 } })],
    )),
    query(
        "SELECT SUM(StatCount) AS c, SUM(StatTotal) AS t FROM INFORMATION_SCHEMA.STATEMENTS",
        0,
        None,
        |inner, _, _| {
            let total = inner.world.queries.total;
            vec![json!({ "c": total.count, "t": total.nanoseconds as f64 / 1e9 })]
        },
    ),
    query(
        "SELECT COUNT(*) AS n, MAX(ExecutionDuration) AS s FROM INFORMATION_SCHEMA.CURRENT_STATEMENTS",
        0,
        None,
        // The query itself is one.
        |inner, _, _| match inner.world.loaded() {
            true => vec![json!({ "n": 4, "s": 0.812 })],
            false => vec![json!({ "n": 1, "s": 0.001 })],
        },
    ),
    query(
        "SELECT * FROM %SYS.DatabaseQuery_FreeSpace",
        0,
        SYSTEM,
        |inner, _, _| {
            database_sizes(&inner.view())
                .into_iter()
                .map(|(name, size, free)| {
                    json!({
                        "DatabaseName": name,
                        "SizeInt": size,
                        "AvailableNum": free,
                        "Free": (free * 100.0 / size as f64).round(),
                        "MaxSize": "Unlimited",
                    })
                })
                .collect()
        },
    ),
    open(query(
        "SELECT * FROM Ens.Queue_Enumerate",
        0,
        PRODUCTION,
        queues,
    )),
    open(query(
        "SELECT * FROM Ens.Queue_Enumerate()",
        0,
        PRODUCTION,
        queues,
    )),
];

/// A number, however it was sent.
fn watermark(parameters: &[Value]) -> u64 {
    match parameters.first() {
        Some(Value::Number(number)) => number.as_u64().unwrap_or(0),
        Some(Value::String(text)) => text.trim().parse().unwrap_or(0),
        _ => 0,
    }
}

/// Errors in the log since a watermark, of the hosts that have some.
fn log_errors<'i>(
    inner: &'i Inner,
    parameters: &[Value],
) -> impl Iterator<Item = (&'static str, u64)> + use<'i> {
    let headers = &inner.world.headers;
    let then = headers.at_log(watermark(parameters));
    (0..BUSINESS)
        .map(move |host| {
            (
                ITEMS[host].name,
                headers.now.log_errors[host] - then.log_errors[host],
            )
        })
        .filter(|(_, count)| *count > 0)
}

fn since_header(inner: &Inner, parameters: &[Value]) -> (Tally, Tally) {
    let headers = &inner.world.headers;
    (headers.now, headers.at_header(watermark(parameters)))
}

fn statuses(inner: &Inner, parameters: &[Value], _: bool) -> Vec<Value> {
    let (now, then) = since_header(inner, parameters);
    let queues = inner.world.queues();
    let mut rows = Vec::new();
    for host in 0..BUSINESS {
        // 2 Queued, 5 Suspended, 8 Error, 9 Completed
        for (status, count) in [
            (2, queues[host]),
            (5, now.suspended[host] - then.suspended[host]),
            (8, now.errored[host] - then.errored[host]),
            (9, now.completed[host] - then.completed[host]),
        ] {
            if count > 0 {
                rows.push(json!({ "host": ITEMS[host].name, "Status": status, "n": count }));
            }
        }
    }
    rows
}

fn queues(inner: &Inner, _: &[Value], weak: bool) -> Vec<Value> {
    if weak || inner.world.production.is_none() {
        return Vec::new();
    }
    let queues = inner.world.queues();
    let queued = (0..BUSINESS).filter(|host| ITEMS[*host].kind != Kind::Service);
    queued
        .map(|host| json!({ "Name": ITEMS[host].name, "Count": queues[host] }))
        .collect()
}

/// Invented: as if a message came every second.
fn oldest(inner: &Inner, _: &[Value], _: bool) -> Vec<Value> {
    let time = |second| {
        let time = jiff::Timestamp::from_second(second).unwrap_or_default();
        time.strftime("%Y-%m-%d %H:%M:%S.000").to_string()
    };
    let (now, queues) = (inner.world.now, inner.world.queues());
    let queued = (0..BUSINESS).filter(|host| queues[*host] > 0);
    queued
        .map(|host| {
            let oldest = now.saturating_sub_unsigned(queues[host]);
            json!({ "host": ITEMS[host].name, "oldest": time(oldest), "at": time(now) })
        })
        .collect()
}

/// The activity table has no more than the last window here: the parameter's time is not read.
fn activity(inner: &Inner, parameters: &[Value], _: bool) -> Vec<Value> {
    let world = &inner.world;
    let wanted = match parameters.get(1) {
        Some(Value::Number(number)) => number.as_u64(),
        Some(Value::String(text)) => text.trim().parse().ok(),
        _ => None,
    };
    let Some(production) = world.production.as_ref().filter(|_| world.gates.activity) else {
        return Vec::new();
    };
    let mut rows = Vec::new();
    for (host, item) in ITEMS.iter().enumerate().take(BUSINESS) {
        let code = match item.kind {
            Kind::Service => 1,
            Kind::Actor => 2,
            Kind::Operation => 3,
        };
        if wanted != Some(code) {
            continue;
        }
        for (kind, sum) in production.sample.activity[host].iter().enumerate() {
            let own = item.kind != Kind::Service || service_of(kind) == host;
            if sum.count > 0 && own {
                rows.push(json!({
                    "host": item.name,
                    "mt": TYPES[kind],
                    "n": sum.count,
                    "d": sum.processing_us as f64 / 1e6,
                    "q": sum.queueing_us as f64 / 1e6,
                }));
            }
        }
    }
    rows
}

//! SQL by namespace; `all` is the total.

use super::{Family, Number, Series, View, gauge};
use crate::iris::world::{
    Statements,
    queries::{NAMESPACES, WINDOW},
};

pub(super) const CACHED: &[Family] = &[gauge(
    "iris_cached_query_by_ns",
    "Total number of cached queries in each namespace",
    |_, out| counts(out, [211, 384, 12]),
)
.only_2026()];

pub(super) const ROUTINES: &[Family] = &[gauge(
    "iris_rtn_count_by_ns",
    "Total number of routines in each namespace",
    |_, out| counts(out, [4_180, 1_276, 31]),
)
.only_2026()];

pub(super) const ALL: &[Family] = &[
    gauge(
        "iris_sql_active_queries",
        "The number of SQL statements currently executing",
        |view, out| {
            // Only there with statements in flight.
            if view.world.loaded() {
                for id in [NAMESPACES[1], "all"] {
                    out.push(&[("id", id)], Number::whole(3));
                }
            }
        },
    ),
    gauge(
        "iris_sql_commands_per_second",
        "Average number of ObjectScript commands executed by SQL queries (per second)",
        |view, out| each(view, out, |sum| Number::ratio(sum.commands, WINDOW)),
    ),
    gauge(
        "iris_sql_current_connections",
        "Current SQL connections",
        |view, out| {
            let connections = 4 + (3.0 * view.wave(80, 120)) as i64;
            for id in [NAMESPACES[1], "all"] {
                out.push(&[("id", id)], Number::whole(connections));
            }
        },
    )
    .only_2024(),
    gauge(
        "iris_sql_queries_avg_runtime",
        "Average SQL statement runtime in seconds",
        |view, out| {
            each(view, out, |sum| {
                Number::ratio(sum.nanoseconds, nanoseconds(sum.count))
            })
        },
    )
    .unit("seconds"),
    gauge(
        "iris_sql_queries_avg_runtime_std_dev",
        "Standard deviation for SQL statement runtime",
        |view, out| {
            // On 2024.1 a million times smaller, as recorded: of no use to anybody.
            let scale = if view.version() == super::Version::V2024 {
                1_000_000
            } else {
                1
            };
            each(view, out, |sum| {
                Number::ratio(
                    sum.nanoseconds,
                    nanoseconds(sum.count).saturating_mul(4 * scale),
                )
            });
        },
    ),
    gauge(
        "iris_sql_queries_per_second",
        "Average number of SQL statements per second",
        |view, out| each(view, out, |sum| Number::ratio(sum.count, WINDOW)),
    ),
    gauge(
        "iris_sql_row_count_per_second",
        "Average number of SQL rows returned per second",
        |view, out| each(view, out, |sum| Number::ratio(sum.rows, WINDOW)),
    ),
];

fn nanoseconds(count: u64) -> i128 {
    i128::from(count) * 1_000_000_000
}

fn each(view: &View<'_>, out: &mut Series, value: impl Fn(Statements) -> Number) {
    let sample = view.world.queries.sample;
    for (namespace, sum) in NAMESPACES.into_iter().zip(sample) {
        if sum.count > 0 {
            out.push(&[("id", namespace)], value(sum));
        }
    }
    let all = sample[0].plus(sample[1]);
    out.push(&[("id", "all")], value(all));
}

fn counts(out: &mut Series, counts: [u64; 3]) {
    for (namespace, count) in ["%SYS", NAMESPACES[1], "USER"].into_iter().zip(counts) {
        out.push(&[("id", namespace)], Number::whole(count));
    }
}

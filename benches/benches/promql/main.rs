//! Queries over samples in memory: what evaluating costs, without what reading does. Beside it the
//! same query step by step, as whoever keeps the samples might ask it. By CPU time: nothing here waits,
//! and others may be busy.

mod samples;

use std::{hint::black_box, process::ExitCode, time::Duration};

use promql::{Cancel, Engine, MemoryStore, Query};
use vitals_benches::{Bar, Bench, Results, Row, Sheet, Subject, Unit, process::cpu_time};

const OURS: &str = "promql";
const STEPS: &str = "step by step";

const SUBJECT: &str = "1,000 series, 10 s, 7 d; by the minute";
const DAY_MS: i64 = 86_400_000;
const MINUTE_MS: i64 = 60_000;
const TIMES: usize = 30;
/// What takes long need not be done as often.
const LONGEST: Duration = Duration::from_secs(1);

/// A query of a span, and the microseconds it must not exceed, on two cores of 2026.
struct Case {
    name: &'static str,
    text: &'static str,
    span_ms: i64,
    most: f64,
}

const CASES: [Case; 12] = [
    Case {
        name: "1 series, 7 d",
        text: "m00{instance=\"i0\"}",
        span_ms: 7 * DAY_MS,
        most: 90.0,
    },
    Case {
        name: "sum by(job), 100 series, 24 h",
        text: "sum by(job)({__name__=~\"m0[0-4]\"})",
        span_ms: DAY_MS,
        most: 1_150.0,
    },
    Case {
        name: "sum by(job)(rate[5m]), 20 series, 24 h",
        text: "sum by(job)(rate(m00[5m]))",
        span_ms: DAY_MS,
        most: 880.0,
    },
    Case {
        name: "sum by(job)(rate[5m]), 100 series, 24 h",
        text: "sum by(job)(rate({__name__=~\"m0[0-4]\"}[5m]))",
        span_ms: DAY_MS,
        most: 3_000.0,
    },
    Case {
        name: "avg_over_time[5m], 20 series, 24 h",
        text: "avg_over_time(m00[5m])",
        span_ms: DAY_MS,
        most: 1_000.0,
    },
    Case {
        name: "max_over_time[1h], 20 series, 24 h",
        text: "max_over_time(m00[1h])",
        span_ms: DAY_MS,
        most: 2_900.0,
    },
    Case {
        name: "quantile_over_time[5m], 20 series, 24 h",
        text: "quantile_over_time(0.9, m00[5m])",
        span_ms: DAY_MS,
        most: 1_600.0,
    },
    Case {
        name: "topk(5), 100 series, 24 h",
        text: "topk(5, {__name__=~\"m0[0-4]\"})",
        span_ms: DAY_MS,
        most: 2_400.0,
    },
    Case {
        name: "quantile by(job), 100 series, 24 h",
        text: "quantile by(job)(0.9, {__name__=~\"m0[0-4]\"})",
        span_ms: DAY_MS,
        most: 1_900.0,
    },
    Case {
        name: "m / group_left sum, 20 + 20 series, 24 h",
        text: "m00 / ignoring(instance) group_left sum by(job)(m01)",
        span_ms: DAY_MS,
        most: 340.0,
    },
    Case {
        name: "max_over_time(rate[5m])[1h:1m], 20, 24 h",
        text: "max_over_time(rate(m00[5m])[1h:1m])",
        span_ms: DAY_MS,
        most: 1_100.0,
    },
    Case {
        name: "sum by(job)(rate[5m]), 1,000 series, 1 h",
        text: "sum by(job)(rate({job=~\".+\"}[5m]))",
        span_ms: DAY_MS / 24,
        most: 1_800.0,
    },
];

const INSTANT: Row = Row {
    name: "one instant of rate[5m], 20 series, parsed",
    unit: Unit::Micros,
};
const INSTANT_MOST: f64 = 17.0;

fn row(case: &Case) -> Row {
    Row {
        name: case.name,
        unit: Unit::Micros,
    }
}

fn subjects() -> Vec<Subject> {
    let rows: Vec<Row> = CASES.iter().map(row).chain([INSTANT]).collect();
    vec![
        Subject::new(SUBJECT, rows)
            .contender(OURS, || {
                let store = samples::store();
                let mut sheet = measured(|query, start, end| {
                    black_box(query.range(&store, start, end, MINUTE_MS, &Cancel::new()))
                        .expect("an answer");
                });
                let began = cpu_time();
                for _ in 0..1_000 {
                    instant(
                        &store,
                        &parsed("sum by(job)(rate(m00[5m]))"),
                        samples::END_MS,
                    );
                }
                sheet.put(INSTANT, (cpu_time() - began).as_secs_f64() * 1e3);
                sheet
            })
            .contender(STEPS, || {
                let store = samples::store();
                measured(|query, start, end| {
                    for time in (start..=end).step_by(MINUTE_MS as usize) {
                        instant(&store, query, time);
                    }
                })
            }),
    ]
}

fn parsed(text: &str) -> Query {
    Engine::default().parse(text).expect(text)
}

fn instant(store: &MemoryStore, query: &Query, time_ms: i64) {
    black_box(query.instant(store, time_ms, &Cancel::new())).expect("an answer");
}

/// The median of each case.
fn measured(run: impl Fn(&Query, i64, i64)) -> Sheet {
    let mut sheet = Sheet::default();
    for case in &CASES {
        let query = parsed(case.text);
        let start = samples::END_MS - case.span_ms;
        let mut times = Vec::new();
        let began = cpu_time();
        while times.len() < TIMES && (times.len() < 3 || cpu_time() - began < LONGEST) {
            let began = cpu_time();
            run(&query, start, samples::END_MS);
            times.push((cpu_time() - began).as_secs_f64() * 1e6);
        }
        times.sort_by(f64::total_cmp);
        sheet.put(row(case), times[times.len() / 2]);
    }
    sheet
}

fn bars(results: &Results) -> Vec<Bar> {
    let ours = |row: Row| results.stats((SUBJECT, row, OURS));
    let mut bars: Vec<Bar> = CASES
        .iter()
        .map(|case| Bar::at_most(case.name, ours(row(case)), case.most))
        .collect();
    bars.push(Bar::at_most(INSTANT.name, ours(INSTANT), INSTANT_MOST));
    bars
}

fn main() -> ExitCode {
    Bench {
        name: "promql",
        contenders: &[OURS, STEPS],
        subjects: subjects(),
        bars,
    }
    .main()
}

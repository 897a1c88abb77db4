//! A query answers what a naive evaluator answers.

use promql::{Cancel, Engine};
use promql_parser::parser;
use proptest::prelude::*;

use crate::{
    compare::{Answers, by_time, difference},
    data::{self, Place, START_MS, Series},
    generate::{Dialect, Generator},
    naive::Naive,
};

fn holds(series: &[Series], text: &str, start: i64, end: i64, step: i64) {
    let store = data::store(series);
    let query = Engine::default()
        .parse(text)
        .unwrap_or_else(|error| panic!("{text}: {error}"));
    let ours = query.range(&store, start, end, step, &Cancel::new());
    let expr = parser::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
    let naive = Naive {
        data: series,
        start,
        end,
    };
    let mut theirs = Answers::new();
    let mut failed = None;
    for time in (start..=end).step_by(step as usize) {
        match naive.at(&expr, time) {
            Ok(points) => {
                theirs.insert(time, points.into_iter().collect());
            }
            Err(why) => failed = Some(why),
        }
    }
    match (ours, failed) {
        (Err(_), Some(_)) => {}
        (Err(error), None) => panic!("{text} failed: {error}"),
        (Ok(_), Some(why)) => panic!("{text} did not fail: {why}"),
        (Ok(answer), None) => {
            if let Some(difference) = difference(&by_time(answer), &theirs) {
                panic!("{text} {difference}");
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn it_answers_what_a_naive_one_answers(
        seed in any::<u64>(),
        of_data in 0u64..4,
        step in prop::sample::select(&[1i64, 15, 30, 60, 77][..]),
    ) {
        let series = data::series(of_data, Place::OnBoundaries);
        let text = Generator::new(seed, Dialect::Three).query();
        let start = START_MS + 300_000;
        holds(&series, &text, start, start + 15 * step * 1_000, step * 1_000);
    }
}

//! A query answers what a naive evaluator answers.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use fastrand::Rng;
use promql::{Cancel, Engine, Error, Query};
use promql_parser::parser::{self, Expr};
use proptest::prelude::*;

use crate::{
    compare::{Answers, Difference, by_time, differences},
    data::{self, Place, START_MS, Series},
    generate::{Dialect, Generator},
    naive::Naive,
};

const QUERIES: u32 = 400;
/// In seconds.
const STEPS: [i64; 5] = [1, 15, 30, 60, 77];
/// Queries whose differences say nothing: of some thousands it is one.
const MOST_EXCUSED: usize = 3;
static EXCUSED: AtomicUsize = AtomicUsize::new(0);

/// Fifteen of them: from when to when, and how far from each other.
fn steps(seconds: i64) -> (i64, i64, i64) {
    let (start, step) = (START_MS + 300_000, seconds * 1_000);
    (start, start + 15 * step, step)
}

/// A query, and the steps at which it is asked.
struct Question {
    text: String,
    query: Query,
    expr: Expr,
    start: i64,
    end: i64,
    step: i64,
}

impl Question {
    fn new(text: &str, (start, end, step): (i64, i64, i64)) -> Self {
        let query = Engine::default().parse(text);
        let expr = parser::parse(text);
        Question {
            query: query.unwrap_or_else(|error| panic!("{text}: {error}")),
            expr: expr.unwrap_or_else(|error| panic!("{text}: {error}")),
            text: text.to_owned(),
            start,
            end,
            step,
        }
    }

    fn ours(&self, series: &[Series]) -> Result<Answers, Error> {
        let store = data::store(series);
        let (start, end, step) = (self.start, self.end, self.step);
        let answer = self.query.range(&store, start, end, step, &Cancel::new());
        answer.map(by_time)
    }

    fn theirs(&self, series: &[Series]) -> Result<Answers, String> {
        let naive = Naive {
            data: series,
            start: self.start,
            end: self.end,
        };
        let steps = (self.start..=self.end).step_by(self.step as usize);
        let at = |time| Ok((time, naive.at(&self.expr, time)?.into_iter().collect()));
        steps.map(at).collect()
    }

    /// It is answered alike, unless rounding decides: either answer is another one there when the samples
    /// are nudged. Tells where that is so.
    fn holds(&self, series: &[Series]) -> Option<Difference> {
        let text = &self.text;
        let (ours, theirs) = match (self.ours(series), self.theirs(series)) {
            (Ok(ours), Ok(theirs)) => (ours, theirs),
            (Err(_), Err(_)) => return None,
            (Err(error), Ok(_)) => panic!("{text} failed: {error}"),
            (Ok(_), Err(why)) => panic!("{text} did not fail: {why}"),
        };
        let mut found = differences(&ours, &theirs);
        if found.is_empty() {
            return None;
        }
        let mut rng = Rng::with_seed(0);
        let nudged = [(); 3].map(|()| data::nudged(series, &mut rng));
        let nudged = nudged.map(|series| (self.ours(&series), self.theirs(&series)));
        let stays = |one: &&Difference| {
            nudged.iter().all(|(ours, theirs)| {
                ours.as_ref().is_ok_and(|ours| one.is_ours(ours))
                    && theirs.as_ref().is_ok_and(|theirs| one.is_theirs(theirs))
            })
        };
        if let Some(difference) = found.iter().find(stays) {
            panic!("{text} {difference}");
        }
        Some(found.remove(0))
    }
}

/// A negative number to a power that is whole or not.
#[test]
fn what_rounding_decides_is_not_held_against_it() {
    let text = "((1e3) * (-7)) ^ (sum(stdvar_over_time(bytes_total[3m] offset 1m4s)))";
    let excused = |(of_data, step): (u64, i64)| {
        let series = data::series(of_data, Place::OnBoundaries);
        Question::new(text, steps(step)).holds(&series)
    };
    let all = (0..4).flat_map(|of_data| STEPS.map(|step| (of_data, step)));
    assert!(all.filter_map(excused).count() > 0);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: QUERIES, ..ProptestConfig::default() })]

    #[test]
    fn it_answers_what_a_naive_one_answers(
        seed in any::<u64>(),
        of_data in 0u64..4,
        step in prop::sample::select(&STEPS[..]),
    ) {
        let series = data::series(of_data, Place::OnBoundaries);
        let text = Generator::new(seed, Dialect::Three).query();
        if let Some(difference) = Question::new(&text, steps(step)).holds(&series) {
            let excused = EXCUSED.fetch_add(1, Relaxed) + 1;
            assert!(excused <= MOST_EXCUSED, "{text} {difference}");
        }
    }
}

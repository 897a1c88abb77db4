//! A query that is laid out anew is the same query.

use promql::{Cancel, Engine};
use proptest::prelude::*;

use crate::{
    compare::{by_time, difference},
    data::{self, Place, START_MS},
    generate::{Dialect, Generator},
};

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn it_answers_the_same(seed in any::<u64>()) {
        let store = data::store(&data::series(1, Place::OnBoundaries));
        let text = Generator::new(seed, Dialect::Three).query();
        let engine = Engine::default();
        let query = engine.parse(&text).unwrap_or_else(|error| panic!("{text}: {error}"));
        let printed = query.to_string();
        let again = engine.parse(&printed).unwrap_or_else(|error| panic!("{printed}: {error}"));
        prop_assert_eq!(again.to_string(), printed);
        let (start, end) = (START_MS + 300_000, START_MS + 900_000);
        let answers = [query, again].map(|query| {
            let answer = query.range(&store, start, end, 60_000, &Cancel::new());
            answer.map(by_time)
        });
        match answers {
            [Ok(one), Ok(other)] => prop_assert_eq!(difference(&one, &other), None, "{}", text),
            [one, other] => prop_assert_eq!(one.err(), other.err(), "{}", text),
        }
    }
}

//! A query answers what Debian's Prometheus 2.42 answers with the same samples, or fails as it does.
//!
//! What has changed since then is left out: no sample lies on the boundary of a window (ranges are open
//! on the left in 3.0), and no query has a name in it when it goes (3.0 removes names at the end).

mod prometheus;

use std::env;

use fastrand::Rng;
use promql::{Cancel, Engine, Error, ErrorKind, MemoryStore};

use self::prometheus::Prometheus;
use crate::{
    compare::{Answers, Difference, by_time, differences},
    data::{self, Place, START_MS},
    generate::{Dialect, Generator},
};

/// The seed of the queries; another one each time, unless this says which.
const SEED: &str = "VITALS_PROMQL_SEED";
const QUERIES: u64 = 2_500;
const SHOWN: usize = 10;
/// Queries whose differences say nothing.
const MOST_EXCUSED: usize = 25;
const SAME_LABELS: &str = "vector cannot contain metrics with the same labelset";

#[test]
fn it_answers_what_prometheus_answers() {
    let Some(peer) = Prometheus::start() else {
        println!("skipped: no prometheus in PATH (Debian's package of that name)");
        return;
    };
    let seed = env::var(SEED).map_or_else(|_| fastrand::u64(..), |seed| seed.parse().expect(SEED));
    println!("{SEED}={seed} repeats this");
    let series = data::series(seed, Place::Beside);
    let store = data::store(&series);
    peer.write(&series);
    let (start, end, step) = (
        START_MS + 300_000,
        START_MS + data::SPAN_MS - 60_000,
        70_000,
    );
    let ask = |text: &str, store: &MemoryStore| {
        let query = Engine::default().parse(text)?;
        query.range(store, start, end, step, &Cancel::new())
    };
    let mut rng = Rng::with_seed(seed);
    let nudged = [(); 3].map(|()| data::store(&data::nudged(&series, &mut rng)));
    let (mut answered, mut empty, mut merged, mut refused, mut same_words) = (0, 0, 0, 0, 0);
    let (mut differing, mut excused) = (Vec::new(), Vec::new());
    let mut generator = Generator::new(seed, Dialect::Two);
    for _ in 0..QUERIES {
        let text = generator.query();
        let ours = ask(&text, &store);
        // It has another name there.
        let theirs = text.replace("double_exponential_smoothing", "holt_winters");
        match (ours, peer.range(&theirs, start, end, step)) {
            (Ok(ours), Ok(theirs)) => {
                answered += 1;
                empty += u64::from(theirs.is_empty());
                let found = differences(&by_time(ours), &theirs);
                if found.is_empty() {
                    continue;
                }
                let nudged = nudged.iter().map(|store| ask(&text, store).map(by_time));
                let nudged: Vec<_> = nudged.collect();
                let counts = |one: &&Difference| !hinges(one, &nudged) && !loses(&text, one);
                match found.iter().find(counts) {
                    Some(difference) => differing.push(format!("{text}\n  {difference}")),
                    None => excused.push(text),
                }
            }
            (Err(ours), Err(theirs)) => {
                refused += 1;
                same_words += u64::from(ours.to_string() == theirs.error);
                let kind = ours.kind();
                if kind.as_str() != theirs.kind || kind != ErrorKind::Execution {
                    differing.push(format!("{text}\n  {ours} ({kind:?}), not {theirs:?}"));
                }
            }
            // They fail where series are alike at different steps, too.
            (Ok(_), Err(theirs)) if theirs.error == SAME_LABELS => merged += 1,
            (Ok(_), Err(theirs)) => differing.push(format!("{text}\n  should fail: {theirs:?}")),
            (Err(ours), Ok(_)) => differing.push(format!("{text}\n  should not fail: {ours}")),
        }
    }
    println!(
        "{QUERIES} queries: {answered} answered ({empty} of them empty), {refused} refused \
         ({same_words} of them in the same words), {merged} refused there for names that go, \
         {} beyond comparison, {} differ",
        excused.len(),
        differing.len()
    );
    for one in differing.iter().take(SHOWN) {
        println!("{one}");
    }
    assert!(differing.is_empty(), "{SEED}={seed}");
    assert!(excused.len() < MOST_EXCUSED, "{SEED}={seed}: {excused:#?}");
    assert!(answered > QUERIES / 2 && empty < answered / 3 && refused > 0);
}

/// Whether rounding decides: our own answer is another one there when the samples are nudged. So are
/// sums whose terms cancel, and what is divided by them.
fn hinges(difference: &Difference, nudged: &[Result<Answers, Error>]) -> bool {
    let stays = |answer: &Result<Answers, Error>| {
        answer
            .as_ref()
            .is_ok_and(|answer| difference.is_ours(answer))
    };
    !nudged.iter().all(stays)
}

/// Whether it is an infinite value in a window: sums over time made NaN of that then.
fn loses(text: &str, difference: &Difference) -> bool {
    difference.theirs.is_some_and(f64::is_nan) && text.contains("_over_time((")
}

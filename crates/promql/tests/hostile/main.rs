//! Texts that kill or stall the parser are refused before it sees them, and the worst that pass are
//! harmless on a small stack, when they are evaluated, too. In a process of their own: a stack that
//! overflows ends the process.

mod texts;

use std::{
    env,
    process::Command,
    thread,
    time::{Duration, Instant},
};

use exposition::Labels;
use promql::{Cancel, Engine, Error, Limits, MemoryStore, Selector};

/// Half of what the threads that read requests have, and a debug build needs the more.
const STACK: usize = 1 << 20;
/// What threads have on which queries are evaluated.
const QUERY_STACK: usize = 2 << 20;
/// For one text, in a debug build on a machine that is busy.
const LONGEST: Duration = Duration::from_secs(5);

#[test]
fn no_text_ends_the_process() {
    run("in_a_process_of_its_own");
}

#[test]
fn no_query_ends_the_process() {
    run("evaluated_in_a_process_of_its_own");
}

/// Runs a test in a process of its own.
fn run(test: &str) {
    let this = env::current_exe().expect("the path of this test");
    let child = Command::new(this)
        .args(["--exact", test, "--ignored", "--nocapture"])
        .output()
        .expect("a process");
    let said = String::from_utf8_lossy(&child.stderr);
    assert!(child.status.success(), "{}: {said}", child.status);
    assert!(String::from_utf8_lossy(&child.stdout).contains("1 passed"));
}

#[test]
#[ignore = "started by the test beside it"]
fn in_a_process_of_its_own() {
    let read = || {
        for text in texts::hostile() {
            let shown: String = text.chars().take(40).collect();
            let began = Instant::now();
            let _ = Selector::parse(&text);
            let _ = Selector::parse_within(&text, &Limits::of_bytes(usize::MAX));
            let took = began.elapsed();
            assert!(
                took < LONGEST,
                "{took:?} for {} bytes: {shown}…",
                text.len()
            );
        }
    };
    let reader = thread::Builder::new().stack_size(STACK).spawn(read);
    reader.expect("a thread").join().expect("no panic");
}

#[test]
#[ignore = "started by the test beside it"]
fn evaluated_in_a_process_of_its_own() {
    let evaluate = || {
        let mut store = MemoryStore::new();
        for number in 0..5 {
            let labels = Labels::new([("n", number.to_string())]).with("__name__", "a");
            store.append(labels, (0..10).map(|nth| (nth * 15_000, nth as f64)));
        }
        let evaluate = |text: &str| {
            let mut limits = Limits::of_bytes(Limits::MOST_BYTES);
            limits.timeout = Duration::from_secs(2);
            limits.samples = 1_000_000;
            let began = Instant::now();
            let result = Engine::new(limits)
                .parse(text)
                .map_err(Error::from)
                .and_then(|query| {
                    let _ = query.to_string();
                    query.range(&store, 0, 100_000, 10_000, &Cancel::new())
                });
            let took = began.elapsed();
            let shown: String = text.chars().take(40).collect();
            assert!(took < LONGEST, "{took:?}: {shown}…");
            (shown, result)
        };
        for text in texts::hostile().into_iter().chain(texts::greedy()) {
            let _ = evaluate(&text);
        }
        for text in texts::deepest() {
            let (shown, result) = evaluate(&text);
            // What is too much for this one is too much for any; all the others have an answer.
            let is_fine = match &result {
                Ok(_) => true,
                Err(error) => matches!(error, Error::TooManySamples | Error::Timeout),
            };
            assert!(is_fine, "{shown}…: {result:?}");
        }
    };
    let thread = thread::Builder::new().stack_size(QUERY_STACK);
    let evaluator = thread.spawn(evaluate).expect("a thread");
    evaluator.join().expect("no panic");
}

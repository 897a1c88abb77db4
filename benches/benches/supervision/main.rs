//! Our supervised actors beside bare actix, ractor and kameo.
//!
//! Three places for an actor: a thread of its own; the thread of whoever talks to it; and, for the
//! peers that live on tokio alone, its pool of as many threads as this machine has cores.

mod ask;
mod idle;
mod memory;
mod one_way;
mod peers;
mod restart;
mod runtime;
mod soak;
mod work;

use std::process::ExitCode;

use vitals_benches::{Bar, Bench, Results};

const OURS: &str = "supervision";
const ACTIX: &str = "actix";
const RACTOR: &str = "ractor";
const KAMEO: &str = "kameo";

fn bars(results: &Results) -> Vec<Bar> {
    vec![
        Bar::at_least(
            "tell_wait, own thread >= 1.3 × kameo's bounded tell",
            results.ratio(
                (one_way::OWN, one_way::WAITING, OURS),
                (one_way::POOL, one_way::WAITING, KAMEO),
            ),
            1.3,
        ),
        Bar::at_most(
            "restart, own thread, with backtrace, p50 <= 2 × a bare Arbiter start",
            results.ratio(
                (restart::OWN, restart::TRACED_P50, OURS),
                (restart::OWN, restart::ARBITER_P50, ACTIX),
            ),
            2.0,
        ),
        Bar::at_most(
            "restart, same thread, p50 <= kameo's",
            results.ratio(
                (restart::SAME, restart::P50, OURS),
                (restart::SAME, restart::P50, KAMEO),
            ),
            1.0,
        ),
        Bar::at_most(
            "an actor with its own thread <= 40 KiB",
            results.stats((memory::OWN, memory::PER_ACTOR, OURS)),
            40.0,
        ),
    ]
}

fn main() -> ExitCode {
    let subjects = [
        one_way::subjects(),
        ask::subjects(),
        restart::subjects(),
        soak::subjects(),
        memory::subjects(),
        idle::subjects(),
    ];
    Bench {
        name: "supervision",
        contenders: &[OURS, ACTIX, RACTOR, KAMEO],
        subjects: subjects.into_iter().flatten().collect(),
        bars,
    }
    .main()
}

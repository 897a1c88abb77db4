//! Resources and how often they were seized: the other noise in a recorded 2026.1 answer.

use super::{Family, Number, Series, View, gauge};
use crate::iris::noise;

pub(super) const ALL: &[Family] = &[
    gauge(
        "iris_res_a_seize",
        "Resource Seize satisfied after busy wait",
        |view, out| {
            each(view, out, 1, 0.4);
        },
    )
    .counter()
    .only_2026(),
    gauge(
        "iris_res_n_seize",
        "Resource Seize had to hibernate",
        |view, out| {
            each(view, out, 2, 0.1);
        },
    )
    .counter()
    .only_2026(),
    gauge("iris_res_seize", "Resource Seize", |view, out| {
        each(view, out, 3, 30.0)
    })
    .counter()
    .only_2026(),
];

/// Resources IRIS names, and made-up ones to the recorded number of 52.
const NAMED: [&str; 2] = ["EVT", "LockLHB"];
const ALL_OF_THEM: usize = 52;

fn each(view: &View<'_>, out: &mut Series, stream: u64, per_second: f64) {
    for resource in 0..ALL_OF_THEM {
        let made_up = format!("Simulated{resource:02}");
        let id = NAMED.get(resource).copied().unwrap_or(&made_up);
        let share = noise::unit(view.world.setup.seed, 3_100 + stream, resource as i64);
        let count = view.uptime() as f64 * per_second * share * share;
        out.push(&[("id", id)], Number::whole(count as i64));
    }
}

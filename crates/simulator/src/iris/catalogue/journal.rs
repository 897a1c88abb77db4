//! Journals.

use super::{Family, Number, Series, Version, View, gauge};

/// Megabytes written between two purges.
const PURGED_EVERY: u64 = 2_000;
/// Free megabytes of the journals' volume after a purge.
const FREE: u64 = 90_000;

pub(super) const ALL: &[Family] = &[
    gauge(
        "iris_jrn_block_per_sec",
        "Journal blocks written to disk (per second)",
        |view, out| out.one(view.about(70, 0.0, 14.0)),
    ),
    gauge(
        "iris_jrn_entry_per_sec",
        "Journal records created (per second)",
        |view, out| out.one(view.about(71, 2.0, 310.0)),
    ),
    gauge(
        "iris_jrn_free_space",
        "Available space (in megabytes) for a journal directory",
        free,
    )
    .unit("megabytes"),
    gauge(
        "iris_jrn_size",
        "Current size of all journal files (in megabytes)",
        |view, out| {
            for (id, size) in [("WIJ", 161), ("primary", 34 + kept(view)), ("secondary", 0)] {
                out.push(&[("id", id)], Number::whole(size));
            }
        },
    )
    .unit("megabytes"),
];

/// Megabytes in journals that are not purged yet.
fn kept(view: &View<'_>) -> u64 {
    view.world.journalled / 1_048_576 % PURGED_EVERY
}

fn free(view: &View<'_>, out: &mut Series) {
    let directory = match view.version() {
        Version::V2024 => r"C:\InterSystems\IRIS_simulated\mgr\journal\",
        Version::V2026 => "/iris-shared/durable/mgr/journal/",
        Version::Community => "/usr/irissys/mgr/journal/",
    };
    let free = Number::ratio((FREE - kept(view)) * 100 + 37, 100);
    for (id, directory) in [
        ("WIJ", "default"),
        ("primary", directory),
        ("secondary", directory),
    ] {
        out.push(&[("id", id), ("dir", directory)], free);
    }
}

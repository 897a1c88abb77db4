//! Databases: size, space, latency, and the volume they are on.

use super::{Family, Number, Series, Version, View, gauge};
use crate::iris::world::{
    World,
    topology::{DATABASES, Database},
};

/// Megabytes a database grows by when it is full.
const EXPANSION: u64 = 10;
/// Megabytes of the volume.
const VOLUME: u64 = 200_000;
const MEGABYTE: u64 = 1_048_576;

pub(super) const ALL: &[Family] = &[
    gauge(
        "iris_db_expansion_size_mb",
        "Default size (in megabytes) to expand a database when it fills",
        |_, out| each(out, |_| Number::whole(0)),
    )
    .unit("megabytes"),
    gauge(
        "iris_db_free_space",
        "Available space (in megabytes) in a database",
        |view, out| each(out, |database| free(view, database)),
    )
    .unit("megabytes"),
    gauge(
        "iris_db_latency",
        "Time to complete a random read from the database (milliseconds)",
        |view, out| {
            let base = if view.version() == Version::V2024 {
                0.23
            } else {
                3.9
            };
            each(out, |database| view.latency(50 + database.megabytes, base));
            if view.version() != Version::V2024 {
                // A database nobody mapped goes by its directory.
                let id = [("id", "/iris-shared/durable/mgr/scratch/")];
                out.push(&id, view.latency(49, base));
            }
        },
    )
    .unit("milliseconds"),
    gauge(
        "iris_db_max_size_mb",
        "Maximum size (in megabytes) allowed for a database, 0=unlimited",
        |_, out| each(out, |_| Number::whole(0)),
    )
    .unit("megabytes"),
    gauge(
        "iris_db_size_mb",
        "Current size (in megabytes) of a database",
        |view, out| each_with_directory(view, out, |at| Number::whole(size(view.world, at))),
    )
    .unit("megabytes"),
    gauge(
        "iris_directory_space",
        "Free space (in megabytes) available on the database directory's storage volume",
        |view, out| each_with_directory(view, out, |_| Number::whole(VOLUME - used(view.world))),
    )
    .unit("megabytes"),
    gauge(
        "iris_disk_percent_full",
        "Space in use (percentage) on the database directory's storage volume",
        |view, out| {
            let hundredths = used(view.world) * 10_000 / VOLUME;
            each_with_directory(view, out, |_| Number::ratio(hundredths, 100));
        },
    ),
];

fn each(out: &mut Series, value: impl Fn(&Database) -> Number) {
    for database in &DATABASES {
        out.push(&[("id", database.name)], value(database));
    }
}

fn each_with_directory(view: &View<'_>, out: &mut Series, value: impl Fn(&Database) -> Number) {
    for database in &DATABASES {
        let directory = directory(view.version(), database);
        out.push(
            &[("id", database.name), ("dir", &directory)],
            value(database),
        );
    }
}

fn directory(version: Version, database: &Database) -> String {
    let (manager, slash) = match version {
        Version::V2024 => (r"c:\intersystems\iris_simulated\mgr\", r"\"),
        Version::V2026 => match database.name {
            "HSLIB" | "ENSLIB" => ("/usr/irissys/mgr/", "/"),
            _ => ("/iris-shared/durable/mgr/", "/"),
        },
        Version::Community => ("/usr/irissys/mgr/", "/"),
    };
    match database.directory {
        "" => manager.to_owned(),
        below => format!("{manager}{below}{slash}"),
    }
}

/// Megabytes of its file.
pub(crate) fn size(world: &World, database: &Database) -> u64 {
    let grown = world.received * database.per_message;
    database.megabytes + grown.div_ceil(EXPANSION * MEGABYTE) * EXPANSION
}

/// Free megabytes within the file; IRIS looks once a day.
fn free(view: &View<'_>, database: &Database) -> Number {
    let day = view.now.div_euclid(86_400).unsigned_abs();
    let free = 5 + (database.megabytes * 7 + day * 13) % 200;
    // Tenths, in a database of one megabyte hundredths; never more than four fifths of it.
    match database.megabytes {
        0 | 1 => Number::ratio(free.min(80), 100),
        megabytes => Number::ratio(free.min(megabytes * 8), 10),
    }
}

fn used(world: &World) -> u64 {
    let files: u64 = DATABASES.iter().map(|database| size(world, database)).sum();
    (VOLUME * 44 / 100 + files).min(VOLUME)
}

/// Name, size, free megabytes.
pub(super) fn sizes(view: &View<'_>) -> Vec<(&'static str, u64, f64)> {
    DATABASES
        .iter()
        .map(|at| (at.name, size(view.world, at), free(view, at).value()))
        .collect()
}

//! Shared memory by purpose.

use super::{Family, Number, Series, Version, View, gauge};

/// Purpose, bytes allocated, bytes in use.
const PURPOSES: [(&str, u64, u64); 9] = [
    ("Classes_Instantiated", 7_012_352, 6_600_448),
    ("DB_Name_&_Directory", 65_536, 5_610),
    ("Global_Mapping", 196_608, 195_903),
    ("IPQ", 65_536, 16),
    ("Lock_Table", 196_608, 33_424),
    ("Routine_Buffer_In_Use_Table", 65_536, 22_016),
    ("Security_System", 65_536, 65_536),
    ("Semaphores_objects", 65_536, 12_288),
    ("TTY_Hash_Table", 65_536, 32_824),
];

pub(super) const ALL: &[Family] = &[
    gauge(
        "iris_smh_available",
        "Shared memory available (bytes) by purpose",
        |view, out| each(view, out, |all, used| all - used),
    )
    .unit("bytes"),
    gauge(
        "iris_smh_percent_full",
        "Shared memory in use (percentage of allocated) by purpose",
        |view, out| each(view, out, |all, used| used * 100 / all),
    ),
    gauge(
        "iris_smh_total",
        "Shared memory allocated (bytes) for current instance",
        |_, out| out.one(Number::whole(9_502_720)),
    )
    .unit("bytes"),
    gauge(
        "iris_smh_total_percent_full",
        "Shared memory in use (percentage of allocated) for current instance",
        |_, out| out.one(Number::whole(2)),
    ),
    gauge(
        "iris_smh_used",
        "Shared memory used (bytes) by purpose",
        |view, out| each(view, out, |_, used| used),
    )
    .unit("bytes"),
];

fn each(view: &View<'_>, out: &mut Series, value: fn(u64, u64) -> u64) {
    for (purpose, all, used) in PURPOSES {
        if purpose != "IPQ" || view.version() == Version::V2024 {
            out.push(&[("id", purpose)], Number::whole(value(all, used)));
        }
    }
}

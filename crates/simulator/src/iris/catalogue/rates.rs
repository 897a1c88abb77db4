//! Rates of the core: references, reads, calls.

use super::{Family, gauge};

pub(super) const GLOBALS: &[Family] = &[
    gauge(
        "iris_glo_a_seize_per_sec",
        "Global resource Aseizes (per second)",
        |view, out| {
            out.one(view.about(100, 0.0, 0.4));
        },
    ),
    gauge(
        "iris_glo_n_seize_per_sec",
        "Global resource Nseizes (per second)",
        |view, out| {
            out.one(view.about(101, 0.0, 0.3));
        },
    ),
    gauge(
        "iris_glo_ref_per_sec",
        "Global references, local databases (per second)",
        |view, out| {
            out.one(view.about(102, 600.0, 5200.0));
        },
    ),
    gauge(
        "iris_glo_ref_rem_per_sec",
        "Global references, remote databases (per second)",
        |view, out| {
            out.one(view.about(103, 0.0, 0.0));
        },
    ),
    gauge(
        "iris_glo_seize_per_sec",
        "Global resource seizes (per second)",
        |view, out| {
            out.one(view.about(104, 3.0, 40.0));
        },
    ),
    gauge(
        "iris_glo_update_per_sec",
        "Global updates, local SET and KILL (per second)",
        |view, out| {
            out.one(view.about(105, 90.0, 880.0));
        },
    ),
    gauge(
        "iris_glo_update_rem_per_sec",
        "Global updates, remote local SET and KILL (per second)",
        |view, out| {
            out.one(view.about(106, 0.0, 0.0));
        },
    ),
];

pub(super) const LOG_READS: &[Family] = &[gauge(
    "iris_log_reads_per_sec",
    "Logical reads (per second)",
    |view, out| {
        out.one(view.about(107, 400.0, 3900.0));
    },
)];

pub(super) const OBJECTS: &[Family] = &[
    gauge(
        "iris_obj_a_seize_per_sec",
        "Object resource Aseizes (per second)",
        |view, out| {
            out.one(view.about(108, 0.0, 0.2));
        },
    ),
    gauge(
        "iris_obj_del_per_sec",
        "Objects deleted (per second)",
        |view, out| {
            out.one(view.about(109, 2.0, 130.0));
        },
    ),
    gauge(
        "iris_obj_hit_per_sec",
        "Object references found in process memory (per second)",
        |view, out| {
            out.one(view.about(110, 4.0, 310.0));
        },
    ),
    gauge(
        "iris_obj_load_per_sec",
        "Objects loaded from disk, not in shared memory (per second)",
        |view, out| {
            out.one(view.about(111, 0.0, 1.2));
        },
    ),
    gauge(
        "iris_obj_miss_per_sec",
        "Object references not found in memory (per second)",
        |view, out| {
            out.one(view.about(112, 0.0, 2.1));
        },
    ),
    gauge(
        "iris_obj_new_per_sec",
        "Objects initialized (per second)",
        |view, out| {
            out.one(view.about(113, 2.0, 131.0));
        },
    ),
    gauge(
        "iris_obj_seize_per_sec",
        "Object resource seizes (per second)",
        |view, out| {
            out.one(view.about(114, 0.0, 3.0));
        },
    ),
];

pub(super) const PHYSICAL: &[Family] = &[
    gauge(
        "iris_phys_reads_per_sec",
        "Physical database block reads from disk (per second)",
        |view, out| {
            out.one(view.about(115, 0.0, 6.0));
        },
    ),
    gauge(
        "iris_phys_writes_per_sec",
        "Physical database block writes to disk (per second)",
        |view, out| {
            out.one(view.about(116, 1.0, 22.0));
        },
    ),
];

pub(super) const ROUTINES: &[Family] = &[
    gauge(
        "iris_rtn_a_seize_per_sec",
        "Routine resource Aseizes (per second)",
        |view, out| {
            out.one(view.about(117, 0.0, 0.2));
        },
    ),
    gauge(
        "iris_rtn_call_local_per_sec",
        "Local routine calls, globals on local databases (per second)",
        |view, out| {
            out.one(view.about(118, 260.0, 2100.0));
        },
    ),
    gauge(
        "iris_rtn_call_miss_per_sec",
        "Routine calls not found in memory (per second)",
        |view, out| {
            out.one(view.about(119, 0.0, 0.8));
        },
    ),
    gauge(
        "iris_rtn_call_remote_per_sec",
        "Remote routine calls, globals on remote databases (per second)",
        |view, out| {
            out.one(view.about(120, 0.0, 0.0));
        },
    ),
    gauge(
        "iris_rtn_load_per_sec",
        "Routines loaded from or saved to disk (per second)",
        |view, out| {
            out.one(view.about(121, 0.0, 1.5));
        },
    ),
    gauge(
        "iris_rtn_load_rem_per_sec",
        "Routines loaded from remote databases (per second)",
        |view, out| {
            out.one(view.about(122, 0.0, 0.0));
        },
    ),
    gauge(
        "iris_rtn_seize_per_sec",
        "Routine resource seizes (per second)",
        |view, out| {
            out.one(view.about(123, 0.0, 2.0));
        },
    ),
];

//! Mirroring.
//!
//! Origin: `iris_mirror_member_type` is derived from the recorded 2026.1; the others are named as a
//! public integration names them, nobody recorded a member: labels, help and values are invented.

use super::{Family, Number, Series, View, gauge};
use crate::iris::options::Role;

pub(super) const ALL: &[Family] = &[
    gauge(
        "iris_mirror_member_type",
        "1: Indeterminate, 2: Not Member, 3: Failover, 4: Async, 5: Disaster Recovery, 6: Read-Only Reporting, 7: Read-Write Reporting",
        |view, out| out.one(Number::whole(if view.world.role.is_some() { 3 } else { 2 })),
    )
    .only_2026(),
    gauge("iris_mirror_database_latency_bytes", "Journal data received from the primary and not yet dejournaled (bytes)", backup),
    gauge("iris_mirror_database_latency_files", "Journal files not yet dejournaled", backup),
    gauge("iris_mirror_database_latency_time", "Seconds of journal data not yet dejournaled", backup),
    gauge("iris_mirror_failover_ready", "Whether this member can take over", |view, out| member(view, out, 1)),
    gauge("iris_mirror_journal_latency_bytes", "Journal data not yet received from the primary (bytes)", backup),
    gauge("iris_mirror_journal_latency_files", "Journal files not yet received from the primary", backup),
    gauge("iris_mirror_journal_latency_time", "Seconds of journal data not yet received", backup),
    gauge("iris_mirror_missing_databases", "Mirrored databases missing on this member", |view, out| member(view, out, 0)),
    gauge("iris_mirror_no_failover", "Whether failover is switched off", |view, out| member(view, out, 0)),
    gauge("iris_mirror_status", "Mirror status of this member (2: primary, 3: backup)", |view, out| {
            let status = if view.world.role == Some(Role::Primary) { 2 } else { 3 };
            member(view, out, status);
        }),
];

fn member(view: &View<'_>, out: &mut Series, value: i64) {
    if view.world.role.is_some() {
        out.one(Number::whole(value));
    }
}

/// A backup that is never behind.
fn backup(view: &View<'_>, out: &mut Series) {
    if view.world.role == Some(Role::Backup) {
        out.one(Number::whole(0));
    }
}

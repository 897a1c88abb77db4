//! What this IRIS is in its mirror. `iris_mirror_status` is 2 on the primary and 3 on a backup.

use super::{native::Native, settings::IrisSettings};
use crate::collector::told::Told;

/// Of one member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// In no mirror, as far as is known.
    Alone,
    Primary,
    Backup,
    /// An async member, or one on its way.
    Other,
}

impl Role {
    pub(super) fn of(native: &Native) -> Role {
        let status = native.series("iris_mirror_status").next();
        match status.map(|(_, status)| status) {
            None => Role::Alone,
            Some(2.0) => Role::Primary,
            Some(3.0) => Role::Backup,
            Some(_) => Role::Other,
        }
    }
}

pub(super) fn tell(native: &Native, role: Role, settings: &IrisSettings, told: &mut Told) {
    if role == Role::Alone {
        return;
    }
    let mirror = [("mirror", settings.mirror.as_deref().unwrap_or_default())];
    let help = "Whether this member is the primary of its mirror.";
    let is_primary = f64::from(u8::from(role == Role::Primary));
    told.gauge_of("vitals_iris_mirror_primary", help, mirror, is_primary);
    let help = "Whether this member is active: the primary, or a backup that could take over.";
    let is_ready = native.series("iris_mirror_failover_ready").next();
    let is_active = role == Role::Primary || is_ready.is_some_and(|(_, ready)| ready > 0.0);
    let is_active = f64::from(u8::from(is_active));
    told.gauge_of("vitals_iris_mirror_active", help, mirror, is_active);
    let lag = native
        .series("iris_mirror_journal_latency_time")
        .map(|(_, ms)| ms / 1e3);
    if let Some(lag) = lag.reduce(f64::max) {
        let help = "How far the journal of this backup is behind the primary.";
        told.gauge_of("vitals_iris_mirror_lag_seconds", help, mirror, lag);
    }
}

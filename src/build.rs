//! Which build this is, and since when it has been running.

use std::{
    sync::OnceLock,
    time::{Duration, Instant},
};

/// As in `Cargo.toml`.
pub(crate) const VERSION: &str = env!("CARGO_PKG_VERSION");
/// The commit, abbreviated.
pub(crate) const REVISION: &str = env!("VITALS_COMMIT");

/// `0.1.0+abc1234`
pub(crate) fn release_id() -> String {
    format!("{VERSION}+{REVISION}")
}

static STARTED: OnceLock<Instant> = OnceLock::new();

/// Starts the clock of [`age`].
pub(crate) fn starts() {
    STARTED.get_or_init(Instant::now);
}

/// How long the process has been running.
pub(crate) fn age() -> Duration {
    STARTED.get_or_init(Instant::now).elapsed()
}

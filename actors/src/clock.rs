//! The wall clock, as actors read it.

use std::time::{Duration, SystemTime};

use tokio::time::Instant;

/// Where actors take the time of day from. Cheap to copy.
#[derive(Debug, Clone, Copy, Default)]
pub enum Clock {
    /// The machine's, with its jumps.
    #[default]
    System,
    /// One that goes with tokio's time, also where that is simulated.
    Tokio {
        /// What it showed.
        base: SystemTime,
        /// When.
        since: Instant,
    },
}

impl Clock {
    /// A clock that goes with tokio's time, from 2026-01-01T00:00:00Z on.
    pub fn simulated() -> Self {
        Clock::Tokio {
            base: SystemTime::UNIX_EPOCH + Duration::from_secs(1_767_225_600),
            since: Instant::now(),
        }
    }

    /// The time of day.
    pub fn now(&self) -> SystemTime {
        match self {
            Clock::System => SystemTime::now(),
            Clock::Tokio { base, since } => *base + since.elapsed(),
        }
    }
}

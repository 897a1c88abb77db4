//! The clock of the simulation: real time, faster, or only what it is told.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use super::options::Pace;

/// Most seconds one call may add: a week.
pub(crate) const LONGEST_ADVANCE: u64 = 7 * 24 * 3_600;

/// What time it is, in whole seconds since the Unix epoch.
#[derive(Debug)]
pub(crate) struct Clock {
    start: i64,
    since: Instant,
    pace: Pace,
    added: i64,
}

impl Clock {
    pub(crate) fn new(start: Option<i64>, pace: Pace) -> Self {
        let now = || {
            let now = SystemTime::now().duration_since(UNIX_EPOCH);
            now.map_or(0, |now| i64::try_from(now.as_secs()).unwrap_or(i64::MAX))
        };
        Clock {
            start: start.unwrap_or_else(now),
            since: Instant::now(),
            pace,
            added: 0,
        }
    }

    pub(crate) fn now(&self) -> i64 {
        let passed = match self.pace {
            Pace::Manual => 0,
            Pace::Times(pace) => {
                let passed = self.since.elapsed().as_secs_f64() * f64::from(pace);
                passed as i64
            }
        };
        self.start.saturating_add(passed).saturating_add(self.added)
    }

    /// Adds seconds, at most [`LONGEST_ADVANCE`]; returns how many it added.
    pub(crate) fn advance(&mut self, seconds: u64) -> u64 {
        let seconds = seconds.min(LONGEST_ADVANCE);
        self.added = self.added.saturating_add(seconds.cast_signed());
        seconds
    }
}

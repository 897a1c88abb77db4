//! `[supervision]`: how many restarts a supervisor bears, and how long it waits before each.

use std::time::Duration;

use serde::Serialize;
use vitals_actors::units::{HumanDuration, Intensity};

use super::table::{Section, Table};
use super::text;

/// `[supervision]`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Supervision {
    /// Restarts the root bears; past them the process ends with exit code 70.
    #[serde(serialize_with = "text::display")]
    pub(crate) root: Intensity,
    /// Restarts the pipeline bears before it fails as a whole.
    #[serde(serialize_with = "text::display")]
    pub(crate) pipeline: Intensity,
    /// Restarts after which a collector counts as degraded.
    #[serde(serialize_with = "text::display")]
    pub(crate) collectors: Intensity,
    /// Wait before the second restart in a row, 1 ms to 1 h; doubles with each further one.
    #[serde(serialize_with = "text::duration")]
    pub(crate) backoff_min: Duration,
    /// The longest wait, 1 ms to 1 h; below `backoff_min`, every wait is this one.
    #[serde(serialize_with = "text::duration")]
    pub(crate) backoff_max: Duration,
    /// So long without a failure, and the next one counts as the first, 1 s to 1 d.
    #[serde(serialize_with = "text::duration")]
    pub(crate) reset_after: Duration,
    /// Threads of hung actors that may be left behind, 0 to 1024; one more and the process ends
    /// with exit code 70.
    pub(crate) abandoned_threads: u32,
}

/// Most restarts an intensity may allow.
const RESTARTS: u32 = 100_000;
/// Shortest and longest period of an intensity.
const PERIOD: (Duration, Duration) = (Duration::from_secs(1), DAY);
const DAY: Duration = Duration::from_hours(24);

impl Default for Supervision {
    fn default() -> Self {
        let period = Duration::from_mins(1);
        Self {
            root: Intensity {
                restarts: 5,
                period,
            },
            pipeline: Intensity {
                restarts: 10,
                period,
            },
            collectors: Intensity {
                restarts: 5,
                period,
            },
            backoff_min: Duration::from_millis(100),
            backoff_max: Duration::from_secs(30),
            reset_after: Duration::from_mins(1),
            abandoned_threads: 8,
        }
    }
}

impl Section for Supervision {
    fn read(&mut self, table: &mut Table<'_>) {
        intensity(table, "root", &mut self.root);
        intensity(table, "pipeline", &mut self.pipeline);
        intensity(table, "collectors", &mut self.collectors);
        let wait = Duration::from_millis(1)..=Duration::from_hours(1);
        table.within("backoff_min", &mut self.backoff_min, wait.clone());
        table.within("backoff_max", &mut self.backoff_max, wait);
        table.within(
            "reset_after",
            &mut self.reset_after,
            Duration::from_secs(1)..=DAY,
        );
        table.within("abandoned_threads", &mut self.abandoned_threads, 0..=1_024);
    }
}

fn intensity(table: &mut Table<'_>, key: &str, slot: &mut Intensity) {
    let (shortest, longest) = PERIOD;
    let allowed = || {
        let (shortest, longest) = (HumanDuration(shortest), HumanDuration(longest));
        format!("0 to {RESTARTS} restarts within {shortest} to {longest}")
    };
    table.checked(key, slot, allowed, |intensity| {
        intensity.restarts <= RESTARTS && (shortest..=longest).contains(&intensity.period)
    });
}

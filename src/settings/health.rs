//! `[health]`: the check of Vitals itself and of what it depends on.

use std::time::Duration;

use serde::Serialize;

use super::table::{Section, Table};
use super::text;

/// `[health]`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Health {
    /// Time from one check to the next, 1 s to 1 min: a verdict older than 90 s is a failure of
    /// its own.
    #[serde(serialize_with = "text::duration")]
    pub(crate) interval: Duration,
}

impl Default for Health {
    fn default() -> Self {
        Self {
            interval: Duration::from_secs(30),
        }
    }
}

impl Section for Health {
    fn read(&mut self, table: &mut Table<'_>) {
        let range = Duration::from_secs(1)..=Duration::from_mins(1);
        table.within("interval", &mut self.interval, range);
    }
}

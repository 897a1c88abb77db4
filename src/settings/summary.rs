//! `[summary]`: the summary of targets, trends and alerts.

use std::time::Duration;

use serde::Serialize;

use super::table::{Section, Table};
use super::text;

/// `[summary]`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Summary {
    /// Time from one summary to the next, 1 s to 1 h; alerts refresh it in between.
    #[serde(serialize_with = "text::duration")]
    pub(crate) interval: Duration,
}

impl Default for Summary {
    fn default() -> Self {
        Self {
            interval: Duration::from_mins(1),
        }
    }
}

impl Section for Summary {
    fn read(&mut self, table: &mut Table<'_>) {
        let range = Duration::from_secs(1)..=Duration::from_hours(1);
        table.within("interval", &mut self.interval, range);
    }
}

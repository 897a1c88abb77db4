//! `[collect]`: how often sources are asked, and how long they may take.

use std::time::Duration;

use serde::Serialize;

use super::table::{Section, Table};
use super::text;

/// `[collect]`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Collect {
    /// Time from one collection to the next, 1 s to 10 min.
    #[serde(serialize_with = "text::duration")]
    pub(crate) interval: Duration,
    /// Time one collection may take, 100 ms to 10 min.
    #[serde(serialize_with = "text::duration")]
    pub(crate) timeout: Duration,
}

impl Default for Collect {
    fn default() -> Self {
        Self {
            interval: Duration::from_secs(10),
            timeout: Duration::from_secs(5),
        }
    }
}

impl Section for Collect {
    fn read(&mut self, table: &mut Table<'_>) {
        let most = Duration::from_mins(10);
        table.within(
            "interval",
            &mut self.interval,
            Duration::from_secs(1)..=most,
        );
        table.within(
            "timeout",
            &mut self.timeout,
            Duration::from_millis(100)..=most,
        );
    }
}

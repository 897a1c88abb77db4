//! `[history]`: how long what was measured is kept, and what it may cost.

use std::time::Duration;

use serde::Serialize;
use vitals_actors::units::Bytes;

use super::table::{Section, Table};
use super::text;

/// `[history]`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct History {
    /// How long samples are kept, 1 h to 400 d.
    #[serde(serialize_with = "text::duration")]
    pub(crate) retention: Duration,
    /// Bytes of all its files; the oldest go first. 16 MB to 1 TB.
    #[serde(serialize_with = "text::display")]
    pub(crate) max_size: Bytes,
    /// Active series of all sources, 100 to 1,000,000; new ones beyond are refused and counted.
    pub(crate) max_series: u32,
    /// Active series of one source, 10 to 1,000,000.
    pub(crate) max_series_per_source: u32,
}

impl Default for History {
    fn default() -> Self {
        Self {
            retention: Duration::from_hours(30 * 24),
            max_size: Bytes::new(1_500_000_000),
            max_series: 20_000,
            max_series_per_source: 5_000,
        }
    }
}

impl Section for History {
    fn read(&mut self, table: &mut Table<'_>) {
        let time = Duration::from_hours(1)..=Duration::from_hours(400 * 24);
        table.within("retention", &mut self.retention, time);
        let size = Bytes::new(16_000_000)..=Bytes::new(1_000_000_000_000);
        table.within("max_size", &mut self.max_size, size);
        table.within("max_series", &mut self.max_series, 100..=1_000_000);
        let series = 10..=1_000_000;
        table.within(
            "max_series_per_source",
            &mut self.max_series_per_source,
            series,
        );
    }
}

//! `[targets]`: the thresholds of the performance targets, one key per target.

use std::time::Duration;

use serde::Serialize;
use vitals_actors::units::{Bytes, Ratio};

use super::table::{Section, Table};
use super::text;

/// `[targets]`. Ratios are from 0 % to 100 %, durations from 1 ms to 1 h.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Targets {
    /// CPU in use stays below.
    #[serde(serialize_with = "text::display")]
    pub(crate) cpu: Ratio,
    /// Memory in use stays below.
    #[serde(serialize_with = "text::display")]
    pub(crate) memory: Ratio,
    /// File systems are filled below.
    #[serde(serialize_with = "text::display")]
    pub(crate) disk: Ratio,
    /// A TCP connection to a dependency takes less than.
    #[serde(serialize_with = "text::duration")]
    pub(crate) network_latency: Duration,
    /// An SQL query takes less than.
    #[serde(serialize_with = "text::duration")]
    pub(crate) query_time: Duration,
    /// Inbound HL7 messages a minute are at least, 0 to 1,000,000.
    pub(crate) hl7_rate: f64,
    /// The connection pool is in use below.
    #[serde(serialize_with = "text::display")]
    pub(crate) connection_pool: Ratio,
    /// A database is smaller than, 1 kB to 1 PB.
    #[serde(serialize_with = "text::display")]
    pub(crate) database_size: Bytes,
    /// The application answers in less than.
    #[serde(serialize_with = "text::duration")]
    pub(crate) api_response: Duration,
    /// Of the application's answers, errors are below.
    #[serde(serialize_with = "text::display")]
    pub(crate) error_rate: Ratio,
    /// Of the look-ups in the cache, hits are above.
    #[serde(serialize_with = "text::display")]
    pub(crate) cache_hit: Ratio,
    /// Of the observed time, dependencies are up for more than.
    #[serde(serialize_with = "text::display")]
    pub(crate) uptime: Ratio,
}

impl Default for Targets {
    fn default() -> Self {
        Self {
            cpu: Ratio::percent(80),
            memory: Ratio::percent(85),
            disk: Ratio::percent(90),
            network_latency: Duration::from_millis(100),
            query_time: Duration::from_millis(500),
            hl7_rate: 50.0,
            connection_pool: Ratio::percent(80),
            database_size: Bytes::new(1_000_000_000),
            api_response: Duration::from_millis(200),
            error_rate: Ratio::percent(2),
            cache_hit: Ratio::percent(80),
            uptime: Ratio::percent(99),
        }
    }
}

impl Section for Targets {
    fn read(&mut self, table: &mut Table<'_>) {
        let share = Ratio::ZERO..=Ratio::ONE;
        let time = Duration::from_millis(1)..=Duration::from_hours(1);
        let size = Bytes::new(1_000)..=Bytes::new(1_000_000_000_000_000);
        table.within("cpu", &mut self.cpu, share.clone());
        table.within("memory", &mut self.memory, share.clone());
        table.within("disk", &mut self.disk, share.clone());
        table.within("network_latency", &mut self.network_latency, time.clone());
        table.within("query_time", &mut self.query_time, time.clone());
        table.within("hl7_rate", &mut self.hl7_rate, 0.0..=1_000_000.0);
        table.within("connection_pool", &mut self.connection_pool, share.clone());
        table.within("database_size", &mut self.database_size, size);
        table.within("api_response", &mut self.api_response, time);
        table.within("error_rate", &mut self.error_rate, share.clone());
        table.within("cache_hit", &mut self.cache_hit, share.clone());
        table.within("uptime", &mut self.uptime, share);
    }
}

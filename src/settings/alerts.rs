//! `[alerts]`: which rules there are, and who is told of what they find.

use serde::Serialize;
use vitals_actors::alert::sink::redis::Prefix;

use super::redis::Redis;
use super::setting::{Setting, parse};
use super::table::{Section, Table};
use super::text;
use super::value::Value;

/// Patterns in the list.
const MOST_PATTERNS: usize = 100;

/// `[alerts]`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Alerts {
    /// Paths of rule files, or patterns of them. Where they match none, the built-in rules run.
    pub(crate) rules: Vec<String>,
    /// Whether alerts are told in the log.
    pub(crate) log_sink: bool,
    /// Redis as a receiver.
    pub(crate) redis: AlertsRedis,
}

/// `[alerts.redis]`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct AlertsRedis {
    /// Whether alerts go to Redis, where there is one.
    pub(crate) enabled: bool,
    /// What all keys and channels begin with.
    #[serde(serialize_with = "text::display")]
    pub(crate) prefix: Prefix,
    /// Which Redis; none: that of `[redis]`.
    #[serde(flatten)]
    pub(crate) redis: Redis,
}

impl Default for Alerts {
    fn default() -> Self {
        Alerts {
            rules: vec!["rules/*.yml".to_owned()],
            log_sink: true,
            redis: AlertsRedis {
                enabled: true,
                prefix: Prefix::default(),
                redis: Redis::default(),
            },
        }
    }
}

impl Section for Alerts {
    fn read(&mut self, table: &mut Table<'_>) {
        table.patterns("rules", &mut self.rules, MOST_PATTERNS);
        table.value("log_sink", &mut self.log_sink);
        table.section("redis", &mut self.redis);
    }
}

impl Section for AlertsRedis {
    fn read(&mut self, table: &mut Table<'_>) {
        table.value("enabled", &mut self.enabled);
        table.value("prefix", &mut self.prefix);
        self.redis.read(table);
    }
}

impl Setting for Prefix {
    const WHAT: &'static str = "1 to 64 letters, digits and -_.:";

    fn read(value: &Value) -> Result<Self, String> {
        parse(value)
    }
}

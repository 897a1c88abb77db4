//! `[log]`: how much Vitals says of its own doing, and in which form.

use log::LevelFilter;
use serde::{Serialize, Serializer};

use super::setting::Setting;
use super::table::{Section, Table};
use super::value::Value;

/// `[log]`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Log {
    /// The least grave messages that are written; `Off` writes none.
    #[serde(serialize_with = "level")]
    pub(crate) level: LevelFilter,
    /// The form of a line.
    pub(crate) format: LogFormat,
}

/// The form of a log line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line, for machines.
    Json,
}

/// The levels by name, from silence to everything.
pub(crate) const LEVELS: [(&str, LevelFilter); 6] = [
    ("off", LevelFilter::Off),
    ("error", LevelFilter::Error),
    ("warn", LevelFilter::Warn),
    ("info", LevelFilter::Info),
    ("debug", LevelFilter::Debug),
    ("trace", LevelFilter::Trace),
];

/// The forms by name.
pub(crate) const FORMATS: [(&str, LogFormat); 2] =
    [("text", LogFormat::Text), ("json", LogFormat::Json)];

impl Default for Log {
    fn default() -> Self {
        Self {
            level: LevelFilter::Info,
            format: LogFormat::Text,
        }
    }
}

impl Section for Log {
    fn read(&mut self, table: &mut Table<'_>) {
        table.value("level", &mut self.level);
        table.value("format", &mut self.format);
    }
}

impl Setting for LevelFilter {
    const WHAT: &'static str = "off, error, warn, info, debug or trace";

    fn read(value: &Value) -> Result<Self, String> {
        chosen(value, &LEVELS)
    }
}

impl Setting for LogFormat {
    const WHAT: &'static str = "text or json";

    fn read(value: &Value) -> Result<Self, String> {
        chosen(value, &FORMATS)
    }
}

/// The choice a value names.
fn chosen<T: Copy>(value: &Value, choices: &[(&str, T)]) -> Result<T, String> {
    let (Value::Text(text) | Value::Untyped(text)) = value else {
        return Err(value.kind().to_owned());
    };
    let choice = choices.iter().find(|(name, _)| name == text);
    choice
        .map(|(_, choice)| *choice)
        .ok_or_else(|| "is unknown".to_owned())
}

fn level<S: Serializer>(level: &LevelFilter, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&level.as_str().to_lowercase())
}

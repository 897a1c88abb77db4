//! The log: lines of text for people, or of JSON for machines, on standard error.

use std::{io::Write, panic::PanicHookInfo, thread};

use env_logger::{Builder, fmt::Formatter};
use jiff::Timestamp;
use log::Record;
use serde_json::json;

use crate::settings::{Log, LogFormat};

/// From here on everything is logged, panics outside supervised actors included.
pub(crate) fn start(settings: &Log) {
    let mut builder = Builder::new();
    builder.filter_level(log::LevelFilter::Warn);
    for ours in ["vitals", "vitals_actors", "supervision"] {
        builder.filter_module(ours, log::LevelFilter::Trace);
    }
    // An error for every malformed request: whoever sends them could fill the disk.
    builder.filter_module("actix_http", log::LevelFilter::Off);
    match settings.format {
        LogFormat::Text => builder.format(text),
        LogFormat::Json => builder.format(json),
    };
    // Started twice in one process (a test): the first one stays.
    let _ = builder.try_init();
    set_level(settings.level);
    std::panic::set_hook(Box::new(panicked));
}

/// From here on nothing less grave is logged.
pub(crate) fn set_level(level: log::LevelFilter) {
    log::set_max_level(level);
}

fn text(out: &mut Formatter, record: &Record<'_>) -> std::io::Result<()> {
    let level = record.level();
    let style = out.default_level_style(level);
    let time = Timestamp::now();
    writeln!(
        out,
        "{time:.3} {style}{level:<5}{style:#} {}",
        record.args()
    )
}

fn json(out: &mut Formatter, record: &Record<'_>) -> std::io::Result<()> {
    let line = json!({
        "time": format!("{:.3}", Timestamp::now()),
        "level": record.level().as_str().to_ascii_lowercase(),
        "target": record.target(),
        "message": record.args().to_string(),
    });
    writeln!(out, "{line}")
}

fn panicked(info: &PanicHookInfo<'_>) {
    let message = info.payload_as_str().unwrap_or("(no message)");
    let place = info.location().map(ToString::to_string).unwrap_or_default();
    let thread = thread::current();
    let thread = thread.name().unwrap_or("unnamed");
    log::error!("panic on thread {thread}: {message} at {place}");
}

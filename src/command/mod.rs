//! One file per command.

pub(crate) mod alerts;
pub(crate) mod check;
pub(crate) mod completions;
pub(crate) mod doctor;
pub(crate) mod export;
pub(crate) mod healthcheck;
pub(crate) mod history;
pub(crate) mod import;
pub(crate) mod query;
pub(crate) mod serve;
pub(crate) mod simulate;

mod progress;
mod running;
mod stored;

use std::io::{self, Write};

/// Prints an answer. That nobody reads it any more is no failure of the command.
fn print(answer: &str) {
    let _ = io::stdout().write_all(answer.as_bytes());
}

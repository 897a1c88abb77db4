//! Tests of the settings as a whole.

mod defaults;
mod hostile;
mod layers;
mod malformed;

use std::ffi::OsString;

use crate::cli::Flags;

use super::Settings;
use super::environment::Environment;
use super::file::File;
use super::load;
use super::problem::SettingsError;

/// The name the file of a test has in messages.
const FILE: &str = "etc/vitals.toml";

/// The settings of a file in `etc/`, variables, and flags, without touching the disk.
fn settings(
    file: &str,
    variables: &[(&str, &str)],
    flags: &Flags,
) -> Result<Settings, SettingsError> {
    let mut reading = load::known();
    let variables = variables
        .iter()
        .map(|(name, value)| (OsString::from(name), OsString::from(value)));
    let environment = Environment::of(variables, &mut reading);
    let file = File {
        path: FILE.into(),
        text: file.to_owned(),
    };
    Settings::assemble(reading, &file, environment, flags)
}

//! Loading: every layer over the one before it, and all problems of all layers at once.

use std::ffi::OsString;
use std::path::Path;

use crate::cli::Flags;

use super::Settings;
use super::environment::{self, Environment};
use super::file::File;
use super::problem::{Fault, Origin, Problem, SHOWN, SettingsError};
use super::table::Reading;
use super::value::{Entries, Place};

/// The flag that names the settings file.
const CONFIG: &str = "--config";

impl Settings {
    /// The settings of this command line in this environment, or everything that is wrong with
    /// them. The file is the one `--config` names, else `VITALS_CONFIG`, else there is none.
    /// Loading again is reloading: nothing is kept between two loads.
    pub(crate) fn load(
        flags: &Flags,
        environment: impl IntoIterator<Item = (OsString, OsString)>,
    ) -> Result<Self, SettingsError> {
        let mut reading = known();
        let environment = Environment::of(environment, &mut reading);

        let named_by_flag = flags.config.clone().map(|path| (Place::Flag(CONFIG), path));
        let named_by_variable = environment
            .config
            .map(|path| (Place::Variable(environment::CONFIG.to_owned()), path));
        let file = named_by_flag
            .or(named_by_variable)
            .and_then(|(place, path)| {
                let unreadable = |(path, reason)| {
                    reading
                        .findings
                        .push((place, Fault::Unreadable { path, reason }));
                };
                File::read(path).map_err(unreadable).ok()
            });
        Self::assemble(
            reading,
            &file.unwrap_or_default(),
            environment.entries,
            flags,
        )
    }

    /// Reads the layers in their order. `reading` knows all keys, and what was found before; no
    /// file is an empty one.
    pub(super) fn assemble(
        mut reading: Reading,
        file: &File,
        environment: Entries,
        flags: &Flags,
    ) -> Result<Self, SettingsError> {
        let mut settings = Self::default();
        match file.entries() {
            Ok(entries) => reading.layer(&mut settings, entries, file.directory()),
            Err(findings) => reading.findings.extend(findings),
        }
        for entries in [environment, self::flags(flags)] {
            reading.layer(&mut settings, entries, Path::new(""));
        }
        settings.server.chaos = flags.chaos;
        match error(reading.findings, file) {
            None => Ok(settings),
            Some(error) => Err(error),
        }
    }
}

/// A reading that knows all keys: reading nothing teaches them, before anything unknown is met.
pub(super) fn known() -> Reading {
    let mut reading = Reading::default();
    reading.layer(&mut Settings::default(), Entries::new(), Path::new(""));
    reading
}

/// The flags that stand for a setting, as a layer.
fn flags(flags: &Flags) -> Entries {
    let mut entries = Entries::new();
    for (flag, path, text) in [
        ("--listen", "server.address", &flags.listen),
        ("--data", "server.data", &flags.data),
        ("--log", "log.level", &flags.log),
        ("--log-format", "log.format", &flags.log_format),
    ] {
        if let Some(text) = text {
            environment::insert(&mut entries, path, Place::Flag(flag), text.clone());
        }
    }
    entries
}

/// The error for the findings, where there are any: in the order of the layers, with lines for
/// offsets.
fn error(mut findings: Vec<(Place, Fault)>, file: &File) -> Option<SettingsError> {
    findings.sort_by(|(one, _), (other, _)| one.cmp(other));
    findings.dedup();
    if findings.is_empty() {
        return None;
    }
    let omitted = findings.len().saturating_sub(SHOWN);
    // First, for finding a line means reading the file up to it.
    findings.truncate(SHOWN);
    let origin = |place| match place {
        Place::Variable(name) => Origin::Variable(name),
        Place::Flag(flag) => Origin::Flag(flag),
        Place::Offset(offset) => {
            let (line, column) = file.position(offset);
            Origin::File {
                path: file.path.clone(),
                line,
                column,
            }
        }
    };
    let problem = |(place, fault)| Problem {
        origin: origin(place),
        fault,
    };
    Some(SettingsError {
        problems: findings.into_iter().map(problem).collect(),
        omitted,
    })
}

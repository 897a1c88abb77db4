//! Loading: every layer over the one before it, and all problems of all layers at once.

use std::ffi::OsString;
use std::path::Path;

use crate::cli::Flags;

use super::Settings;
use super::environment::{self, Environment};
use super::file::File;
use super::iris;
use super::nearest;
use super::postgres;
use super::problem::{Fault, Origin, Problem, SHOWN, SettingsError};
use super::scrape;
use super::table::{Finding, Reading};
use super::value::{Entries, Place, insert, shorten};

/// The flag that names the settings file.
const CONFIG: &str = "--config";
/// The instance the names of the stack speak of.
const MAIN: &str = "main";

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
            .clone()
            .map(|path| (Place::Variable(environment::CONFIG.to_owned()), path));
        let file = named_by_flag
            .or(named_by_variable)
            .and_then(|(place, path)| {
                let unreadable = |(path, reason)| {
                    let fault = Fault::Unreadable { path, reason };
                    reading.findings.push((place, Finding::Fault(fault)));
                };
                File::read(path).map_err(unreadable).ok()
            });
        Self::assemble(reading, &file.unwrap_or_default(), environment, flags)
    }

    /// Reads the layers in their order. `reading` knows all keys, and what was found before; no
    /// file is an empty one.
    pub(super) fn assemble(
        mut reading: Reading,
        file: &File,
        environment: Environment,
        flags: &Flags,
    ) -> Result<Self, SettingsError> {
        let mut settings = Self::default();
        match file.entries() {
            Ok(entries) => reading.layer(&mut settings, entries, file.directory()),
            Err(faults) => {
                let found = |(place, fault)| (place, Finding::Fault(fault));
                reading.findings.extend(faults.into_iter().map(found));
            }
        }
        let has_main = settings.iris.iter().any(|iris| iris.name == MAIN);
        let stack = environment.stack.entries(has_main);
        for entries in [stack, environment.entries, self::flags(flags)] {
            reading.layer(&mut settings, entries, Path::new(""));
        }
        if let Some(token) = environment.token {
            let name = environment::TOKEN_NAME.to_owned();
            settings.auth.tokens.insert(name, token);
        }
        settings.proxies = environment.proxies.proxies(&mut reading);
        settings.server.chaos = flags.chaos;
        missing(&settings, &mut reading);
        match error(reading, file) {
            None => Ok(settings),
            Some(error) => Err(error),
        }
    }
}

/// What must be said and is not, once all layers have been read.
fn missing(settings: &Settings, reading: &mut Reading) {
    let mut missing = |path: String, key: &str, allowed: &str| {
        // Where it was called for the first time.
        if let Some(place) = reading.named.get(&path) {
            let (key, allowed) = (format!("{path}.{key}"), allowed.to_owned());
            let fault = Fault::Missing { key, allowed };
            let finding = (place.clone(), Finding::Fault(fault));
            reading.findings.push(finding);
        }
    };
    for iris in settings.iris.iter().filter(|iris| iris.url.is_none()) {
        missing(format!("iris.{}", iris.name), "url", iris::URL);
    }
    for scrape in settings.scrape.iter().filter(|one| one.url.is_none()) {
        missing(format!("scrape.{}", scrape.name), "url", scrape::URL);
    }
    for postgres in settings.postgres.iter().filter(|one| one.url.is_none()) {
        missing(format!("postgres.{}", postgres.name), "url", postgres::URL);
    }
    for application in &settings.application {
        let path = || format!("application.{}", application.name);
        if application.probe.is_none() && application.metrics.is_none() {
            let allowed = format!("{}; or metrics, or both", scrape::URL);
            missing(path(), "probe", &allowed);
        }
        let map = &application.map;
        for (key, this, other) in [
            ("map.cache_hits", &map.cache_hits, &map.cache_misses),
            ("map.cache_misses", &map.cache_misses, &map.cache_hits),
        ] {
            if this.is_none() && other.is_some() {
                missing(path(), key, "both or none of cache_hits and cache_misses");
            }
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
            insert(&mut entries, path, Place::Flag(flag), text.clone());
        }
    }
    entries
}

/// The error for what was found, where anything was: in the order of the layers, with lines for
/// offsets, and with what was meant.
fn error(mut reading: Reading, file: &File) -> Option<SettingsError> {
    let mut findings = std::mem::take(&mut reading.findings);
    findings.sort_by(|(one, _), (other, _)| one.cmp(other));
    findings.dedup();
    if findings.is_empty() {
        return None;
    }
    let omitted = findings.len().saturating_sub(SHOWN);
    // First: putting a finding into words can mean reading the whole file.
    findings.truncate(SHOWN);
    let problem = |(place, finding)| {
        let is_variable = matches!(place, Place::Variable(_));
        let fault = match finding {
            Finding::Fault(fault) => fault,
            Finding::Unknown(path) if is_variable => Fault::UnknownVariable {
                remedy: nearest::variable(&path, &reading),
            },
            Finding::Unknown(path) => Fault::UnknownKey {
                key: shorten(&path),
                remedy: nearest::key(&path, &reading),
            },
        };
        let origin = match place {
            Place::Variable(name) => Origin::Variable(shorten(&name)),
            Place::Flag(flag) => Origin::Flag(flag),
            Place::Offset(offset) => {
                let (line, column) = file.position(offset);
                let path = file.path.clone();
                Origin::File { path, line, column }
            }
        };
        Problem { origin, fault }
    };
    Some(SettingsError {
        problems: findings.into_iter().map(problem).collect(),
        omitted,
    })
}

//! The built-in defaults, `config/vitals.toml` and the printed settings hold each other equal.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::cli::Flags;
use crate::settings::environment::Environment;
use crate::settings::file::File;
use crate::settings::table::ANY;
use crate::settings::value::{Entries, Value};
use crate::settings::{Settings, load};

use super::settings;

/// As if it lay in the working directory, which the built-in paths are relative to.
fn file(text: &str) -> File {
    File {
        path: "vitals.toml".into(),
        text: text.to_owned(),
    }
}

fn of_file(text: &str) -> Settings {
    Settings::assemble(
        load::known(),
        &file(text),
        Environment::default(),
        &Flags::default(),
    )
    .unwrap()
}

/// The paths of all values in a file.
fn keys(text: &str) -> BTreeSet<String> {
    fn walk(entries: Entries, prefix: &str, keys: &mut BTreeSet<String>) {
        for (name, entry) in entries {
            match entry.value {
                Value::Table(entries) => walk(entries, &format!("{prefix}{name}."), keys),
                _ => drop(keys.insert(format!("{prefix}{name}"))),
            }
        }
    }
    let mut keys = BTreeSet::new();
    walk(file(text).entries().unwrap(), "", &mut keys);
    keys
}

/// But those of parts of which there may be several: by default there are none.
fn known_keys() -> BTreeSet<String> {
    let known = load::known().keys.into_iter();
    known.filter(|key| !key.contains(ANY)).collect()
}

#[test]
fn the_file_we_ship_is_the_defaults_and_complete() {
    let shipped = include_str!("../../../config/vitals.toml");
    assert_eq!(of_file(shipped), Settings::default());
    assert_eq!(keys(shipped), known_keys());
}

#[test]
fn printed_settings_are_complete_and_read_back() {
    let mut changed = Settings::default();
    changed.collect.interval = Duration::from_millis(1_500);
    changed.targets.hl7_rate = 0.5;
    changed.server.data = "/var/lib/with \"quotes\"".into();
    for settings in [Settings::default(), changed] {
        let text = toml::to_string(&settings).unwrap();
        assert_eq!(of_file(&text), settings);
        // A secret is printed, if at all, under one of its two names.
        let is_printed =
            |key: &String| !key.ends_with("password_file") && !key.ends_with("token_file");
        assert_eq!(
            keys(&text),
            known_keys().into_iter().filter(is_printed).collect()
        );
    }
}

#[test]
fn nothing_said_means_the_defaults() {
    assert_eq!(
        settings("", &[], &Flags::default()),
        Ok(Settings::default())
    );
}

//! The environment as a layer: `VITALS__SECTION__KEY` stands for `section.key`.

use std::ffi::OsString;
use std::path::PathBuf;

use super::problem::Fault;
use super::table::{Finding, Reading};
use super::value::{Entries, Entry, Place, Value};

/// What the names of all variables that stand for a setting begin with.
const PREFIX: &str = "VITALS__";

/// Names the settings file; the flag `--config` goes before it.
pub(super) const CONFIG: &str = "VITALS_CONFIG";

/// What the environment says to Vitals.
#[derive(Debug, Default)]
pub(super) struct Environment {
    /// The settings file, where one is named. Empty counts as unset, as `${X:-}` gives it.
    pub(super) config: Option<PathBuf>,
    /// The settings given by variables.
    pub(super) entries: Entries,
}

impl Environment {
    /// Takes what is meant for Vitals out of all variables; variables of a name that starts as
    /// ours do, and stands for no setting, are reported.
    pub(super) fn of(
        variables: impl IntoIterator<Item = (OsString, OsString)>,
        reading: &mut Reading,
    ) -> Self {
        let mut environment = Self::default();
        for (variable, value) in variables {
            if variable == CONFIG {
                environment.config = Some(value)
                    .filter(|value| !value.is_empty())
                    .map(PathBuf::from);
                continue;
            }
            // A name that is no text cannot be ours beyond the prefix, and is refused as unknown.
            let variable = variable.to_string_lossy().into_owned();
            let Some(after) = variable.strip_prefix(PREFIX) else {
                continue;
            };
            let path = after.replace("__", ".").to_lowercase();
            // One way to write each name, so that no two variables stand for one setting.
            let known = reading.keys.contains(&path) && name(&path) == variable;
            let place = Place::Variable(variable);
            if !known {
                reading.findings.push((place, Finding::Unknown(path)));
                continue;
            }
            match value.into_string() {
                Ok(text) => insert(&mut environment.entries, &path, place, text),
                Err(_) => reading
                    .findings
                    .push((place, Finding::Fault(Fault::NotText))),
            }
        }
        environment
    }
}

/// The variable that stands for the setting at `path`.
pub(super) fn name(path: &str) -> String {
    format!("{PREFIX}{}", path.replace('.', "__").to_uppercase())
}

/// Puts untyped text at `path`, making the tables on the way.
pub(super) fn insert(entries: &mut Entries, path: &str, place: Place, text: String) {
    let value = match path.split_once('.') {
        None => Value::Untyped(text),
        Some((section, rest)) => {
            let table = Value::Table(Entries::new());
            let entry = Entry {
                key: place.clone(),
                place: place.clone(),
                value: table,
            };
            let entry = entries.entry(section.to_owned()).or_insert(entry);
            if let Value::Table(entries) = &mut entry.value {
                insert(entries, rest, place, text);
            }
            return;
        }
    };
    entries.insert(
        path.to_owned(),
        Entry {
            key: place.clone(),
            place,
            value,
        },
    );
}

//! What a section sees of one layer: it names its keys, their types and their ranges, and the
//! table does the rest: it fills in what is said, reports what is wrong, and refuses every key
//! that was not named.

mod files;
mod parts;
mod secrets;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

use exposition::is_label_name;

use super::problem::Fault;
use super::setting::{OUT_OF_RANGE, Ranged, Setting};
use super::value::{Entries, Entry, Item, Place, Value, shorten};

pub(super) use parts::{ANY, Named, is_name};

/// A part of the settings that reads itself. Every layer is read over the one before it, so a
/// section changes only what the layer says.
pub(super) trait Section {
    /// Names every key of the section, each with its place, type and range.
    fn read(&mut self, table: &mut Table<'_>);
}

/// Something that is wrong, not yet put into words.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Finding {
    /// The words are known.
    Fault(Fault),
    /// Nothing is called this. What was meant is looked for only where it is shown: a file of the
    /// wrong kind has a hundred thousand unknown keys.
    Unknown(String),
}

/// What has been learnt while reading: the keys there are, and the problems.
#[derive(Debug, Default)]
pub(super) struct Reading {
    /// Paths of the tables the settings have, such as `collect`.
    pub(super) sections: BTreeSet<String>,
    /// Paths of the values the settings have, such as `collect.interval`.
    pub(super) keys: BTreeSet<String>,
    /// Where parts of which there may be several were first named, by their paths, `iris.main`.
    pub(super) named: BTreeMap<String, Place>,
    /// What is wrong so far.
    pub(super) findings: Vec<(Place, Finding)>,
}

impl Reading {
    /// Lets a section read one layer, and reports what it leaves unread. `base` is the directory
    /// that relative paths of this layer are relative to.
    pub(super) fn layer(&mut self, section: &mut impl Section, entries: Entries, base: &Path) {
        Table::read(section, String::new(), entries, base, self);
    }
}

/// The entries of one table in one layer.
pub(super) struct Table<'r> {
    path: String,
    entries: Entries,
    base: &'r Path,
    reading: &'r mut Reading,
}

impl Table<'_> {
    fn read(
        section: &mut impl Section,
        path: String,
        entries: Entries,
        base: &Path,
        reading: &mut Reading,
    ) {
        let mut table = Table {
            path,
            entries,
            base,
            reading,
        };
        section.read(&mut table);
        let Table {
            path,
            entries,
            reading,
            ..
        } = table;
        let unknown = entries
            .into_iter()
            .map(|(key, entry)| (entry.key, Finding::Unknown(join(&path, &key))));
        reading.findings.extend(unknown);
    }

    /// A value every value of its type is allowed for.
    pub(super) fn value<T: Setting>(&mut self, key: &str, slot: &mut T) {
        self.checked(key, slot, || T::WHAT.to_owned(), |_| true);
    }

    /// A value within a range.
    pub(super) fn within<T: Ranged>(&mut self, key: &str, slot: &mut T, range: RangeInclusive<T>) {
        let allowed = || {
            let (least, most) = (range.start().show(), range.end().show());
            format!("{} from {least} to {most}", T::WHAT)
        };
        self.checked(key, slot, allowed, |value| range.contains(value));
    }

    /// A value that passes a check of its section's own; `allowed` says what does.
    pub(super) fn checked<T: Setting>(
        &mut self,
        key: &str,
        slot: &mut T,
        allowed: impl Fn() -> String,
        passes: impl Fn(&T) -> bool,
    ) {
        let Some((path, entry)) = self.take(key) else {
            return;
        };
        let reason = match T::read(&entry.value) {
            Ok(value) if passes(&value) => {
                *slot = value;
                return;
            }
            Ok(_) => OUT_OF_RANGE.to_owned(),
            Err(reason) => reason,
        };
        self.invalid(path, entry, reason, allowed());
    }

    /// A value that may be absent, which is written as empty text.
    pub(super) fn optional<T: Setting>(&mut self, key: &str, slot: &mut Option<T>) {
        self.optional_checked(key, slot, T::WHAT, |_| true);
    }

    /// A value within a range, or none.
    pub(super) fn optional_within<T: Ranged>(
        &mut self,
        key: &str,
        slot: &mut Option<T>,
        range: RangeInclusive<T>,
    ) {
        let (least, most) = (range.start().show(), range.end().show());
        let allowed = format!("{} from {least} to {most}", T::WHAT);
        self.optional_checked(key, slot, &allowed, |value| range.contains(value));
    }

    fn optional_checked<T: Setting>(
        &mut self,
        key: &str,
        slot: &mut Option<T>,
        allowed: &str,
        passes: impl Fn(&T) -> bool,
    ) {
        let Some((path, entry)) = self.take(key) else {
            return;
        };
        let reason = match &entry.value {
            Value::Text(text) | Value::Untyped(text) if text.is_empty() => return *slot = None,
            value => match T::read(value) {
                Ok(value) if passes(&value) => return *slot = Some(value),
                Ok(_) => OUT_OF_RANGE.to_owned(),
                Err(reason) => reason,
            },
        };
        self.invalid(path, entry, reason, format!("{allowed}, or \"\" for none"));
    }

    /// At most so many values. A variable gives them separated by commas.
    pub(super) fn list<T: Setting>(&mut self, key: &str, slot: &mut Vec<T>, most: usize) {
        let Some((path, entry)) = self.take(key) else {
            return;
        };
        let items = match entry.value {
            Value::List(items) => items,
            Value::Untyped(text) => {
                let parts = text
                    .split(',')
                    .map(str::trim)
                    .filter(|part| !part.is_empty());
                let item = |part: &str| Item {
                    place: entry.place.clone(),
                    value: Value::Untyped(part.to_owned()),
                };
                parts.map(item).collect()
            }
            _ => {
                let reason = entry.value.kind().to_owned();
                let allowed = format!("a list, each {}", T::WHAT);
                return self.invalid(path, entry, reason, allowed);
            }
        };
        if items.len() > most {
            let (value, reason) = (
                format!("[{} values]", items.len()),
                "is too long".to_owned(),
            );
            let allowed = format!("at most {most}, each {}", T::WHAT);
            return self.report(path, entry.place, value, reason, allowed);
        }
        let mut values = Vec::new();
        for item in items {
            match T::read(&item.value) {
                Ok(value) => values.push(value),
                Err(reason) => {
                    let (path, allowed) = (path.clone(), T::WHAT.to_owned());
                    self.report(path, item.place, item.value.show(), reason, allowed);
                }
            }
        }
        *slot = values;
    }

    /// Patterns of paths; relative ones are relative to the file of settings.
    pub(super) fn patterns(&mut self, key: &str, slot: &mut Vec<String>, most: usize) {
        let is_said = self.entries.contains_key(key);
        self.list(key, slot, most);
        if is_said {
            for pattern in slot {
                *pattern = self.base.join(&*pattern).to_string_lossy().into_owned();
            }
        }
    }

    /// Labels and their values, each under a name the operator has chosen.
    pub(super) fn labels(&mut self, key: &str, slots: &mut BTreeMap<String, String>) {
        let path = join(&self.path, key);
        self.reading.sections.insert(path.clone());
        let Some(entry) = self.entries.remove(key) else {
            return;
        };
        let Value::Table(entries) = entry.value else {
            let reason = entry.value.kind().to_owned();
            let allowed = format!("a section, written [{path}]");
            return self.invalid(path, entry, reason, allowed);
        };
        for (name, entry) in entries {
            let reason = match &entry.value {
                Value::Text(text) | Value::Untyped(text) if is_label_name(&name) => {
                    slots.insert(name, text.clone());
                    continue;
                }
                Value::Text(_) | Value::Untyped(_) => "has a name that no label has".to_owned(),
                other => other.kind().to_owned(),
            };
            let allowed = "text, under a name of letters, digits and _".to_owned();
            self.invalid(join(&path, &shorten(&name)), entry, reason, allowed);
        }
    }

    /// A section below this one.
    pub(super) fn section(&mut self, key: &str, section: &mut impl Section) {
        let path = join(&self.path, key);
        self.reading.sections.insert(path.clone());
        let entries = match self.entries.remove(key) {
            Some(Entry {
                value: Value::Table(entries),
                ..
            }) => entries,
            Some(entry) => {
                let reason = entry.value.kind().to_owned();
                let allowed = format!("a section, written [{path}]");
                return self.invalid(path, entry, reason, allowed);
            }
            // Read all the same: so the keys that could have been there become known.
            None => Entries::new(),
        };
        Table::read(section, path, entries, self.base, self.reading);
    }

    fn take(&mut self, key: &str) -> Option<(String, Entry)> {
        let path = join(&self.path, key);
        self.reading.keys.insert(path.clone());
        self.entries.remove(key).map(|entry| (path, entry))
    }

    fn invalid(&mut self, key: String, entry: Entry, reason: String, allowed: String) {
        self.report(key, entry.place, entry.value.show(), reason, allowed);
    }

    fn report(&mut self, key: String, at: Place, value: String, reason: String, allowed: String) {
        let fault = Fault::Invalid {
            key,
            value,
            reason,
            allowed,
        };
        self.reading.findings.push((at, Finding::Fault(fault)));
    }
}

/// The path of a key within the table at `path`.
fn join(path: &str, key: &str) -> String {
    if path.is_empty() {
        key.to_owned()
    } else {
        format!("{path}.{key}")
    }
}

//! What a section sees of one layer: it names its keys, their types and their ranges, and the
//! table does the rest: it fills in what is said, reports what is wrong, and refuses every key
//! that was not named.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

use exposition::is_label_name;

use super::problem::Fault;
use super::secret::Secret;
use super::setting::{OUT_OF_RANGE, Ranged, Setting};
use super::value::{Entries, Entry, Item, Place, Value, shorten};

/// Stands for a value that is shown to nobody.
const HIDDEN: &str = "\"…\"";
/// Characters of a name.
const LONGEST_NAME: usize = 64;

/// A part of the settings that reads itself. Every layer is read over the one before it, so a
/// section changes only what the layer says.
pub(super) trait Section {
    /// Names every key of the section, each with its place, type and range.
    fn read(&mut self, table: &mut Table<'_>);
}

/// A part of the settings of which there may be several, each by its name: in a file
/// `[[iris]]` with a `name`, in the environment `VITALS__IRIS__<NAME>__KEY`.
pub(super) trait Named: Section {
    /// With the defaults.
    fn named(name: String) -> Self;

    /// Its name.
    fn name(&self) -> &str;
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

    /// Parts of which there may be several, at most `most`, and which have no names.
    pub(super) fn rows<T: Section + Default>(
        &mut self,
        key: &str,
        slots: &mut Vec<T>,
        most: usize,
    ) {
        let path = join(&self.path, key);
        self.reading.sections.insert(path.clone());
        // So the keys become known.
        let of_any = join(&path, ANY);
        Table::read(
            &mut T::default(),
            of_any,
            Entries::new(),
            self.base,
            self.reading,
        );
        let Some(entry) = self.entries.remove(key) else {
            return;
        };
        let allowed = format!("sections, each written [[{path}]]; at most {most}");
        let items = match entry.value {
            Value::List(items) if items.len() <= most => items,
            value => {
                let (value, reason) = (value.show(), value.kind().to_owned());
                return self.report(path, entry.place, value, reason, allowed);
            }
        };
        slots.clear();
        for item in items {
            let Value::Table(entries) = item.value else {
                let (value, reason) = (item.value.show(), item.value.kind().to_owned());
                self.report(path.clone(), item.place, value, reason, allowed.clone());
                continue;
            };
            let mut slot = T::default();
            Table::read(&mut slot, path.clone(), entries, self.base, self.reading);
            slots.push(slot);
        }
    }

    /// Secrets, each under a name the operator has chosen. `read` is given the text and the directory
    /// that relative paths are relative to; its error is a predicate. The text is shown to nobody.
    pub(super) fn secrets<T>(
        &mut self,
        key: &str,
        slots: &mut BTreeMap<String, T>,
        allowed: &str,
        read: impl Fn(&str, &Path) -> Result<T, String>,
    ) {
        let path = join(&self.path, key);
        self.reading.sections.insert(path.clone());
        let Some(entry) = self.entries.remove(key) else {
            return;
        };
        let Value::Table(entries) = entry.value else {
            let reason = entry.value.kind().to_owned();
            let allowed = format!("a section, written [{path}]");
            return self.report(path, entry.place, HIDDEN.to_owned(), reason, allowed);
        };
        for (name, entry) in entries {
            let value = match &entry.value {
                Value::Text(_) if !is_name(&name) => {
                    Err("has a name with other characters than letters, digits, - and _".to_owned())
                }
                Value::Text(text) => read(text, self.base),
                other => Err(other.kind().to_owned()),
            };
            match value {
                Ok(value) => drop(slots.insert(name, value)),
                Err(reason) => {
                    let path = join(&path, &shorten(&name));
                    self.report(
                        path,
                        entry.place,
                        HIDDEN.to_owned(),
                        reason,
                        allowed.to_owned(),
                    );
                }
            }
        }
    }

    /// Parts of which there may be several, at most `most`.
    pub(super) fn named<T: Named>(&mut self, key: &str, slots: &mut Vec<T>, most: usize) {
        let path = join(&self.path, key);
        self.reading.sections.insert(path.clone());
        // Nothing is read into a part of any name: so the keys become known.
        let mut any = T::named(ANY.to_owned());
        let of_any = join(&path, ANY);
        Table::read(&mut any, of_any, Entries::new(), self.base, self.reading);
        let Some(entry) = self.entries.remove(key) else {
            return;
        };
        let mut parts = Vec::new();
        match entry.value {
            Value::List(items) => {
                for item in items {
                    parts.extend(self.named_part(&path, item));
                }
            }
            Value::Table(entries) if matches!(entry.place, Place::Variable(_)) => {
                for (name, entry) in entries {
                    if let Value::Table(entries) = entry.value {
                        parts.push((name, entry.place, entries));
                    }
                }
            }
            value => {
                let allowed = format!("sections, each written [[{path}]], with a name");
                let (value, reason) = (value.show(), value.kind().to_owned());
                return self.report(path, entry.place, value, reason, allowed);
            }
        }
        for (name, place, entries) in parts {
            let at = slots.iter().position(|slot| same_name(slot.name(), &name));
            if at.is_none() && slots.len() >= most {
                let value = format!("\"{}\"", shorten(&name));
                let (reason, allowed) = ("is one too many".to_owned(), format!("at most {most}"));
                self.report(join(&path, "name"), place, value, reason, allowed);
                continue;
            }
            let at = at.unwrap_or_else(|| {
                slots.push(T::named(name.clone()));
                slots.len() - 1
            });
            let Some(slot) = slots.get_mut(at) else {
                continue;
            };
            let path = join(&path, slot.name());
            self.reading.named.entry(path.clone()).or_insert(place);
            Table::read(slot, path, entries, self.base, self.reading);
        }
    }

    /// A part in a file: its name, where it stands, and what it says.
    fn named_part(&mut self, path: &str, item: Item) -> Option<(String, Place, Entries)> {
        let allowed = "a name of letters, digits, - and _, each once".to_owned();
        let key = join(path, "name");
        let Value::Table(mut entries) = item.value else {
            let (value, reason) = (item.value.show(), item.value.kind().to_owned());
            let allowed = format!("sections, each written [[{path}]], with a name");
            self.report(path.to_owned(), item.place, value, reason, allowed);
            return None;
        };
        let Some(entry) = entries.remove("name") else {
            let fault = Fault::Missing { key, allowed };
            let finding = (item.place, Finding::Fault(fault));
            self.reading.findings.push(finding);
            return None;
        };
        let reason = match &entry.value {
            Value::Text(name) if !is_name(name) => "is no name",
            Value::Text(name) => {
                let known = self.reading.named.keys();
                let mut known =
                    known.filter_map(|known| known.strip_prefix(path)?.strip_prefix('.'));
                if !known.any(|known| same_name(known, name)) {
                    // At once: the next one may be called the same.
                    let named = join(path, name);
                    self.reading.named.insert(named, entry.place.clone());
                    return Some((name.clone(), entry.place, entries));
                }
                "is the name of another"
            }
            other => other.kind(),
        };
        self.invalid(key, entry, reason.to_owned(), allowed);
        None
    }

    /// A secret, as text or, by the same key with `_file` behind, as a file's path. Its text is shown
    /// to nobody.
    pub(super) fn secret(&mut self, key: &str, slot: &mut Secret) {
        let file_key = format!("{key}_file");
        let (text, file) = (self.take(key), self.take(&file_key));
        let says = |taken: &&(String, Entry)| match &taken.1.value {
            Value::Text(text) | Value::Untyped(text) => !text.is_empty(),
            _ => true,
        };
        let both = (text.as_ref().filter(says), file.as_ref().filter(says));
        if let (Some((path, entry)), Some(_)) = both {
            let reason = format!("is there, and {file_key} too");
            let allowed = "one of them".to_owned();
            return self.report(
                path.clone(),
                entry.place.clone(),
                HIDDEN.to_owned(),
                reason,
                allowed,
            );
        }
        if let Some((path, entry)) = text {
            match &entry.value {
                Value::Text(text) | Value::Untyped(text) => match Secret::of(text) {
                    Ok(secret) => *slot = secret,
                    Err(reason) => {
                        let allowed = "a secret on one line".to_owned();
                        self.report(path, entry.place, HIDDEN.to_owned(), reason, allowed);
                    }
                },
                other => {
                    let (reason, allowed) = (other.kind().to_owned(), "text".to_owned());
                    self.report(path, entry.place, HIDDEN.to_owned(), reason, allowed);
                }
            }
        }
        if let Some((path, entry)) = file {
            let allowed = "the path of a file with the secret in it, or \"\" for none";
            let reason = match &entry.value {
                Value::Text(text) | Value::Untyped(text) if text.is_empty() => return,
                Value::Text(text) | Value::Untyped(text) => {
                    match Secret::of_file(&self.base.join(text)) {
                        Ok(secret) => return *slot = secret,
                        Err(reason) => reason,
                    }
                }
                other => other.kind().to_owned(),
            };
            self.invalid(path, entry, reason, allowed.to_owned());
        }
    }

    /// What is made of a file, whose path is relative to the file of settings; \"\" is none. `read`'s
    /// error is a predicate of the path.
    pub(super) fn file<T>(
        &mut self,
        key: &str,
        slot: &mut Option<T>,
        allowed: &str,
        read: impl Fn(&Path) -> Result<T, String>,
    ) {
        let Some((path, entry)) = self.take(key) else {
            return;
        };
        let reason = match &entry.value {
            Value::Text(text) | Value::Untyped(text) if text.is_empty() => return *slot = None,
            Value::Text(text) | Value::Untyped(text) if !text.contains('\0') => {
                match read(&self.base.join(text)) {
                    Ok(read) => return *slot = Some(read),
                    Err(reason) => reason,
                }
            }
            other => other.kind().to_owned(),
        };
        self.invalid(path, entry, reason, allowed.to_owned());
    }

    /// A path; in a file, a relative one is relative to the file.
    pub(super) fn path(&mut self, key: &str, slot: &mut PathBuf) {
        let Some((path, entry)) = self.take(key) else {
            return;
        };
        let reason = match &entry.value {
            Value::Text(text) | Value::Untyped(text) => {
                if text.is_empty() {
                    "is empty"
                } else if text.contains('\0') {
                    "contains a NUL"
                } else {
                    *slot = self.base.join(text);
                    return;
                }
            }
            other => other.kind(),
        };
        self.invalid(path, entry, reason.to_owned(), "a path".to_owned());
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

/// Stands for every name in the paths of keys.
pub(super) const ANY: &str = "*";

/// Variables have neither small letters nor hyphens: names that differ in nothing else are one.
pub(super) fn same_name(one: &str, other: &str) -> bool {
    let plain = |byte: u8| match byte {
        b'-' => b'_',
        byte => byte.to_ascii_lowercase(),
    };
    one.bytes().map(plain).eq(other.bytes().map(plain))
}

/// Whether a text can be the name of something: it goes into logs.
pub(super) fn is_name(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    (1..=LONGEST_NAME).contains(&text.len()) && text.bytes().all(plain)
}

/// The path of a key within the table at `path`.
fn join(path: &str, key: &str) -> String {
    if path.is_empty() {
        key.to_owned()
    } else {
        format!("{path}.{key}")
    }
}

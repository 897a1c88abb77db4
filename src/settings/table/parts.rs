//! Parts of the settings of which there may be several, with names and without.

use super::*;

/// Characters of a name.
const LONGEST_NAME: usize = 64;

/// Stands for every name in the paths of keys.
pub(in crate::settings) const ANY: &str = "*";

/// A part of the settings of which there may be several, each by its name: in a file
/// `[[iris]]` with a `name`, in the environment `VITALS__IRIS__<NAME>__KEY`.
pub(in crate::settings) trait Named: Section {
    /// With the defaults.
    fn named(name: String) -> Self;

    /// Its name.
    fn name(&self) -> &str;
}

impl Table<'_> {
    /// Parts of which there may be several, at most `most`, and which have no names.
    pub(in crate::settings) fn rows<T: Section + Default>(
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

    /// Parts of which there may be several, at most `most`.
    pub(in crate::settings) fn named<T: Named>(
        &mut self,
        key: &str,
        slots: &mut Vec<T>,
        most: usize,
    ) {
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
}

/// Variables have neither small letters nor hyphens: names that differ in nothing else are one.
pub(in crate::settings) fn same_name(one: &str, other: &str) -> bool {
    let plain = |byte: u8| match byte {
        b'-' => b'_',
        byte => byte.to_ascii_lowercase(),
    };
    one.bytes().map(plain).eq(other.bytes().map(plain))
}

/// Whether a text can be the name of something: it goes into logs.
pub(in crate::settings) fn is_name(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    (1..=LONGEST_NAME).contains(&text.len()) && text.bytes().all(plain)
}

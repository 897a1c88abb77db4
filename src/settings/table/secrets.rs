//! Values that are shown to nobody, whatever is wrong with them.

use super::*;
use crate::settings::secret::Secret;

/// Stands for a value that is shown to nobody.
const HIDDEN: &str = "\"…\"";
impl Table<'_> {
    /// Secrets, each under a name the operator has chosen. `read` is given the text and the directory
    /// that relative paths are relative to; its error is a predicate. The text is shown to nobody.
    pub(in crate::settings) fn secrets<T>(
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

    /// A secret, as text or, by the same key with `_file` behind, as a file's path. Its text is shown
    /// to nobody.
    pub(in crate::settings) fn secret(&mut self, key: &str, slot: &mut Secret) {
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
}

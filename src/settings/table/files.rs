//! Files and paths, relative to the file they are named in.

use super::*;

impl Table<'_> {
    /// What is made of a file, whose path is relative to the file of settings; \"\" is none. `read`'s
    /// error is a predicate of the path.
    pub(in crate::settings) fn file<T>(
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
    pub(in crate::settings) fn path(&mut self, key: &str, slot: &mut PathBuf) {
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
}

//! The settings file: reading it without trusting it, and turning it into entries that know where
//! they stand.

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::thread;

use toml::Spanned;
use toml::de::{DeArray, DeTable, DeValue};

use super::problem::Fault;
use super::unreadable::Unreadable;
use super::value::{Entries, Entry, Item, Place, Value};

/// The largest file that is read, in bytes.
pub(super) const LARGEST: u64 = 1 << 20;

/// Tables within tables, more than settings will ever have.
const DEEPEST: usize = 16;

/// Stack for parsing. The parser bounds the depth of brackets and of dotted keys, each to 80, but
/// not the product of both, and drops such a tree by recursion: a file of 13 kB would overflow the
/// stack of an ordinary thread and end the process. This is room for the deepest it lets through.
const STACK: usize = 64 << 20;

/// A settings file in memory.
#[derive(Debug, Default)]
pub(super) struct File {
    /// As it was given.
    pub(super) path: PathBuf,
    pub(super) text: String,
}

impl File {
    /// Reads the file at `path`.
    pub(super) fn read(path: PathBuf) -> Result<Self, (PathBuf, Unreadable)> {
        match read(&path) {
            Ok(text) => Ok(Self { path, text }),
            Err(reason) => Err((path, reason)),
        }
    }

    /// The directory that relative paths in the file are relative to.
    pub(super) fn directory(&self) -> &Path {
        self.path.parent().unwrap_or(Path::new(""))
    }

    /// What the file says, or why it is not TOML.
    pub(super) fn entries(&self) -> Result<Entries, Vec<(Place, Fault)>> {
        if self.text.is_empty() {
            return Ok(Entries::new()); // as of no file: nothing that a thread is needed for
        }
        let failed = |message: &str| {
            let message = message.to_owned();
            vec![(Place::Offset(0), Fault::Syntax { message })]
        };
        thread::scope(|scope| {
            thread::Builder::new()
                .name("settings".to_owned())
                .stack_size(STACK)
                .spawn_scoped(scope, || parse(&self.text))
                .map_err(|error| failed(&format!("no thread to parse it: {error}")))?
                .join()
                .unwrap_or_else(|_| Err(failed("the parser gave up")))
        })
    }

    /// Line and column of a byte offset, both from 1.
    pub(super) fn position(&self, offset: usize) -> (usize, usize) {
        position(self.text.as_bytes(), offset)
    }
}

fn read(path: &Path) -> Result<String, Unreadable> {
    // Before opening: opening a pipe nobody writes to never returns.
    let kind = fs::metadata(path).map_err(unreadable)?.file_type();
    if kind.is_dir() {
        return Err(Unreadable::Directory);
    }
    if !kind.is_file() {
        return Err(Unreadable::NotAFile);
    }
    let mut bytes = Vec::new();
    let file = fs::File::open(path).map_err(unreadable)?;
    file.take(LARGEST + 1)
        .read_to_end(&mut bytes)
        .map_err(unreadable)?;
    if bytes.len() as u64 > LARGEST {
        return Err(Unreadable::TooLarge { limit: LARGEST });
    }
    String::from_utf8(bytes).map_err(|error| {
        let (line, column) = position(error.as_bytes(), error.utf8_error().valid_up_to());
        Unreadable::NotText { line, column }
    })
}

fn unreadable(error: io::Error) -> Unreadable {
    let reason = error.to_string();
    match error.kind() {
        io::ErrorKind::NotFound => Unreadable::Missing,
        io::ErrorKind::PermissionDenied => Unreadable::Denied { reason },
        _ => Unreadable::Failed { reason },
    }
}

/// Line and column of an offset in a text that is UTF-8 up to there.
fn position(bytes: &[u8], offset: usize) -> (usize, usize) {
    let before = &bytes[..offset.min(bytes.len())];
    let start = before
        .iter()
        .rposition(|byte| *byte == b'\n')
        .map_or(0, |newline| newline + 1);
    let lines = before.iter().filter(|byte| **byte == b'\n').count();
    let is_start_of_character = |byte: &&u8| (**byte & 0xC0) != 0x80;
    (
        lines + 1,
        before[start..].iter().filter(is_start_of_character).count() + 1,
    )
}

fn parse(text: &str) -> Result<Entries, Vec<(Place, Fault)>> {
    let (table, errors) = DeTable::parse_recoverable(text);
    let mut findings: Vec<_> = errors
        .iter()
        .map(|error| {
            let offset = error.span().map_or(0, |span| span.start);
            let message = error.message().to_owned();
            (Place::Offset(offset), Fault::Syntax { message })
        })
        .collect();
    let entries = table_entries(table.get_ref(), 1, &mut findings);
    if findings.is_empty() {
        Ok(entries)
    } else {
        Err(findings)
    }
}

fn table_entries(table: &DeTable<'_>, depth: usize, findings: &mut Vec<(Place, Fault)>) -> Entries {
    let mut entries = Entries::new();
    for (key, value) in table {
        let place = Place::Offset(value.span().start);
        if depth > DEEPEST {
            findings.push((place, too_deep()));
            continue;
        }
        let key_place = Place::Offset(key.span().start);
        let value = convert(value, depth, findings);
        entries.insert(
            key.get_ref().to_string(),
            Entry {
                key: key_place,
                place,
                value,
            },
        );
    }
    entries
}

fn list_items(items: &DeArray<'_>, depth: usize, findings: &mut Vec<(Place, Fault)>) -> Vec<Item> {
    let mut list = Vec::new();
    for item in items {
        let place = Place::Offset(item.span().start);
        if depth > DEEPEST {
            findings.push((place, too_deep()));
            continue;
        }
        let value = convert(item, depth, findings);
        list.push(Item { place, value });
    }
    list
}

fn too_deep() -> Fault {
    let message = format!("tables nested more than {DEEPEST} deep");
    Fault::Syntax { message }
}

fn convert(
    value: &Spanned<DeValue<'_>>,
    depth: usize,
    findings: &mut Vec<(Place, Fault)>,
) -> Value {
    match value.get_ref() {
        DeValue::String(text) => Value::Text(text.to_string()),
        DeValue::Integer(integer) => Value::Integer {
            written: integer.to_string(),
            value: i64::from_str_radix(integer.as_str(), integer.radix()).ok(),
        },
        DeValue::Float(float) => Value::Float {
            written: float.to_string(),
            value: float.as_str().parse().unwrap_or(f64::NAN),
        },
        DeValue::Boolean(value) => Value::Boolean(*value),
        DeValue::Datetime(datetime) => Value::Datetime(datetime.to_string()),
        DeValue::Array(items) => Value::List(list_items(items, depth + 1, findings)),
        DeValue::Table(table) => Value::Table(table_entries(table, depth + 1, findings)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_count_characters_from_one() {
        let text = "a = 1\nà = \"é\"\r\n\nb";
        for (part, position) in [("a", (1, 1)), ("1", (1, 5)), ("\"é", (2, 5)), ("b", (4, 1))] {
            let offset = text.find(part).unwrap();
            assert_eq!(super::position(text.as_bytes(), offset), position, "{part}");
        }
        assert_eq!(super::position(b"", 0), (1, 1));
        assert_eq!(super::position(b"ab\n", 99), (2, 1));
    }

    #[test]
    fn what_the_operating_system_says_is_told_with_its_remedy() {
        let denied = unreadable(io::ErrorKind::PermissionDenied.into());
        assert_eq!(
            denied.to_string(),
            "cannot be read: permission denied; give the user Vitals runs as the right to read it"
        );
        assert_eq!(
            unreadable(io::ErrorKind::NotFound.into()),
            Unreadable::Missing
        );
    }
}

//! Values as written in a file, a variable or a flag, before anybody knows what they should be.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::Path;

/// So many characters of a value or a key are shown in an error.
const SHOWN: usize = 60;

/// The keys of one table.
pub(super) type Entries = BTreeMap<String, Entry>;

/// A value, and where it and its key are written.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) key: Place,
    pub(super) place: Place,
    pub(super) value: Value,
}

/// A value in a list, and where it is written.
#[derive(Clone, Debug)]
pub(super) struct Item {
    pub(super) place: Place,
    pub(super) value: Value,
}

/// Where something is written. Offsets become lines only for what is reported. Ordered as
/// problems are shown.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Place {
    /// Byte offset in the settings file.
    Offset(usize),
    /// Name of an environment variable.
    Variable(String),
    /// A flag of the command line.
    Flag(&'static str),
}

/// A value as written.
#[derive(Clone, Debug)]
pub(super) enum Value {
    /// A string of a file.
    Text(String),
    /// What a variable or a flag says: text that may stand for any type.
    Untyped(String),
    /// `value` is absent where the number does not fit.
    Integer {
        written: String,
        value: Option<i64>,
    },
    /// TOML has `inf` and `nan` too.
    Float {
        written: String,
        value: f64,
    },
    Boolean(bool),
    Datetime(String),
    List(Vec<Item>),
    Table(Entries),
}

impl Value {
    /// What the value is instead of what it should be, as a predicate.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Text(_) | Self::Untyped(_) => "is a string",
            Self::Integer { .. } => "is an integer",
            Self::Float { .. } => "is a float",
            Self::Boolean(_) => "is a boolean",
            Self::Datetime(_) => "is a date",
            Self::List(_) => "is a list",
            Self::Table(_) => "is a table",
        }
    }

    /// The value for an error: shortened, without anything a terminal would obey, and without who a URL
    /// says we are.
    pub(super) fn show(&self) -> String {
        match self {
            Self::Text(text) | Self::Untyped(text) => format!("\"{}\"", shorten(&anonymous(text))),
            Self::Integer { written, .. } | Self::Float { written, .. } => shorten(written),
            Self::Boolean(value) => value.to_string(),
            Self::Datetime(written) => written.clone(),
            Self::List(_) => "[…]".to_owned(),
            Self::Table(_) => "{…}".to_owned(),
        }
    }
}

/// Without user and password before the host of a URL.
fn anonymous(text: &str) -> Cow<'_, str> {
    let host = text.find("://").map(|at| at + 3);
    let rest = host.and_then(|host| text.get(host..));
    let at = rest.and_then(|rest| rest.rfind('@'));
    match (host.and_then(|host| text.get(..host)), rest, at) {
        (Some(scheme), Some(rest), Some(at)) => {
            let host = rest.get(at..).unwrap_or_default();
            format!("{scheme}…{host}").into()
        }
        _ => text.into(),
    }
}

/// A path for an error, without anything a terminal would obey.
pub(super) fn show_path(path: &Path) -> String {
    let text = path.to_string_lossy();
    let escaped = |shown: char| match shown {
        '\'' | '"' | '\\' => shown.to_string(),
        other => other.escape_debug().to_string(),
    };
    text.chars().map(escaped).collect()
}

/// At most [`SHOWN`] characters of a text, those with a meaning to terminals escaped.
pub(super) fn shorten(text: &str) -> String {
    let mut short: String = text
        .chars()
        .take(SHOWN)
        .flat_map(char::escape_debug)
        .collect();
    if text.chars().nth(SHOWN).is_some() {
        short.push('…');
    }
    short
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

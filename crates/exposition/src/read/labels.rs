//! The labels of a sample: looked through once when the line is read, and again by whoever wants them.

use std::{borrow::Cow, fmt};

use super::{
    cursor::{Cursor, is_blank},
    escape,
    limits::Limits,
    outcome::DropReason,
};
use crate::{labels::Labels, name::is_label_name_byte};

/// The labels of a sample, borrowed from the body, in its order: names are good and occur once.
///
/// Values may be empty; to Prometheus such a label is absent, and [`LabelSet::to_labels`] leaves it
/// out.
#[derive(Clone, Copy, Default)]
pub struct LabelSet<'t> {
    /// What is between the braces.
    text: &'t str,
    len: usize,
    /// Whether there is a backslash in it.
    escaped: bool,
}

impl<'t> LabelSet<'t> {
    /// All pairs, in the order of the body.
    pub fn iter(&self) -> impl Iterator<Item = (&'t str, Cow<'t, str>)> + use<'t> {
        let escaped = self.escaped;
        self.raw()
            .map(move |(name, value)| (name, unescape(value, escaped)))
    }

    /// The value of a label.
    pub fn get(&self, name: &str) -> Option<Cow<'t, str>> {
        let (_, value) = self.raw().find(|(known, _)| *known == name)?;
        Some(unescape(value, self.escaped))
    }

    /// How many labels there are, empty ones too.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Labels to keep: sorted, and without empty ones.
    pub fn to_labels(&self) -> Labels {
        Labels::from_checked(self.iter().collect())
    }

    /// All pairs as they stand in the body.
    fn raw(&self) -> impl Iterator<Item = (&'t str, &'t str)> + use<'t> {
        let mut cursor = Cursor::new(self.text);
        std::iter::from_fn(move || {
            cursor.take_while(|byte| is_blank(byte) || byte == b',');
            let name = cursor.take_while(is_label_name_byte);
            cursor.take_until(|byte| byte == b'"');
            cursor.eat(b'"');
            let (length, _) = escape::quoted(cursor.rest())?;
            let value = cursor.take(length);
            cursor.eat(b'"');
            Some((name, value))
        })
    }
}

fn unescape(value: &str, escaped: bool) -> Cow<'_, str> {
    if escaped {
        escape::unescaped(value)
    } else {
        Cow::Borrowed(value)
    }
}

impl fmt::Debug for LabelSet<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

/// Where these are, a bare name has ended, or is none but the middle of something.
pub(super) const MARKS: [char; 5] = ['{', '}', '=', ',', '"'];

/// What was found between braces.
pub(super) struct Braces<'t> {
    pub(super) labels: LabelSet<'t>,
    /// Some name is quoted or otherwise not for us.
    pub(super) odd_name: bool,
    /// A quoted name stands there without a value: the metric's.
    pub(super) names_metric: bool,
}

/// Reads labels from behind an opening brace to behind the closing one. `names` is room to work in.
pub(super) fn read<'t>(
    cursor: &mut Cursor<'t>,
    limits: &Limits,
    names: &mut Vec<&'t str>,
) -> Result<Braces<'t>, DropReason> {
    let start = cursor.rest();
    names.clear();
    let mut escaped = false;
    let mut odd_name = false;
    let mut names_metric = false;
    cursor.skip_blanks();
    let length = loop {
        if cursor.peek() == Some(b'}') {
            let length = start.len() - cursor.rest().len();
            cursor.eat(b'}');
            break length;
        }
        let (name, good) = name(cursor, limits)?;
        odd_name |= !good;
        cursor.skip_blanks();
        if cursor.eat(b'=') {
            if names.len() == limits.labels {
                return Err(DropReason::OverLimit);
            }
            names.push(name);
            cursor.skip_blanks();
            escaped |= value(cursor, limits)?;
            cursor.skip_blanks();
        } else if name.starts_with('"') && !names_metric {
            names_metric = true;
        } else {
            return Err(DropReason::Syntax);
        }
        // Prometheus bears a comma behind the last label, and none between two.
        cursor.eat(b',');
        cursor.skip_blanks();
    };
    if repeats(names) {
        return Err(DropReason::DuplicateLabel);
    }
    let labels = LabelSet {
        text: start.get(..length).unwrap_or_default(),
        len: names.len(),
        escaped,
    };
    Ok(Braces {
        labels,
        odd_name,
        names_metric,
    })
}

/// A label's name, and whether it is a good one; if it is quoted, with its quotes.
fn name<'t>(cursor: &mut Cursor<'t>, limits: &Limits) -> Result<(&'t str, bool), DropReason> {
    let (name, good) = match cursor.rest().strip_prefix('"') {
        None => cursor.take_name(is_label_name_byte, |byte| {
            is_blank(byte) || MARKS.contains(&char::from(byte))
        }),
        Some(rest) => {
            let (length, _) = escape::quoted(rest).ok_or(DropReason::Syntax)?;
            (cursor.take(length + 2), false)
        }
    };
    match name.len() {
        0 => Err(DropReason::Syntax),
        length if length > limits.name_bytes => Err(DropReason::TooLong),
        _ => Ok((name, good)),
    }
}

/// Takes a label's value, and tells whether it has escapes.
fn value(cursor: &mut Cursor<'_>, limits: &Limits) -> Result<bool, DropReason> {
    if !cursor.eat(b'"') {
        return Err(DropReason::Syntax);
    }
    let (length, escaped) = escape::quoted(cursor.rest()).ok_or(DropReason::Syntax)?;
    if length > limits.value_bytes {
        return Err(DropReason::TooLong);
    }
    cursor.take(length + 1);
    Ok(escaped)
}

/// Whether a name occurs twice, or is the one Prometheus keeps the metric's name in.
fn repeats(names: &mut [&str]) -> bool {
    /// Up to here looking at every pair is the fastest, and needs no order.
    const FEW: usize = 12;
    if names.contains(&"__name__") {
        return true;
    }
    if names.len() > FEW {
        names.sort_unstable();
        return names
            .windows(2)
            .any(|pair| matches!(pair, [a, b] if a == b));
    }
    let mut rest: &[&str] = names;
    while let [name, more @ ..] = rest {
        if more.contains(name) {
            return true;
        }
        rest = more;
    }
    false
}

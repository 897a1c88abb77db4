//! A line that starts with `#`: what it says of a metric, or nothing.

use super::{
    Item,
    cursor::{Cursor, is_blank, trim_blanks},
    escape,
    limits::Limits,
    outcome::DropReason,
};
use crate::{family::MetricType, name::is_metric_name_byte};

/// The comments that are of interest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Keyword {
    Help,
    Type,
}

/// What kind of comment the line is, and what is behind its keyword; `None` for those that nobody
/// needs, `# UNIT` and `# EOF` among them. Bytes: those may be in any encoding.
pub(super) fn keyword(line: &[u8]) -> Option<(Keyword, &[u8])> {
    let line = line.strip_prefix(b"#")?;
    let text = trim_blanks(line);
    let blanks = text.len() < line.len();
    let (keyword, rest) = match text.split_at_checked(4)? {
        (b"HELP", rest) => (Keyword::Help, rest),
        (b"TYPE", rest) => (Keyword::Type, rest),
        _ => return None,
    };
    let named = blanks && rest.first().is_some_and(|byte| is_blank(*byte));
    let rest = trim_blanks(rest);
    (named && !rest.is_empty()).then_some((keyword, rest))
}

/// Reads what is behind a keyword.
pub(super) fn read<'t>(
    keyword: Keyword,
    text: &'t str,
    limits: &Limits,
) -> Result<Item<'t>, DropReason> {
    let mut cursor = Cursor::new(text);
    if cursor.peek() == Some(b'"') {
        let quoted = text.get(1..).and_then(escape::quoted);
        return Err(quoted.map_or(DropReason::Syntax, |_| DropReason::Name));
    }
    let (name, good) = cursor.take_name(is_metric_name_byte, is_blank);
    if name.len() > limits.name_bytes {
        return Err(DropReason::TooLong);
    }
    if !good {
        return Err(DropReason::Name);
    }
    if keyword == Keyword::Help {
        // One blank ends the name, further ones belong to the text.
        cursor.take(1);
        let help = escape::unescaped(cursor.rest());
        return Ok(Item::Help { name, help });
    }
    cursor.skip_blanks();
    let kind = kind(cursor.take_until(is_blank)).ok_or(DropReason::Syntax)?;
    cursor.skip_blanks();
    if cursor.peek().is_some() {
        return Err(DropReason::Syntax);
    }
    Ok(Item::Type { name, kind })
}

/// A word that is no type we know says as much as none: OpenMetrics has some more.
fn kind(word: &str) -> Option<MetricType> {
    const KINDS: [(&str, MetricType); 4] = [
        ("counter", MetricType::Counter),
        ("gauge", MetricType::Gauge),
        ("histogram", MetricType::Histogram),
        ("summary", MetricType::Summary),
    ];
    let known = |(known, _): &&(&str, _)| word.eq_ignore_ascii_case(known);
    let kind = KINDS.iter().find(known).map(|(_, kind)| *kind);
    (!word.is_empty()).then(|| kind.unwrap_or(MetricType::Untyped))
}

//! The `Accept` header of a request (RFC 9110, section 12.5.1), as far as two formats need it.

/// A media type that can be had.
pub(super) struct Candidate {
    /// In lower case, as are the other two.
    pub(super) kind: &'static str,
    pub(super) subtype: &'static str,
    /// The values of the `version` parameter that mean this format.
    pub(super) versions: &'static [&'static str],
}

/// How much a header wants a candidate. Not acceptable is the least of all; of two candidates
/// with the same quality the one that is asked for by its name comes first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Preference {
    /// 0 to 1000.
    quality: u16,
    named: bool,
}

/// How exactly a range describes a candidate; the most exact one decides the quality.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Match {
    Anything,
    Kind,
    Subtype,
    Version,
}

/// What a header says of a candidate.
pub(super) fn preference(accept: &str, candidate: &Candidate) -> Preference {
    let best = split(accept, ',')
        .filter_map(|range| judge(range, candidate))
        .max();
    match best {
        None | Some((_, 0)) => Preference::default(),
        Some((matched, quality)) => Preference {
            quality,
            named: matched >= Match::Subtype,
        },
    }
}

/// How a single range matches, and its quality; `None` where it is about something else or is
/// not understood.
fn judge(range: &str, candidate: &Candidate) -> Option<(Match, u16)> {
    let mut parts = split(range, ';');
    let (kind, subtype) = parts.next()?.trim().split_once('/')?;
    let mut matched = match (kind.trim(), subtype.trim()) {
        ("*", "*") => Match::Anything,
        (kind, _) if !kind.eq_ignore_ascii_case(candidate.kind) => return None,
        (_, "*") => Match::Kind,
        (_, subtype) if !subtype.eq_ignore_ascii_case(candidate.subtype) => return None,
        _ => Match::Subtype,
    };
    for parameter in parts {
        let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
        let (name, value) = (name.trim(), unquoted(value.trim()));
        if name.eq_ignore_ascii_case("q") {
            return Some((matched, quality(value)?));
        }
        if name.eq_ignore_ascii_case("version") && matched >= Match::Subtype {
            if !candidate.versions.contains(&value) {
                return None;
            }
            matched = Match::Version;
        }
    }
    Some((matched, 1000))
}

/// Thousandths; what comes after the third decimal is not looked at.
fn quality(value: &str) -> Option<u16> {
    let (whole, decimals) = value.split_once('.').unwrap_or((value, ""));
    if !decimals.bytes().all(|c| c.is_ascii_digit()) {
        return None;
    }
    let thousandths = decimals
        .bytes()
        .chain(std::iter::repeat(b'0'))
        .take(3)
        .fold(0, |sum, digit| sum * 10 + u16::from(digit - b'0'));
    match whole {
        "0" => Some(thousandths),
        "1" if thousandths == 0 => Some(1000),
        _ => None,
    }
}

fn unquoted(value: &str) -> &str {
    value
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'))
        .unwrap_or(value)
}

/// Splits at a separator that does not stand within double quotes.
fn split(text: &str, separator: char) -> impl Iterator<Item = &str> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let text = rest?;
        let (mut quoted, mut escaped) = (false, false);
        let end = text.char_indices().find(|&(_, c)| {
            let literal = escaped;
            escaped = quoted && !literal && c == '\\';
            if c == '"' && !literal {
                quoted = !quoted;
            }
            c == separator && !quoted
        });
        match end {
            Some((at, _)) => {
                rest = Some(&text[at + separator.len_utf8()..]);
                Some(&text[..at])
            }
            None => rest.take(),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn separators_within_quotes_do_not_separate() {
        let parts = |text| split(text, ',').collect::<Vec<_>>();
        assert_eq!(parts("a,b"), ["a", "b"]);
        assert_eq!(parts(""), [""]);
        assert_eq!(parts("a,"), ["a", ""]);
        assert_eq!(parts(r#"a="x,y",b"#), [r#"a="x,y""#, "b"]);
        assert_eq!(parts(r#"a="x\",y",b"#), [r#"a="x\",y""#, "b"]);
        assert_eq!(parts(r#"a="x\\",b"#), [r#"a="x\\""#, "b"]);
        assert_eq!(parts(r#"a="x,y"#), [r#"a="x,y"#]);
    }

    #[test]
    fn qualities_are_thousandths() {
        for (text, expected) in [
            ("0", Some(0)),
            ("0.", Some(0)),
            ("0.5", Some(500)),
            ("0.75", Some(750)),
            ("0.1239", Some(123)),
            ("1", Some(1000)),
            ("1.000", Some(1000)),
            ("1.001", None),
            ("2", None),
            ("", None),
            (".5", None),
            ("0.x", None),
        ] {
            assert_eq!(quality(text), expected, "{text}");
        }
    }
}

//! Series as test files write them: `up{job="iris"} 1 1 _ 0x3 stale 2+0.5x10`.
//!
//! `_` is no sample and `_x3` three times none; `stale` is a stale marker; `1x3` is 1 and three more of
//! it; `1+2x3` is 1, 3, 5, 7.

use exposition::{Labels, is_metric_name};
use promql_parser::util::unquote_string;

use crate::{METRIC_NAME, STALE_BITS};

/// Samples that one series may have: a few characters stand for any number of them.
pub const MOST_SAMPLES: usize = 1_000_000;

/// What a text is not.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotationError {
    /// The series is malformed.
    #[error("{text:?} is no series: {why}")]
    Series {
        /// As it was written.
        text: String,
        /// What is wrong with it.
        why: String,
    },
    /// One of its values is malformed.
    #[error(
        "{0:?} is no value: expected a number, _, stale, or one of them with a count such as 1+2x3"
    )]
    Value(String),
    /// It has native histograms.
    #[error("native histograms ({{{{…}}}}) are not supported")]
    Histogram,
    /// It stands for too many samples.
    #[error("there are more than {MOST_SAMPLES} samples")]
    TooMany,
}

/// The labels of a series, its name among them, and what stands behind it.
///
/// # Errors
/// When it is malformed.
pub fn series(text: &str) -> Result<(Labels, &str), NotationError> {
    let malformed = |why: &str| NotationError::Series {
        text: text.to_owned(),
        why: why.to_owned(),
    };
    let name_ends = text.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == ':'));
    let (name, mut rest) = text.split_at(name_ends.unwrap_or(text.len()));
    let mut pairs: Vec<(String, String)> = Vec::new();
    if is_metric_name(name) {
        pairs.push((METRIC_NAME.to_owned(), name.to_owned()));
    } else if !name.is_empty() || !rest.starts_with('{') {
        return Err(malformed("expected a name or {"));
    }
    if let Some(inner) = rest.strip_prefix('{') {
        rest = inner;
        loop {
            rest = rest.trim_start_matches([' ', '\t', ',']);
            if let Some(behind) = rest.strip_prefix('}') {
                rest = behind;
                break;
            }
            let (label, behind) = rest
                .split_once('=')
                .ok_or_else(|| malformed("expected ="))?;
            let behind = behind.trim_start();
            let length = quoted_length(behind).ok_or_else(|| malformed("expected a string"))?;
            let (quoted, behind) = behind.split_at(length);
            let value = unquote_string(quoted).map_err(|why| malformed(&why))?;
            pairs.push((label.trim().to_owned(), value));
            rest = behind;
        }
    }
    let labels = Labels::try_new(pairs).map_err(|error| malformed(&error.to_string()))?;
    Ok((labels, rest))
}

/// Bytes of the string a text begins with, its quotes included.
fn quoted_length(text: &str) -> Option<usize> {
    let mut chars = text.char_indices();
    let (_, quote) = chars
        .next()
        .filter(|(_, c)| matches!(c, '"' | '\'' | '`'))?;
    while let Some((at, c)) = chars.next() {
        if c == quote {
            return Some(at + c.len_utf8());
        }
        if c == '\\' && quote != '`' {
            // The parser panics on what no escape begins with.
            chars.next().filter(|(_, escaped)| escaped.is_ascii())?;
        }
    }
    None
}

/// The samples of a series, None where there is none.
///
/// # Errors
/// When one is malformed, or there are too many.
pub fn values(text: &str) -> Result<Vec<Option<f64>>, NotationError> {
    let mut values = Vec::new();
    if text.contains("{{") {
        return Err(NotationError::Histogram);
    }
    for word in text.split_whitespace() {
        if word.starts_with('#') {
            break;
        }
        let malformed = || NotationError::Value(word.to_owned());
        let item = Item::parse(word).ok_or_else(malformed)?;
        if item.times > MOST_SAMPLES - values.len() {
            return Err(NotationError::TooMany);
        }
        let mut value = item.first;
        for _ in 0..item.times {
            values.push(value);
            // A stale marker would become another NaN.
            if item.delta != 0.0 {
                value = value.map(|value| value + item.delta);
            }
        }
    }
    Ok(values)
}

/// A word of the notation.
struct Item {
    first: Option<f64>,
    delta: f64,
    times: usize,
}

impl Item {
    fn parse(word: &str) -> Option<Self> {
        if let Some(number) = number(word) {
            return Some(Item::once(Some(number)));
        }
        let (base, more) = match word.rsplit_once('x') {
            Some((base, more)) => (base, Some(more.parse::<usize>().ok()?)),
            None => (word, None),
        };
        let times = more.map_or(Some(1), |more| more.checked_add(1))?;
        let constant = |first, times| Item {
            first,
            delta: 0.0,
            times,
        };
        match base {
            "_" => return Some(constant(None, more.unwrap_or(1))),
            "stale" => return Some(constant(Some(f64::from_bits(STALE_BITS)), times)),
            _ => {}
        }
        if let Some(number) = number(base) {
            return Some(constant(Some(number), times));
        }
        more?;
        // The sign of the difference is the last one that is not an exponent's.
        let bytes = base.as_bytes();
        let is_sign =
            |at: &usize| matches!(bytes[*at], b'+' | b'-') && !matches!(bytes[at - 1], b'e' | b'E');
        let at = (1..bytes.len()).rev().find(is_sign)?;
        Some(Item {
            first: Some(number(base.get(..at)?)?),
            delta: number(base.get(at..)?)?,
            times,
        })
    }

    fn once(first: Option<f64>) -> Self {
        Item {
            first,
            delta: 0.0,
            times: 1,
        }
    }
}

/// A number; none is hexadecimal here, since `0x3` is 0 and three more of it.
fn number(text: &str) -> Option<f64> {
    text.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_written_short() {
        let stale = f64::from_bits(STALE_BITS).to_bits();
        let read = |text| {
            let values = values(text).unwrap().into_iter();
            let shown = values.map(|value| match value {
                None => "_".to_owned(),
                Some(value) if value.to_bits() == stale => "stale".to_owned(),
                Some(value) => value.to_string(),
            });
            shown.collect::<Vec<_>>().join(" ")
        };
        for (text, expected) in [
            ("", ""),
            ("1 -2.5 1e3 NaN -Inf", "1 -2.5 1000 NaN -inf"),
            ("_ _x2 1", "_ _ _ 1"),
            ("stale stalex1", "stale stale stale"),
            ("1x2 0x0 0x1", "1 1 1 0 0 0"),
            ("1+2x2 -1-1x1 1e-1+1e-1x1", "1 3 5 -1 -2 0.1 0.2"),
            ("1-2x2 # 3", "1 -1 -3"),
        ] {
            assert_eq!(read(text), expected, "{text}");
        }
        for text in [
            "1x", "x1", "1+x2", "1+2", "a", "_x-1", "1 2,3", "--1", "ü", "1üx2",
        ] {
            assert!(values(text).is_err(), "{text}");
        }
        assert_eq!(values("1x1000000"), Err(NotationError::TooMany));
        assert_eq!(
            values("1x18446744073709551615"),
            Err(NotationError::Value("1x18446744073709551615".into()))
        );
        assert_eq!(values("{{schema:1}}"), Err(NotationError::Histogram));
    }

    #[test]
    fn series_are_written_as_selectors_are() {
        let read = |text| {
            series(text).map(|(labels, rest)| {
                let pairs = labels.iter().map(|(name, value)| format!("{name}={value}"));
                (pairs.collect::<Vec<_>>().join(" "), rest.to_owned())
            })
        };
        for (text, labels, rest) in [
            ("up 1", "__name__=up", " 1"),
            ("{} 1", "", " 1"),
            ("up{a=\"}\\\"\", b='c',}2", "__name__=up a=}\" b=c", "2"),
            ("{ a = `\\d` }", "a=\\d", ""),
            ("a:b{x=\"\"}", "__name__=a:b", ""),
        ] {
            assert_eq!(
                read(text),
                Ok((labels.to_owned(), rest.to_owned())),
                "{text}"
            );
        }
        for text in [
            "",
            "1up",
            "up{",
            "up{a}",
            "up{a=b}",
            "up{a=\"b}",
            "{a='1',a='2'}",
            "{a='\\ü'}",
            "{ü='1'}",
        ] {
            assert!(read(text).is_err(), "{text}");
        }
    }
}

//! Series as tests write them: `up{job="node"}` and `1+1x10 _ stale`.

use exposition::Labels;
use promql::{Engine, STALE_BITS, Selector, Test};

/// How many values a series may have.
const MAX_VALUES: usize = 1_000_000;

/// The labels of a series: its name and matchers of equality.
pub(super) fn labels(text: &str, engine: &Engine) -> Result<Labels, String> {
    if text.trim() == "{}" || text.trim().is_empty() {
        return Ok(Labels::none());
    }
    Selector::parse_within(text, &engine.limits).map_err(|error| error.to_string())?;
    let query = engine.parse(text).map_err(|error| error.to_string())?;
    let mut pairs = Vec::new();
    for matcher in query.selectors().flatten() {
        match matcher.test() {
            Test::Equal(value) => pairs.push((matcher.label(), value.as_str())),
            _ => return Err(format!("label {:?}: a series has values, not patterns", matcher.label())),
        }
    }
    Labels::try_new(pairs).map_err(|error| error.to_string())
}

/// The values of a series, one per interval; `None` where there is none.
pub(super) fn values(text: &str) -> Result<Vec<Option<f64>>, String> {
    let mut values = Vec::new();
    for word in text.split_whitespace() {
        if word.starts_with("{{") {
            return Err("native histograms are not known".into());
        }
        let (first, step, times) = notation(word)
            .ok_or_else(|| format!("{word:?} is no value: write 1, 1x3, 1+2x3, _, _x3 or stale"))?;
        if values.len() + times >= MAX_VALUES {
            return Err(format!("more than {MAX_VALUES} values"));
        }
        let mut value = first;
        for _ in 0..times {
            values.push(value);
            value = value.map(|value| value + step);
        }
    }
    Ok(values)
}

/// The first value, the step from one to the next, and how many there are.
fn notation(word: &str) -> Option<(Option<f64>, f64, usize)> {
    let (body, times) = match word.rsplit_once('x') {
        Some((body, times)) if times.bytes().all(|byte| byte.is_ascii_digit()) => {
            (body, Some(times.parse::<usize>().ok()?))
        }
        _ => (word, None),
    };
    match body {
        // Of nothing, and of the end, there are as many as it says; of values one more.
        "_" => return Some((None, 0.0, times.unwrap_or(1))),
        "stale" => return Some((Some(f64::from_bits(STALE_BITS)), 0.0, times.unwrap_or(1))),
        _ => {}
    }
    let count = times.map_or(1, |times| times.saturating_add(1));
    if let Some(value) = number(body) {
        return Some((Some(value), 0.0, count));
    }
    times?;
    // The last sign that leaves two numbers parts value and step.
    let signs = body.char_indices().skip(1).filter(|(_, c)| matches!(c, '+' | '-'));
    let parts = signs.filter_map(|(at, _)| Some((number(&body[..at])?, number(&body[at..])?)));
    let (value, step) = parts.last()?;
    Some((Some(value), step, count))
}

fn number(text: &str) -> Option<f64> {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let sign = if text.starts_with('-') { -1.0 } else { 1.0 };
    let magnitude = match unsigned.to_ascii_lowercase().as_str() {
        "inf" => f64::INFINITY,
        "nan" => f64::NAN,
        plain if plain.starts_with(|c: char| c.is_ascii_digit() || c == '.') => plain.parse().ok()?,
        _ => return None,
    };
    Some(sign * magnitude)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_expanded() {
        for (text, expected) in [
            ("1 2 -3.5", vec![Some(1.0), Some(2.0), Some(-3.5)]),
            ("-2+4x3", vec![Some(-2.0), Some(2.0), Some(6.0), Some(10.0)]),
            ("1-2x2", vec![Some(1.0), Some(-1.0), Some(-3.0)]),
            ("1x2 _ _x2", vec![Some(1.0), Some(1.0), Some(1.0), None, None, None]),
            ("0x3", vec![Some(0.0); 4]),
            ("10x1", vec![Some(10.0); 2]),
            ("1e2+1e-1x1", vec![Some(100.0), Some(100.1)]),
            ("0+0.5x1", vec![Some(0.0), Some(0.5)]),
            ("inf -Inf +Inf", vec![Some(f64::INFINITY), Some(f64::NEG_INFINITY), Some(f64::INFINITY)]),
            ("", vec![]),
        ] {
            assert_eq!(values(text), Ok(expected), "{text}");
        }
        let stale = values("stale NaN").unwrap();
        assert_eq!(stale[0].map(f64::to_bits), Some(STALE_BITS));
        assert!(stale[1].is_some_and(|value| value.is_nan() && value.to_bits() != STALE_BITS));
    }

    #[test]
    fn what_is_no_value_is_named() {
        for text in ["a", "1+2", "1+x3", "x3", "1x", "1xx3", "1+2y3", "_y", "1x-3", "{{schema:1}}", "1x1000000"] {
            assert!(values(text).is_err(), "{text}");
        }
    }

    #[test]
    fn series_have_names_and_values() {
        let engine = Engine::default();
        let expected = Labels::new([("__name__", "up"), ("job", "a b")]);
        assert_eq!(labels("up{job=\"a b\", none=\"\"}", &engine), Ok(expected));
        assert_eq!(labels("{}", &engine), Ok(Labels::none()));
        for text in ["up{job=~\"a\"}", "up + up", "1", "up{", "sum(up)", "up[5m]"] {
            assert!(labels(text, &engine).is_err(), "{text}");
        }
    }
}

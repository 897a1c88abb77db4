//! Values and timestamps, as Go's `strconv` reads them for Prometheus.

/// Up to here every integer is a number of its own.
const EXACT: u64 = 1 << 53;

/// The powers of ten that numbers of at most as many places are divided by.
const POWERS: [f64; 16] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
];

/// A sample's value. Prometheus refuses hexadecimal digits, `_`, numbers too great for a float, and
/// a `NaN` with a sign; so does this.
pub(super) fn value(token: &str) -> Option<f64> {
    short(token.as_bytes()).or_else(|| any(token))
}

/// Digits and at most one point, few enough that the quotient of two exact floats is what the
/// digits say, correctly rounded. Nearly all numbers are so, and it takes a third of the time.
fn short(token: &[u8]) -> Option<f64> {
    let (negative, digits) = match token {
        [b'-', digits @ ..] => (true, digits),
        [b'+', digits @ ..] => (false, digits),
        digits => (false, digits),
    };
    if digits.len() > POWERS.len() {
        return None;
    }
    let mut mantissa = 0;
    let mut point = None;
    for (at, byte) in digits.iter().enumerate() {
        match byte {
            b'0'..=b'9' => mantissa = mantissa * 10 + u64::from(byte - b'0'),
            b'.' if point.is_none() => point = Some(at),
            _ => return None,
        }
    }
    let places = point.map_or(0, |at| digits.len() - at - 1);
    if digits.len() == usize::from(point.is_some()) || mantissa > EXACT {
        return None;
    }
    let magnitude = mantissa as f64 / POWERS.get(places)?;
    Some(if negative { -magnitude } else { magnitude })
}

fn any(token: &str) -> Option<f64> {
    let value: f64 = token.parse().ok()?;
    let meant = if value.is_nan() {
        token.starts_with(['n', 'N'])
    } else {
        value.is_finite() || token.trim_start_matches(['+', '-']).starts_with(['i', 'I'])
    };
    meant.then_some(value)
}

/// A sample's timestamp, in milliseconds. With a point or an exponent it is one of OpenMetrics, in
/// seconds; what is finer than a millisecond is cut off.
pub(super) fn timestamp_ms(token: &str) -> Option<i64> {
    if let Ok(milliseconds) = token.parse() {
        return Some(milliseconds);
    }
    let number = value(token)?;
    if let Some((seconds, fraction)) = token.split_once('.')
        && let Some(milliseconds) = exact_seconds(seconds, fraction)
    {
        return Some(milliseconds);
    }
    // Go's own client writes seconds with an exponent.
    let milliseconds = (number * 1000.0).round();
    let fits = token.contains(['.', 'e', 'E']) && milliseconds.abs() < 9.2e18;
    fits.then_some(milliseconds as i64)
}

/// The two sides of a number's point; `None` if there is an exponent, or too much before the point.
fn exact_seconds(seconds: &str, fraction: &str) -> Option<i64> {
    let (sign, digits) = match seconds.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, seconds.strip_prefix('+').unwrap_or(seconds)),
    };
    let digits = digits.bytes().chain(fraction.bytes().take(3));
    let padding = std::iter::repeat_n(b'0', 3_usize.saturating_sub(fraction.len()));
    if seconds.is_empty() || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    digits.chain(padding).try_fold(0_i64, |all, byte| {
        let digit = byte.is_ascii_digit().then(|| i64::from(byte - b'0'))?;
        all.checked_mul(10)?.checked_add(sign * digit)
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn values_as_go_reads_them() {
        for (token, expected) in [
            ("0", 0.0),
            ("-0", -0.0),
            ("1", 1.0),
            ("+5", 5.0),
            ("-1", -1.0),
            ("1.", 1.0),
            (".32", 0.32),
            ("-.5", -0.5),
            ("0.361", 0.361),
            ("007", 7.0),
            ("0.0002107916666666667", 0.0002107916666666667),
            ("65956", 65_956.0),
            ("9007199254740993", 9_007_199_254_740_992.0),
            ("9007199254740992", 9_007_199_254_740_992.0),
            ("1234567890123456", 1_234_567_890_123_456.0),
            ("18446744073709551616", 18_446_744_073_709_551_616.0),
            ("1e3", 1e3),
            ("-3E+3", -3e3),
            ("4.9351e-05", 4.9351e-5),
            ("1.7976931348623157e+308", f64::MAX),
            ("5e-324", 5e-324),
            ("1e-999", 0.0),
            ("Inf", f64::INFINITY),
            ("+Inf", f64::INFINITY),
            ("-Inf", f64::NEG_INFINITY),
            ("inf", f64::INFINITY),
            ("INFINITY", f64::INFINITY),
            ("-infinity", f64::NEG_INFINITY),
        ] {
            let read = value(token).map(f64::to_bits);
            assert_eq!(read, Some(expected.to_bits()), "{token}");
        }
        for nan in ["NaN", "nan", "Nan", "NAN"] {
            assert!(value(nan).is_some_and(f64::is_nan), "{nan}");
        }
    }

    #[test]
    fn no_values() {
        for token in [
            "", "+", "-", ".", "-.", "e5", "1e", "1e+", "1e5.5", "--1", "+-1", "1 ", "1,5",
            "1.2.3", "0x10", "0x1p-2", "1_000", "1e999", "-1e999", "+NaN", "-nan", "infi", "in",
            "none", "1f", "١", "∞", "\0",
        ] {
            assert_eq!(value(token), None, "{token}");
        }
    }

    #[test]
    fn timestamps_are_milliseconds_or_seconds_with_a_point() {
        for (token, expected) in [
            ("0", Some(0)),
            ("1520879607789", Some(1_520_879_607_789)),
            ("-1500", Some(-1_500)),
            ("+7", Some(7)),
            ("9223372036854775807", Some(i64::MAX)),
            ("-9223372036854775808", Some(i64::MIN)),
            ("1520879607.789", Some(1_520_879_607_789)),
            ("-1.500", Some(-1_500)),
            ("-0.001", Some(-1)),
            ("1.5", Some(1_500)),
            ("1.", Some(1_000)),
            ("1.00099", Some(1_000)),
            ("-9223372036854775.808", Some(i64::MIN)),
            ("1.520879607789e+09", Some(1_520_879_607_789)),
            ("1e3", Some(1_000_000)),
            ("9223372036854775808", None),
            ("1e30", None),
            ("NaN", None),
            ("Inf", None),
            (".", None),
            ("-.", None),
            ("1.5.5", None),
            ("abc", None),
            ("", None),
        ] {
            assert_eq!(timestamp_ms(token), expected, "{token}");
        }
    }

    proptest! {
        #[test]
        fn short_numbers_are_what_the_standard_library_reads(
            token in "[+-]?[0-9]{0,17}(\\.[0-9]{0,16})?",
        ) {
            let expected = token.parse::<f64>().ok().map(f64::to_bits);
            prop_assert_eq!(value(&token).map(f64::to_bits), expected);
        }

        #[test]
        fn no_token_panics(token in ".{0,20}", close in "[0-9eE+.naif-]{0,24}") {
            value(&token);
            timestamp_ms(&token);
            value(&close);
            timestamp_ms(&close);
        }
    }
}

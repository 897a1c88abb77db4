//! Numbers and times in answers, as Prometheus writes them.

use std::{fmt::Write, ops::Range};

/// Below it every integer is a different number, so that its shortest text is all of its digits.
const INTEGERS_END: f64 = 9_007_199_254_740_992.0;

/// Where `zmij` writes fractions without an exponent: as Rust does, many times as fast. Answers are
/// mostly numbers, and a chart of a week has ten thousand.
const PLAIN: Range<f64> = 1e-4..1e15;

/// Appends a sample: `[1435781451.781,"1.5"]`.
pub(super) fn push_sample(out: &mut String, at_ms: i64, value: f64) {
    out.push('[');
    push_time(out, at_ms);
    out.push_str(",\"");
    push_value(out, value);
    out.push_str("\"]");
}

/// Appends a value: the shortest text that reads back as the same number, with an exponent below 1e-6 and
/// from 1e21 on.
fn push_value(out: &mut String, value: f64) {
    let magnitude = value.abs();
    if is_integer(value) && magnitude < INTEGERS_END && value.to_bits() != (-0.0_f64).to_bits() {
        out.push_str(itoa::Buffer::new().format(value as i64));
    } else if PLAIN.contains(&magnitude) && !is_integer(value) {
        out.push_str(zmij::Buffer::new().format_finite(value));
    } else if value.is_nan() {
        out.push_str("NaN");
    } else if magnitude.is_infinite() {
        out.push_str(if value > 0.0 { "+Inf" } else { "-Inf" });
    } else if magnitude != 0.0 && !(1e-6..1e21).contains(&magnitude) {
        push_exponential(out, value);
    } else {
        push(out, value);
    }
}

/// What `trunc` says, without a call where the processor has no instruction for it.
fn is_integer(value: f64) -> bool {
    value as i64 as f64 == value
}

/// Appends a moment given in milliseconds, in seconds: `1435781451.781`, `1435781451`.
pub(super) fn push_time(out: &mut String, at_ms: i64) {
    if at_ms < 0 {
        out.push('-');
    }
    let (seconds, rest) = (at_ms.unsigned_abs() / 1_000, at_ms.unsigned_abs() % 1_000);
    out.push_str(itoa::Buffer::new().format(seconds));
    if rest > 0 {
        push(out, format_args!(".{rest:03}"));
    }
}

/// Rust writes `1e-7` and `1e21`, Go `1e-07` and `1e+21`.
fn push_exponential(out: &mut String, value: f64) {
    let text = format!("{value:e}");
    let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let (sign, exponent) = match exponent.strip_prefix('-') {
        Some(exponent) => ('-', exponent),
        None => ('+', exponent),
    };
    push(out, format_args!("{digits}e{sign}{exponent:0>2}"));
}

fn push(out: &mut String, what: impl std::fmt::Display) {
    // Writing to a String cannot fail.
    let _ = write!(out, "{what}");
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn value(number: f64) -> String {
        let mut out = String::new();
        push_value(&mut out, number);
        out
    }

    fn time(at_ms: i64) -> String {
        let mut out = String::new();
        push_time(&mut out, at_ms);
        out
    }

    #[test]
    fn values_look_as_prometheus_writes_them() {
        for (number, expected) in [
            (0.0, "0"),
            (-0.0, "-0"),
            (1.0, "1"),
            (-17.0, "-17"),
            (0.1, "0.1"),
            (1e-6, "0.000001"),
            (1e-7, "1e-07"),
            (-1.5e-10, "-1.5e-10"),
            (1e20, "100000000000000000000"),
            (1e21, "1e+21"),
            (1.5e300, "1.5e+300"),
            (123_456_789.125, "123456789.125"),
            (f64::NAN, "NaN"),
            (f64::INFINITY, "+Inf"),
            (f64::NEG_INFINITY, "-Inf"),
        ] {
            assert_eq!(value(number), expected);
        }
    }

    #[test]
    fn a_sample_is_its_time_and_its_value_in_quotes() {
        let mut out = String::new();
        push_sample(&mut out, 1_435_781_451_781, -1.5);
        assert_eq!(out, r#"[1435781451.781,"-1.5"]"#);
    }

    #[test]
    fn times_are_seconds() {
        for (at_ms, expected) in [
            (0, "0"),
            (1, "0.001"),
            (1_435_781_451_781, "1435781451.781"),
            (1_435_781_451_000, "1435781451"),
            (1_500, "1.500"),
            (-1_050, "-1.050"),
            (i64::MIN, "-9223372036854775.808"),
        ] {
            assert_eq!(time(at_ms), expected);
        }
    }

    proptest! {
        #[test]
        fn fractions_look_as_rust_writes_them(
            places in 0..18_i32, digits in -1_000_000_000_000_000_i64..1_000_000_000_000_000,
            random in -1e4..1e4,
        ) {
            for number in [digits as f64 / 10_f64.powi(places), random] {
                if PLAIN.contains(&number.abs()) {
                    prop_assert_eq!(value(number), number.to_string());
                }
            }
        }

        #[test]
        fn what_is_written_is_what_was_meant(bits in any::<u64>()) {
            let number = f64::from_bits(bits);
            let text = value(number);
            let read: f64 = text.parse().unwrap();
            prop_assert!(read == number || (read.is_nan() && number.is_nan()), "{}", text);
        }
    }
}

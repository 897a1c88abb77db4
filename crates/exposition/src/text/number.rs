//! Numbers as Prometheus writes them: the shortest text that reads back as the same number, with
//! an exponent below 1e-4 and from 1e6 on (Go's `strconv`, format `g`, precision -1).

use std::fmt::Write;

use super::Format;

/// Below it every integer is a different number, so that its shortest text is all of its digits.
const INTEGERS_END: f64 = 9_007_199_254_740_992.0;

/// Appends a sample's value or a bound. OpenMetrics wants to see that it is a float: `1.0`.
pub(crate) fn push(out: &mut String, number: f64, format: Format) {
    if number.is_nan() {
        out.push_str("NaN");
        return;
    }
    if number.is_infinite() {
        out.push_str(if number > 0.0 { "+Inf" } else { "-Inf" });
        return;
    }
    if number.is_sign_negative() {
        out.push('-');
    }
    let magnitude = number.abs();
    if magnitude < INTEGERS_END && magnitude.trunc() == magnitude {
        // An integer's digits cost a third of a float's, and most samples are integers.
        push_integer(out, magnitude as u64, format);
    } else if (1e-4..1e6).contains(&magnitude) {
        push_display(out, magnitude);
    } else {
        push_exponential(out, magnitude);
    }
}

/// Appends a count: always an integer, in both formats.
pub(super) fn push_count(out: &mut String, count: u64) {
    push_display(out, count);
}

/// Appends a moment given in milliseconds: milliseconds to Prometheus, seconds to OpenMetrics.
pub(super) fn push_timestamp(out: &mut String, milliseconds: i64, format: Format) {
    match format {
        Format::Prometheus004 => push_display(out, milliseconds),
        Format::OpenMetrics1 => {
            if milliseconds < 0 {
                out.push('-');
            }
            let magnitude = milliseconds.unsigned_abs();
            let (seconds, rest) = (magnitude / 1000, magnitude % 1000);
            push_display(out, format_args!("{seconds}.{rest:03}"));
        }
    }
}

fn push_integer(out: &mut String, integer: u64, format: Format) {
    let start = out.len();
    push_display(out, integer);
    if integer < 1_000_000 {
        if format == Format::OpenMetrics1 {
            out.push_str(".0");
        }
        return;
    }
    let exponent = out.len() - start - 1;
    let significant = out.trim_end_matches('0').len();
    out.truncate(significant);
    if out.len() - start > 1 {
        out.insert(start + 1, '.');
    }
    push_display(out, format_args!("e+{exponent:02}"));
}

fn push_exponential(out: &mut String, magnitude: f64) {
    let start = out.len();
    push_display(out, format_args!("{magnitude:e}"));
    // Rust writes `1e-5` and `1e21`, Go `1e-05` and `1e+21`.
    let Some(at) = out[start..].find('e').map(|at| start + at + 1) else {
        return;
    };
    let Ok(exponent) = out[at..].parse::<i32>() else {
        return;
    };
    out.truncate(at);
    out.push(if exponent < 0 { '-' } else { '+' });
    push_display(out, format_args!("{:02}", exponent.unsigned_abs()));
}

fn push_display(out: &mut String, what: impl std::fmt::Display) {
    // Writing to a String cannot fail.
    let _ = write!(out, "{what}");
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn text(number: f64, format: Format) -> String {
        let mut out = String::from("7");
        push(&mut out, number, format);
        out.split_off(1)
    }

    /// The right column is what Go's `strconv.FormatFloat(x, 'g', -1, 64)` gives.
    #[test]
    fn numbers_look_as_go_writes_them() {
        for (number, expected) in [
            (0.0, "0"),
            (-0.0, "-0"),
            (1.0, "1"),
            (-1.0, "-1"),
            (0.1, "0.1"),
            (634.99, "634.99"),
            (999_999.0, "999999"),
            (1_000_000.0, "1e+06"),
            (-1_500_000.0, "-1.5e+06"),
            (25_276_502_016.0, "2.5276502016e+10"),
            (1_795_476_834.123, "1.795476834123e+09"),
            (999_999.5, "999999.5"),
            (0.0001, "0.0001"),
            (0.000_099, "9.9e-05"),
            (1e-10, "1e-10"),
            (1e21, "1e+21"),
            (9_007_199_254_740_992.0, "9.007199254740992e+15"),
            (9_007_199_254_740_991.0, "9.007199254740991e+15"),
            (18_446_744_073_709_551_615.0, "1.8446744073709552e+19"),
            (f64::MAX, "1.7976931348623157e+308"),
            (f64::MIN_POSITIVE, "2.2250738585072014e-308"),
            (5e-324, "5e-324"),
            (f64::NAN, "NaN"),
            (f64::INFINITY, "+Inf"),
            (f64::NEG_INFINITY, "-Inf"),
        ] {
            assert_eq!(text(number, Format::Prometheus004), expected);
        }
    }

    #[test]
    fn openmetrics_shows_that_they_are_floats() {
        for (number, expected) in [
            (0.0, "0.0"),
            (-0.0, "-0.0"),
            (17.0, "17.0"),
            (0.5, "0.5"),
            (1e6, "1e+06"),
            (100_000.0, "100000.0"),
            (1e-5, "1e-05"),
            (f64::INFINITY, "+Inf"),
        ] {
            assert_eq!(text(number, Format::OpenMetrics1), expected);
        }
    }

    #[test]
    fn timestamps_are_milliseconds_or_seconds() {
        for (milliseconds, prometheus, open_metrics) in [
            (1_520_879_607_789, "1520879607789", "1520879607.789"),
            (0, "0", "0.000"),
            (5, "5", "0.005"),
            (-1, "-1", "-0.001"),
            (-1_500, "-1500", "-1.500"),
            (i64::MIN, "-9223372036854775808", "-9223372036854775.808"),
        ] {
            let text = |format| {
                let mut out = String::new();
                push_timestamp(&mut out, milliseconds, format);
                out
            };
            assert_eq!(text(Format::Prometheus004), prometheus);
            assert_eq!(text(Format::OpenMetrics1), open_metrics);
        }
    }

    proptest! {
        #[test]
        fn every_number_reads_back_exactly(
            bits in any::<u64>(),
            integer in any::<i64>(),
            hundredths in any::<u32>(),
        ) {
            for number in [f64::from_bits(bits), integer as f64, f64::from(hundredths) / 100.0] {
                for format in [Format::Prometheus004, Format::OpenMetrics1] {
                    let read: f64 = text(number, format).parse().unwrap();
                    prop_assert!(
                        read.to_bits() == number.to_bits() || (read.is_nan() && number.is_nan())
                    );
                }
            }
        }
    }
}

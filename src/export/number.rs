//! Numbers as every reader of CSV and JSON takes them: the shortest digits that read back the same.

use std::fmt::Write;

/// Below it every integer is a different number, so that its shortest text is all of its digits.
const INTEGERS_END: f64 = 9_007_199_254_740_992.0;

/// Appends a number that is neither NaN nor infinite.
pub(super) fn push(out: &mut String, number: f64) {
    let magnitude = number.abs();
    // Writing to a String cannot fail.
    let _ = if magnitude < INTEGERS_END && magnitude.trunc() == magnitude {
        if number.is_sign_negative() {
            out.push('-');
        }
        write!(out, "{}", magnitude as u64)
    } else if (1e-5..1e17).contains(&magnitude) {
        write!(out, "{number}")
    } else {
        write!(out, "{number:e}")
    };
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn text(number: f64) -> String {
        let mut text = String::new();
        push(&mut text, number);
        text
    }

    #[test]
    fn numbers_are_short_and_plain() {
        for (number, expected) in [
            (0.0, "0"),
            (-0.0, "-0"),
            (17.0, "17"),
            (-2_000_000.0, "-2000000"),
            (0.1, "0.1"),
            (1e-5, "0.00001"),
            (1e-7, "1e-7"),
            (1e17, "1e17"),
            (f64::MAX, "1.7976931348623157e308"),
        ] {
            assert_eq!(text(number), expected);
        }
    }

    proptest! {
        #[test]
        fn every_number_reads_back_exactly(number in any::<f64>()) {
            let read: f64 = text(number).parse().unwrap();
            prop_assert_eq!(read.to_bits(), number.to_bits());
            let json: f64 = serde_json::from_str(&text(number)).unwrap();
            prop_assert!((json - number).abs() <= number.abs() * 1e-15);
        }
    }
}

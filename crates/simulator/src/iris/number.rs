//! Numbers as IRIS writes them. Origin: derived from the recorded answers.
//!
//! Most are canonical ObjectScript decimals: no zero before the point, no zeros at the end, up to
//! 19 significant digits (`.32`, `36.08333333333333333`). Some are set to three decimals
//! (`0.361`, `0.170`).

use std::fmt;

/// Significant digits of a canonical decimal.
const DIGITS: usize = 19;

/// A number, kept exact until it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Number {
    /// A fraction, written as a canonical decimal.
    Ratio {
        /// Above the line.
        over: i128,
        /// Below the line; above zero.
        under: i128,
    },
    /// Thousandths, written with three decimals and a zero before the point.
    Milli(i64),
}

impl Number {
    /// A whole number.
    pub(crate) fn whole(number: impl Into<i128>) -> Self {
        Number::ratio(number, 1)
    }

    /// A fraction; nothing is ever divided by zero, which IRIS reports as 0.
    pub(crate) fn ratio(over: impl Into<i128>, under: impl Into<i128>) -> Self {
        match under.into() {
            under if under > 0 => Number::Ratio {
                over: over.into(),
                under,
            },
            _ => Number::Ratio { over: 0, under: 1 },
        }
    }

    /// Both together, for series that lose the label that told them apart.
    pub(crate) fn plus(self, other: Self) -> Self {
        match (self, other) {
            (Number::Ratio { over: a, under: b }, Number::Ratio { over: c, under: d })
                if b == d =>
            {
                Number::Ratio {
                    over: a + c,
                    under: b,
                }
            }
            (Number::Ratio { over: a, under: b }, Number::Ratio { over: c, under: d }) => {
                Number::Ratio {
                    over: a.saturating_mul(d).saturating_add(c.saturating_mul(b)),
                    under: b.saturating_mul(d),
                }
            }
            (Number::Milli(a), Number::Milli(b)) => Number::Milli(a.saturating_add(b)),
            (known, _) => known,
        }
    }

    /// The greater of the two.
    pub(crate) fn greater(self, other: Self) -> Self {
        if other.value() > self.value() {
            other
        } else {
            self
        }
    }

    /// As a double.
    pub(crate) fn value(self) -> f64 {
        match self {
            Number::Ratio { over, under } => over as f64 / under as f64,
            Number::Milli(milli) => milli as f64 / 1_000.0,
        }
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Number::Ratio { over, under } => f.write_str(&canonical(over, under)),
            Number::Milli(milli) => {
                let sign = if milli < 0 { "-" } else { "" };
                let milli = milli.unsigned_abs();
                write!(f, "{sign}{}.{:03}", milli / 1_000, milli % 1_000)
            }
        }
    }
}

/// Long division, rounded half up at the last significant digit.
fn canonical(over: i128, under: i128) -> String {
    let (negative, over, under) = (over < 0, over.unsigned_abs(), under.unsigned_abs());
    let whole = (over / under).to_string();
    let mut digits: Vec<u8> = if whole == "0" {
        Vec::new()
    } else {
        whole.bytes().map(|digit| digit - b'0').collect()
    };
    let mut before_point = digits.len();
    let mut rest = over % under;
    let mut significant = digits.len();
    while rest > 0 && significant <= DIGITS {
        // The rest is below the divisor, which stays far below a tenth of the range.
        rest = rest.saturating_mul(10);
        let digit = u8::try_from(rest / under).unwrap_or(9);
        digits.push(digit);
        if significant > 0 || digit > 0 {
            significant += 1;
        }
        rest %= under;
    }
    if significant > DIGITS && digits.len() > before_point {
        let dropped = digits.pop().unwrap_or(0);
        if dropped >= 5 {
            before_point += round_up(&mut digits);
        }
    }
    while digits.len() > before_point && digits.last() == Some(&0) {
        digits.pop();
    }
    let text = |digits: &[u8]| -> String { digits.iter().map(|d| char::from(d + b'0')).collect() };
    let (whole, fraction) = digits.split_at(before_point);
    let sign = if negative && !digits.is_empty() {
        "-"
    } else {
        ""
    };
    match (whole, fraction) {
        ([], []) => "0".to_owned(),
        (whole, []) => format!("{sign}{}", text(whole)),
        (whole, fraction) => format!("{sign}{}.{}", text(whole), text(fraction)),
    }
}

/// Adds one to the last digit; returns how many digits that added in front.
fn round_up(digits: &mut Vec<u8>) -> usize {
    for digit in digits.iter_mut().rev() {
        if *digit < 9 {
            *digit += 1;
            return 0;
        }
        *digit = 0;
    }
    digits.insert(0, 1);
    1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn canonical_as_recorded() {
        for (over, under, text) in [
            (0_i128, 1_i128, "0"),
            (936, 1, "936"),
            (32, 100, ".32"),
            (-1, 1, "-1"),
            (-1, 4, "-.25"),
            (1, 5, ".2"),
            (2165, 60, "36.08333333333333333"),
            (18941, 60, "315.6833333333333333"),
            (7, 60, ".1166666666666666667"),
            (52_642_837, 100, "526428.37"),
            (200, 10, "20"),
            (2, 3, ".6666666666666666667"),
            (
                29_999_999_999_999_999_999_i128,
                10_000_000_000_000_000_000,
                "3",
            ),
        ] {
            assert_eq!(Number::ratio(over, under).to_string(), text);
        }
        assert_eq!(Number::ratio(1, 0).to_string(), "0");
    }

    #[test]
    fn three_decimals_as_recorded() {
        for (milli, text) in [
            (361, "0.361"),
            (170, "0.170"),
            (1_047_524, "1047.524"),
            (-5, "-0.005"),
        ] {
            assert_eq!(Number::Milli(milli).to_string(), text);
        }
    }

    #[test]
    fn sums_stay_exact() {
        let sum = Number::ratio(2, 10).plus(Number::ratio(12, 10));
        assert_eq!(sum.to_string(), "1.4");
        assert_eq!(
            Number::ratio(1, 3).plus(Number::ratio(1, 2)).to_string(),
            ".8333333333333333333"
        );
        assert_eq!(Number::whole(3).greater(Number::whole(4)), Number::whole(4));
    }
}
